"""Constant load and watching sockets at a lab's front door, and a verdict on what was lost meanwhile."""
