"""Becomes the PostgreSQL server."""

from .start import start

start()
