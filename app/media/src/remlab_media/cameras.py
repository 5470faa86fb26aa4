"""All cameras of the lab, and the tasks that keep them connected."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from .camera import Camera
from .settings import CameraSettings
from .source import Source


@asynccontextmanager
async def running(settings: tuple[CameraSettings, ...]) -> AsyncIterator[Mapping[str, Camera]]:
    """Pull all cameras for as long as the context lasts; give them by id."""
    cameras = {camera.id: Camera(camera.id) for camera in settings}
    tasks = [asyncio.create_task(Source(camera, cameras[camera.id]).run()) for camera in settings]
    try:
        yield cameras
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
