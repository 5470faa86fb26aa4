"""Becomes Caddy."""

from remlab_launch.surroundings import SurroundingsError, refuse

from .caddy import become, command

try:
    _line = command("run")
except SurroundingsError as error:
    refuse("edge", error)
become(_line)
