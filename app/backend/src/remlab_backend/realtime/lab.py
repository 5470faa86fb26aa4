"""The lab's Socket.IO server: what pages may ask for and what they are told.

Pages of this project connect with the auth `{"client": "remlab"}`, watch devices and send
commands with an answer. Older pages know `aeropendulo_state` and bare-number events only
(device protocol, section 4), and go on working.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import socketio

from remlab_backend.commands import KEYS as COMMAND_KEYS
from remlab_backend.commands import Commands
from remlab_backend.devices import DeviceStatus, Frame, LiveDevices
from remlab_backend.metrics import Metrics
from remlab_backend.realtime.fanout import Fanout
from remlab_backend.realtime.nonsense import ignore_sender_errors
from remlab_backend.realtime.viewers import Viewer, Viewers
from remlab_common.farewell import one_by_one
from remlab_common.frames import KEYS

logger = logging.getLogger(__name__)

_TICK_SECONDS = 0.25
_STATUS_INTERVAL_SECONDS = 2.0
_CLOSING_NOTICE_SECONDS = 0.1
_MAX_MESSAGE_BYTES = 64 * 1024

OriginCheck = Callable[[str, dict[str, Any]], bool]


class LiveLab:
    """Connects pages with devices."""

    def __init__(
        self, devices: LiveDevices, commands: Commands, metrics: Metrics, *, origin_allowed: OriginCheck
    ) -> None:
        self._devices = devices
        self._commands = commands
        self._metrics = metrics
        self._told: dict[str, tuple[DeviceStatus, float]] = {}
        self._ticker: asyncio.Task[None] | None = None
        self.viewers = Viewers()
        self.server = socketio.AsyncServer(
            async_mode="asgi",
            cors_allowed_origins=origin_allowed,
            cors_credentials=False,
            ping_interval=15,
            ping_timeout=15,
            max_http_buffer_size=_MAX_MESSAGE_BYTES,
            logger=False,
            engineio_logger=False,
        )
        ignore_sender_errors()
        self.fanout = Fanout(self.server)
        self._register()

    def start(self) -> None:
        """Begin to tell watching pages how their devices are."""
        self._ticker = asyncio.create_task(self._tick(), name="device-status")

    async def announce_closing(self, reason: str) -> None:
        """Tell pages why their connection is about to end; they connect again by themselves."""
        modern = [viewer for viewer in self.viewers.all() if not viewer.legacy]
        self.fanout.send(modern, "server_closing", {"reason": reason})
        await asyncio.sleep(_CLOSING_NOTICE_SECONDS)
        await one_by_one([partial(_close, socket) for socket in self.server.eio.sockets.values()])

    async def close(self) -> None:
        """End the background work."""
        if self._ticker is not None:
            self._ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticker
        await self.server.shutdown()

    def pass_on(self, frame: Frame) -> None:
        """Send a frame to everybody who watches its device."""
        watchers = self.viewers.of(frame.device)
        if watchers:
            self.fanout.send_telemetry(watchers, "telemetry", _telemetry(frame))
        if frame.device == self._devices.default and self.viewers.legacy:
            state = dict(zip(KEYS, frame.values, strict=True))
            self.fanout.send_telemetry(self.viewers.legacy, "aeropendulo_state", state)
        delay = time.time() - frame.received_ms / 1000
        self._metrics.frame_delay_seconds.observe(max(0.0, delay))

    def pass_on_entry(self, entry: dict[str, Any]) -> None:
        """Tell pages of a new logbook entry of a device that they watch."""
        self.fanout.send(self.viewers.of(str(entry.get("device"))), "log_entry", entry)

    def refresh(self, device_id: str) -> None:
        """Tell watching pages of a device's status, if it has changed or two seconds have passed."""
        live = self._devices.get(device_id)
        if live is None or not self.viewers.of(device_id):
            return
        status, now = live.status(), time.monotonic()
        told, told_at = self._told.get(device_id, (None, 0.0))
        if status.differs_from(told) or now - told_at >= _STATUS_INTERVAL_SECONDS:
            self._told[device_id] = (status, now)
            self.fanout.send(self.viewers.of(device_id), "device_status", status.model_dump())

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            for live in self._devices:
                self.refresh(live.device.id)

    def _register(self) -> None:
        on = self.server.on
        on("connect", self._connect)
        on("disconnect", self._disconnect)
        on("watch", self._watch)
        on("unwatch", self._unwatch)
        on("command", self._command)
        for key in COMMAND_KEYS:
            on(key, self._legacy_handler(key))

    # A page may send events named "connect" and "disconnect" too, with whatever arguments.
    async def _connect(self, sid: str, environ: object = None, auth: object = None, *_: object) -> None:  # noqa: ARG002 - its caller gives it
        legacy = not (isinstance(auth, dict) and auth.get("client") == "remlab")
        transport_id = self.server.manager.eio_sid_from_sid(sid, "/")
        self.viewers.add(Viewer(sid, transport_id, legacy=legacy))

    async def _disconnect(self, sid: str, reason: object = None, *_: object) -> None:
        logger.debug("page %s has gone: %s", sid, reason)
        self.viewers.remove(sid)

    async def _watch(self, sid: str, request: object = None, *_: object) -> dict[str, Any]:
        live = self._devices.get(_field(request, "device"))
        if live is None:
            return {"ok": False, "error": "The lab has no such device.", "status": None}
        self.viewers.watch(sid, live.device.id)
        return {"ok": True, "status": live.status().model_dump()}

    async def _unwatch(self, sid: str, request: object = None, *_: object) -> dict[str, Any]:
        device = _field(request, "device")
        if isinstance(device, str):
            self.viewers.unwatch(sid, device)
        return {"ok": True}

    async def _command(self, sid: str, request: object = None, *_: object) -> dict[str, Any]:  # noqa: ARG002 - its caller gives it
        fields = (_field(request, name) for name in ("device", "key", "value"))
        return (await self._commands.send(*fields)).model_dump()

    def _legacy_handler(self, key: str) -> Callable[..., Any]:
        async def handle(sid: str, value: object = None, *_: object) -> None:
            result = await self._commands.send(self._devices.default, key, value)
            if result.outcome == "refused":
                refusal = {"key": key, "reason": result.reason}
                await self.server.emit("command_refused", refusal, to=sid)

        return handle


def _telemetry(frame: Frame) -> dict[str, Any]:
    return {
        "device": frame.device,
        "sequence": frame.sequence,
        "connection": frame.connection,
        "simulated": frame.simulated,
        "received_ms": frame.received_ms,
        "values": frame.values,
    }


async def _close(socket: Any) -> None:
    with contextlib.suppress(Exception):
        await socket.close(wait=False)


def _field(request: object, name: str) -> object:
    return request.get(name) if isinstance(request, dict) else None
