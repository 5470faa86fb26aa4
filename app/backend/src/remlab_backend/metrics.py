"""What the backend counts, for /metrics."""

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.metrics_core import CounterMetricFamily
from prometheus_client.registry import Collector

_LATENCY_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_REQUEST_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0)


class Metrics:
    """One registry per application, so that several can live in one test process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "backend_http_requests", "API requests", ["method", "status"], registry=self.registry
        )
        self.request_seconds = Histogram(
            "backend_http_request_seconds",
            "Duration of API requests",
            ["method"],
            buckets=_REQUEST_BUCKETS,
            registry=self.registry,
        )
        self.frames = Counter(
            "backend_frames", "Frames of telemetry received", ["device"], registry=self.registry
        )
        self.bad_messages = Counter(
            "backend_bad_messages", "Messages of the bus not understood", ["kind"], registry=self.registry
        )
        self.frame_delay_seconds = Histogram(
            "backend_frame_delay_seconds",
            "From the gateway's reception of a frame until it was passed on to all viewers",
            buckets=_LATENCY_BUCKETS,
            registry=self.registry,
        )
        self.commands = Counter(
            "backend_commands", "Commands by outcome", ["outcome"], registry=self.registry
        )
        self.log_writes = Counter(
            "backend_log_writes", "Logbook entries written or repeated", ["result"], registry=self.registry
        )

    def expose(self, name: str, documentation: str, value: Callable[[], float]) -> None:
        """Expose a number that is kept elsewhere, read only when somebody asks."""
        Gauge(name, documentation, registry=self.registry).set_function(value)

    def expose_count(self, name: str, documentation: str, value: Callable[[], float]) -> None:
        """Expose a growing number that is kept elsewhere, because counting it here would cost."""
        self.registry.register(_Count(name, documentation, value))

    @staticmethod
    def now_ms() -> int:
        """Return the time in unix milliseconds."""
        return time.time_ns() // 1_000_000


class _Count(Collector):
    def __init__(self, name: str, documentation: str, value: Callable[[], float]) -> None:
        self._name, self._documentation, self._value = name, documentation, value

    def collect(self) -> list[CounterMetricFamily]:
        return [CounterMetricFamily(self._name, self._documentation, value=self._value())]
