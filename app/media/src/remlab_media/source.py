"""Keeps one camera connected: pulls it, and tries again for ever when it goes away."""

import asyncio
import logging
from contextlib import aclosing

from .camera import Camera
from .rtsp.credentials import Credentials
from .rtsp.depacketiser import AccessUnit
from .rtsp.errors import CameraError, PasswordRefusedError
from .rtsp.pull import Patience, Pull
from .settings import CameraSettings
from .video.key_frame import UndecodableError, decode

_FIRST_RETRY_SECONDS = 0.5
_LARGEST_RETRY_SECONDS = 5.0
# Cameras lock whoever tries a wrong password too often.
_PASSWORD_RETRY_SECONDS = 30.0

logger = logging.getLogger(__name__)


class Source:
    """The connection behind a Camera."""

    def __init__(self, settings: CameraSettings, camera: Camera, patience: Patience | None = None) -> None:
        self._settings, self._camera, self._patience = settings, camera, patience
        self._looking: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Pull until cancelled. Never ends by itself, whatever the camera does."""
        delay = _FIRST_RETRY_SECONDS
        while True:
            pictures = self._camera.counters.pictures
            error = await self._pull_until_it_fails()
            self._camera.lose(error.state, str(error))
            worked = self._camera.counters.pictures > pictures
            delay = _FIRST_RETRY_SECONDS if worked else min(delay * 1.5, _LARGEST_RETRY_SECONDS)
            await asyncio.sleep(_PASSWORD_RETRY_SECONDS if isinstance(error, PasswordRefusedError) else delay)

    async def _pull_until_it_fails(self) -> CameraError:
        try:
            await self._pull()
        except CameraError as error:
            return error
        except Exception:
            # What a camera sends must not end its supervision; the log says where it happened.
            logger.exception("camera failed", extra={"camera": self._camera.id})
        return CameraError("the camera's stream could not be understood")

    async def _pull(self) -> None:
        credentials = Credentials(self._settings.username, self._password())
        async with Pull(self._settings.url, credentials, self._patience) as stream:
            self._camera.source_started(stream.clock_hz, stream.parameter_sets)
            async with aclosing(stream.access_units) as units:
                async for unit in units:
                    self._camera.take(unit)
                    self._look_at(unit)

    def _password(self) -> str:
        """Read the password at each attempt, so that a new one needs no restart."""
        try:
            return self._settings.password().get_secret_value()
        except ValueError as error:
            logger.error("no password", extra={"camera": self._camera.id, "error": str(error)})
            raise PasswordRefusedError("the camera's password is missing on the server") from None

    def _look_at(self, unit: AccessUnit) -> None:
        """Compare a key frame with the one before, beside the event loop and never two at a time."""
        if unit.is_key and self._camera.key_frame and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._look(self._camera.key_frame))

    async def _look(self, units: tuple[bytes, ...]) -> None:
        try:
            thumbnail = await asyncio.to_thread(lambda: decode(units).thumbnail())
        except UndecodableError as error:
            logger.info("undecodable key frame", extra={"camera": self._camera.id, "error": str(error)})
            return
        if units is self._camera.key_frame:
            self._camera.watch.take(thumbnail)
