"""Asks the media service how its cameras are."""

import asyncio
import logging
import time
from typing import Any

import httpx
from pydantic import ValidationError

from remlab_backend.api.schemas import CameraStatus
from remlab_common.cameras import CameraState

logger = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 1.5
# Pages of many students ask at once: within this time they share one answer.
_SHARED_SECONDS = 0.5
# The service may move: its name is looked up again rather than trusting an old connection.
_KEEPALIVE_SECONDS = 2.0


class CamerasClient:
    """The state of all cameras by id; a media service that is away makes none of them live."""

    def __init__(self, url: str) -> None:
        self._url = f"{url.rstrip('/')}/media/cameras"
        limits = httpx.Limits(keepalive_expiry=_KEEPALIVE_SECONDS)
        self._client = httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, limits=limits, trust_env=False)
        self._lock = asyncio.Lock()
        self._states: dict[str, CameraStatus] | None = None
        self._asked_at = float("-inf")

    async def close(self) -> None:
        """End connections."""
        await self._client.aclose()

    async def state(self, camera_id: str) -> CameraStatus:
        """Return the state of one camera; `state` and `reason` say why it is not live."""
        async with self._lock:
            if time.monotonic() - self._asked_at > _SHARED_SECONDS:
                self._states = await self._ask()
                self._asked_at = time.monotonic()
            states = self._states
        if states is None:
            return _absent(CameraState.MEDIA_AWAY, "The media service does not answer.")
        unknown = _absent(CameraState.NOT_SERVED, "The media service does not know this camera.")
        return states.get(camera_id, unknown)

    async def _ask(self) -> dict[str, CameraStatus] | None:
        try:
            answer = await self._client.get(self._url)
            answer.raise_for_status()
            return _states(answer.json())
        except (httpx.HTTPError, OSError, ValueError) as error:
            logger.info("media service: %s", error or type(error).__name__)
            return None


def _absent(state: CameraState, reason: str) -> CameraStatus:
    return CameraStatus(live=False, state=state, reason=reason)


def _states(cameras: Any) -> dict[str, CameraStatus]:
    states: dict[str, CameraStatus] = {}
    for camera in cameras if isinstance(cameras, list) else []:
        try:
            states[str(camera["id"])] = CameraStatus.model_validate(camera)
        except (KeyError, TypeError, ValidationError) as error:
            logger.warning("a camera's state was not understood: %s", error)
    return states
