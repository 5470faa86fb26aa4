from collections.abc import AsyncIterator

import pytest

from remlab_common.broker import Broker
from tests.servers.nats import NatsServer, nats_server

from .lab import Bus, Lab, running_broker

__all__ = ["nats_server"]


@pytest.fixture
async def lab(nats_server: NatsServer) -> AsyncIterator[Lab]:
    """A broker and a gateway with the devices `aero` (the default one) and `sim`."""
    async with Lab(nats_server).running() as running:
        yield running


@pytest.fixture
async def bus(nats_server: NatsServer) -> AsyncIterator[Bus]:
    """The bus as the backend sees it."""
    backend = Broker(nats_server.url, name="backend", user="backend", password="backend-pw")
    async with running_broker(backend):
        yield Bus(backend)
