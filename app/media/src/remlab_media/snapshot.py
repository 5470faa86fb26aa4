"""The last key frame of each camera as JPEG, made once however many ask."""

import asyncio
from dataclasses import dataclass

from .camera import Camera
from .video.key_frame import decode


@dataclass(slots=True)
class _Entry:
    units: tuple[bytes, ...]
    jpeg: asyncio.Task[bytes]


class Snapshots:
    """Remembers one JPEG for each camera."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    async def jpeg(self, camera: Camera) -> bytes:
        """Return the camera's last key frame. The camera has to be live. Raises UndecodableError."""
        entry = self._entries.get(camera.id)
        if entry is None or entry.units is not camera.key_frame:
            units = camera.key_frame
            task = asyncio.create_task(asyncio.to_thread(lambda: decode(units).jpeg()))
            entry = self._entries[camera.id] = _Entry(units, task)
        return await asyncio.shield(entry.jpeg)
