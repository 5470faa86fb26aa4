"""Serves the lab's pages, its API, live telemetry and the logbook."""

__version__ = "0.1.0"
