"""What is known of each device at this moment, from the gateways' words and the frames."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from remlab_common.devices import Device, Devices
from remlab_common.frames import INDEX, STALE_AFTER_SECONDS, Mode, Values

Report = TypeVar("Report")
DeviceState = Literal["standby", "starting", "ready", "pid", "test", "alarm", "unknown"]

# A gateway reports each second: one that missed three reports is gone, or the bus is.
REPORT_LIFETIME_SECONDS = 3.5

_STATES: dict[int, DeviceState] = {
    Mode.STANDBY: "standby",
    Mode.STARTING: "starting",
    Mode.READY: "ready",
    Mode.PID: "pid",
    Mode.TEST: "test",
    Mode.ALARM: "alarm",
}


class DeviceReport(BaseModel):
    """What a gateway says of a device on `<device>.remlab.status`. Times in unix milliseconds."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    device: str
    gateway: str | None = None
    connected: bool = False
    simulated: bool | None = None
    connection: str | None = None
    connected_at: int | None = None
    last_frame_at: int | None = None
    frames: int = 0
    unknown_frames: int = 0
    last_unknown_length: int | None = None
    connections_refused: int = 0
    connections_replaced: int = 0


class GatewayReport(BaseModel):
    """What a gateway says of itself on `remlab.gateway.status`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    gateway: str
    started_at: int
    devices_connected: int = 0
    unknown_device_connections: int = 0
    last_unknown_device: str | None = None


class DeviceStatus(BaseModel):
    """A device as the pages see it. Times in unix milliseconds."""

    model_config = ConfigDict(frozen=True)

    device: str
    gateway: str | None
    connected: bool
    simulated: bool
    connection: str | None
    connected_at: int | None
    last_frame_at: int | None
    frames: int
    unknown_frames: int
    last_unknown_length: int | None
    connections_refused: int
    connections_replaced: int
    state: DeviceState
    age_seconds: float | None
    stale: bool

    def differs_from(self, other: "DeviceStatus | None") -> bool:
        """Whether viewers should be told at once: everything but what grows with each frame."""
        volatile = {"frames": 0, "last_frame_at": None, "age_seconds": None}
        return other is None or self.model_copy(update=volatile) != other.model_copy(update=volatile)


@dataclass(frozen=True, slots=True)
class Frame:
    """A decoded frame of telemetry and how it came. `arrived` is this process's monotonic clock."""

    device: str
    sequence: int | None
    connection: str | None
    simulated: bool
    received_ms: int
    values: Values
    arrived: float = field(default_factory=time.monotonic)


@dataclass(slots=True)
class _Heard(Generic[Report]):
    report: Report
    arrived: float

    @property
    def is_fresh(self) -> bool:
        return time.monotonic() - self.arrived < REPORT_LIFETIME_SECONDS


class LiveDevice:
    """One configured device and what was last heard of it."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.frame: Frame | None = None
        self._reports: dict[str | None, _Heard[DeviceReport]] = {}

    def hear(self, report: DeviceReport) -> None:
        """Note what a gateway says. Each gateway may say something of the same device."""
        self._reports[report.gateway] = _Heard(report, time.monotonic())
        for gateway, heard in list(self._reports.items()):
            if not heard.is_fresh:
                del self._reports[gateway]

    @property
    def connected(self) -> bool:
        """Whether some gateway holds a connection of this device."""
        return any(heard.report.connected for heard in self._reports.values() if heard.is_fresh)

    def status(self) -> DeviceStatus:
        """Return the device's status now."""
        heard = self._best()
        report = heard.report if heard else DeviceReport(device=self.device.id)
        frame = self.frame
        age = None if frame is None else max(0.0, time.monotonic() - frame.arrived)
        known = report.model_dump(exclude={"simulated", "device"})
        return DeviceStatus(
            **known,
            device=self.device.id,
            simulated=bool(report.simulated),
            state=self._state(heard),
            age_seconds=None if age is None else round(age, 3),
            stale=age is None or age >= STALE_AFTER_SECONDS,
        )

    def _best(self) -> _Heard[DeviceReport] | None:
        """Return the report to believe: of the gateway that holds the device, the newest."""
        fresh = [heard for heard in self._reports.values() if heard.is_fresh]
        return max(
            fresh,
            key=lambda heard: (heard.report.connected, heard.report.connected_at or 0, heard.arrived),
            default=None,
        )

    def _state(self, heard: _Heard[DeviceReport] | None) -> DeviceState:
        frame = self.frame
        if heard is None or not heard.report.connected or frame is None:
            return "unknown"
        if frame.connection != heard.report.connection and frame.arrived < heard.arrived:
            return "unknown"  # the frame is of an earlier connection
        mode = frame.values[INDEX["mode"]]
        return "unknown" if mode is None else _STATES.get(int(mode), "unknown")


class LiveDevices:
    """All configured devices and gateways, as last heard."""

    def __init__(self, devices: Devices) -> None:
        self.default = devices.default.id if devices.default else None
        self._devices = {device.id: LiveDevice(device) for device in devices.all()}
        self._gateways: dict[str, _Heard[GatewayReport]] = {}

    def __iter__(self) -> Iterator[LiveDevice]:
        return iter(self._devices.values())

    def get(self, device_id: object) -> LiveDevice | None:
        """Return the device with this id, or None; anything may be asked for."""
        return self._devices.get(device_id) if isinstance(device_id, str) else None

    def hear_gateway(self, report: GatewayReport) -> None:
        """Note what a gateway says of itself."""
        self._gateways[report.gateway] = _Heard(report, time.monotonic())

    def gateways(self) -> list[GatewayReport]:
        """Return the gateways that are alive, by name; forget the others."""
        self._gateways = {name: heard for name, heard in self._gateways.items() if heard.is_fresh}
        return [heard.report for _, heard in sorted(self._gateways.items())]
