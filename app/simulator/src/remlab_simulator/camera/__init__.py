"""The simulator's IP cameras: one RTSP stream per device at rtsp://<host>:<port>/<device id>."""

from .feed import Subject
from .server import CameraServer, serve

__all__ = ["CameraServer", "Subject", "serve"]
