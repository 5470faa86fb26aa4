"""Entry point of the lab's image registry: TLS, one user, images that can be deleted."""
