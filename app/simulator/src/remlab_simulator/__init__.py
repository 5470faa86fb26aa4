"""Devices and cameras that behave like the lab's real ones, so that a fresh install is alive."""
