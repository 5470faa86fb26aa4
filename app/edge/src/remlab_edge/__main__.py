"""Becomes Caddy, the only one that writes certificates on its volume."""

from remlab_launch.surroundings import SurroundingsError, refuse
from remlab_launch.volume_lock import claim

from .caddy import STORAGE, become, command

try:
    _line = command("run")
    claim(STORAGE)
except SurroundingsError as error:
    refuse("edge", error)
become(_line)
