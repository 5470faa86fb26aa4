"""The lab's bus: telemetry and status come in, commands and news of the logbook go out.

Subjects and headers are those of the device protocol, section 3, and of the gateway.
"""

import asyncio
import contextlib
import json
import logging
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from nats.aio.msg import Msg
from pydantic import BaseModel, ValidationError

from remlab_backend.devices import DeviceReport, Frame, GatewayReport, LiveDevices
from remlab_backend.metrics import Metrics
from remlab_common.broker import Broker
from remlab_common.frames import UnknownFrameError, decode, encode_value

logger = logging.getLogger(__name__)

Message = TypeVar("Message", bound=BaseModel)
FrameListener = Callable[[Frame], None]
StatusListener = Callable[[str], None]
EntryListener = Callable[[dict[str, Any]], None]


class Bus:
    """Keeps `LiveDevices` up to date and tells listeners, all within one process."""

    def __init__(self, broker: Broker, devices: LiveDevices, metrics: Metrics) -> None:
        self._broker = broker
        self._devices = devices
        self._metrics = metrics
        self._instance = uuid.uuid4().hex
        self._task: asyncio.Task[None] | None = None
        self.on_frame: FrameListener = lambda _: None
        self.on_status: StatusListener = lambda _: None
        self.on_entry: EntryListener = lambda _: None

    @property
    def problem(self) -> str | None:
        """Why the bus cannot be used at the moment, or None."""
        return self._broker.problem

    async def start(self) -> None:
        """Subscribe, and begin to connect for as long as it takes."""
        await self._broker.subscribe("*.esp32.state", self._take_frame)
        await self._broker.subscribe("*.remlab.status", self._take_device_report)
        await self._broker.subscribe("remlab.gateway.status", self._take_gateway_report)
        await self._broker.subscribe("*.remlab.log", self._take_entry)
        self._task = asyncio.create_task(self._broker.run(), name="bus")

    async def wait_connected(self) -> None:
        """Wait until there is a connection."""
        await self._broker.wait_connected()

    async def close(self) -> None:
        """End the connection."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def request_command(
        self, device: str, key: str, value: float, *, timeout_seconds: float
    ) -> dict[str, Any]:
        """Send a command and return the gateway's answer.

        Raises ConnectionError without a bus, nats.errors.NoRespondersError if no gateway holds
        the device, nats.errors.TimeoutError if none answers.
        """
        answer = await self._broker.request(
            f"{device}.esp32.{key}", encode_value(value), timeout_seconds=timeout_seconds
        )
        content = json.loads(answer.data)
        return content if isinstance(content, dict) else {}

    async def announce_entry(self, device: str, entry: dict[str, Any]) -> None:
        """Tell the other backends of a new logbook entry, so that their viewers see it at once."""
        news = json.dumps({"origin": self._instance, "entry": entry}).encode()
        await self._broker.publish(f"{device}.remlab.log", news)

    async def _take_frame(self, message: Msg) -> None:
        device_id = message.subject.partition(".")[0]
        device = self._devices.get(device_id)
        if device is None:
            return
        try:
            values = decode(message.data)
        except UnknownFrameError:
            self._metrics.bad_messages.labels("frame").inc()
            return
        headers = message.headers or {}
        frame = Frame(
            device=device_id,
            sequence=_integer(headers.get("Remlab-Sequence")),
            connection=headers.get("Remlab-Connection"),
            simulated=headers.get("Remlab-Simulated") == "1",
            received_ms=_integer(headers.get("Remlab-Received")) or Metrics.now_ms(),
            values=values,
        )
        device.frame = frame
        self._metrics.frames.labels(device_id).inc()
        self.on_frame(frame)

    async def _take_device_report(self, message: Msg) -> None:
        report = self._parse(DeviceReport, message)
        if report is None or report.device != message.subject.partition(".")[0]:
            return
        device = self._devices.get(report.device)
        if device is not None:
            device.hear(report)
            self.on_status(report.device)

    async def _take_gateway_report(self, message: Msg) -> None:
        report = self._parse(GatewayReport, message)
        if report is not None:
            self._devices.hear_gateway(report)

    async def _take_entry(self, message: Msg) -> None:
        try:
            news = json.loads(message.data)
            if news["origin"] != self._instance:
                self.on_entry(news["entry"])
        except (ValueError, KeyError, TypeError):
            self._metrics.bad_messages.labels("log").inc()

    def _parse(self, model: type[Message], message: Msg) -> Message | None:
        try:
            return model.model_validate_json(message.data)
        except ValidationError as error:
            self._metrics.bad_messages.labels("status").inc()
            logger.debug("not understood on %s: %s", message.subject, error)
            return None


def _integer(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None
