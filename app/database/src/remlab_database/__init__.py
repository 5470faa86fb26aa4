"""Entry point of the lab's PostgreSQL server: one volume, one writer, a role and database per service."""
