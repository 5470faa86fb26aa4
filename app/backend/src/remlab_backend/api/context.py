"""What the endpoints work with, as named dependency types."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from remlab_backend.api.cameras_client import CamerasClient
from remlab_backend.api.service_probes import ServiceProbes
from remlab_backend.bus import Bus
from remlab_backend.commands import Commands
from remlab_backend.database.logbook import Logbook
from remlab_backend.devices import LiveDevice, LiveDevices
from remlab_backend.errors import UnknownDeviceError
from remlab_backend.metrics import Metrics
from remlab_backend.realtime.lab import LiveLab
from remlab_backend.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything that lives as long as the server."""

    settings: Settings
    metrics: Metrics
    devices: LiveDevices
    bus: Bus
    commands: Commands
    live: LiveLab
    logbook: Logbook
    cameras: CamerasClient
    services: ServiceProbes


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


CurrentContext = Annotated[Context, Depends(_context)]


def _known_device(device_id: str, context: CurrentContext) -> LiveDevice:
    live = context.devices.get(device_id)
    if live is None:
        raise UnknownDeviceError(device_id)
    return live


KnownDevice = Annotated[LiveDevice, Depends(_known_device)]
