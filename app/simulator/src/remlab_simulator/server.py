"""Health and metrics of the simulator."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from remlab_common.health import health_router
from remlab_simulator.settings import SimulatorSettings
from remlab_simulator.simulator import Simulator

GRACE_SECONDS = 3


class SimulatorCollector(Collector):
    """Reads the boards when asked."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def collect(self) -> Iterator[Metric]:
        """Give all metrics."""
        connected = GaugeMetricFamily(
            "remlab_simulator_connected", "Whether the device is connected.", labels=["device"]
        )
        frames = CounterMetricFamily("remlab_simulator_frames", "Frames sent.", labels=["device"])
        for board in self._simulator.boards:
            connected.add_metric([board.device_id], board.connected)
            frames.add_metric([board.device_id], board.frames_sent)
        yield connected
        yield frames


def create_app(simulator: Simulator) -> FastAPI:
    """Give the application that runs the simulator and answers for it."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await simulator.start()
        yield
        await simulator.stop()

    registry = CollectorRegistry()
    registry.register(SimulatorCollector(simulator))
    app = FastAPI(
        title="remlab simulator", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.include_router(
        health_router(
            alive={"parts": simulator.failure}, ready={"gateway": simulator.unconnected}, registry=registry
        )
    )
    return app


def create_server(settings: SimulatorSettings) -> uvicorn.Server:
    """Give the server of the whole process."""
    return uvicorn.Server(
        uvicorn.Config(
            create_app(Simulator(settings)),
            host=settings.host,
            port=settings.port,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
