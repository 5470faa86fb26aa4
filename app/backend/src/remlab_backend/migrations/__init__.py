"""Schema of the backend's database. Migrations only add: the old version runs on meanwhile."""
