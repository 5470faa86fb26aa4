"""H.264 as it came from the camera, made ready for browsers without touching the pictures."""
