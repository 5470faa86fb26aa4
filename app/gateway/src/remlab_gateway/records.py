"""What the gateway knows of each configured device, over all of its connections."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from remlab_common.devices import Device, Devices
from remlab_gateway.connections import DeviceConnection
from remlab_gateway.echo import Expectations


@dataclass
class DeviceRecord:
    """Counters since the gateway started, and the connection that holds the device's id."""

    device: Device
    connection: DeviceConnection | None = None
    expectations: Expectations = field(default_factory=Expectations)
    last_frame_at: int | None = None
    frames: int = 0
    unknown_frames: int = 0
    last_unknown_length: int | None = None
    dropped_frames: int = 0
    connections_refused: int = 0
    connections_replaced: int = 0

    @property
    def id(self) -> str:
        """The device's id."""
        return self.device.id

    def status(self, gateway: str) -> dict[str, Any]:
        """Give what goes on the bus as `<device>.remlab.status`; times in unix milliseconds."""
        connection = self.connection
        return {
            "device": self.id,
            "gateway": gateway,
            "connected": connection is not None,
            "simulated": connection.simulated if connection else None,
            "connection": connection.id if connection else None,
            "connected_at": connection.connected_at if connection else None,
            "last_frame_at": self.last_frame_at,
            "frames": self.frames,
            "unknown_frames": self.unknown_frames,
            "last_unknown_length": self.last_unknown_length,
            "dropped_frames": self.dropped_frames,
            "connections_refused": self.connections_refused,
            "connections_replaced": self.connections_replaced,
        }


class Records:
    """The records of all configured devices, and what is counted for no device in particular."""

    def __init__(self, devices: Devices) -> None:
        self._records = {device.id: DeviceRecord(device) for device in devices.all()}
        self._default = devices.default.id if devices.default else None
        self.unknown_device_connections = 0
        self.last_unknown_device: str | None = None

    def __iter__(self) -> Iterator[DeviceRecord]:
        return iter(self._records.values())

    def get(self, device_id: str) -> DeviceRecord | None:
        """Give the record of a device by its id."""
        return self._records.get(device_id)

    def at_path(self, path: str) -> DeviceRecord | None:
        """Give the record of the device that connects at this path; `/` is the default device."""
        return self._records.get(path.strip("/") or self._default or "")

    @property
    def connected(self) -> int:
        """How many devices are connected here."""
        return sum(record.connection is not None for record in self)
