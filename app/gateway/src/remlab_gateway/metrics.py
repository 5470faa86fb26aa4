"""The gateway's counters in Prometheus' format, read when asked for, so that frames cost nothing."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from remlab_gateway.gateway import Gateway

_DEVICE_COUNTERS = {
    "frames": "Telemetry frames received.",
    "unknown_frames": "Frames of a length that no known firmware sends.",
    "dropped_frames": "Frames that the broker was not there to take.",
    "connections_refused": "Connections refused because another one holds the device's id.",
    "connections_replaced": "Connections that a later one took the device's id from.",
}


class GatewayCollector(Collector):
    """Reads the gateway's records."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def collect(self) -> Iterator[Metric]:
        """Give all metrics."""
        records = self._gateway.records
        for name, description in _DEVICE_COUNTERS.items():
            counter = CounterMetricFamily(f"remlab_gateway_{name}", description, labels=["device"])
            for record in records:
                counter.add_metric([record.id], getattr(record, name))
            yield counter
        connected = GaugeMetricFamily(
            "remlab_gateway_device_connected",
            "Whether the device is connected.",
            labels=["device", "simulated"],
        )
        for record in records:
            simulated = str(int(record.connection.simulated)) if record.connection else "0"
            connected.add_metric([record.id, simulated], record.connection is not None)
        yield connected
        yield from self._totals()

    def _totals(self) -> Iterator[Metric]:
        commands = CounterMetricFamily(
            "remlab_gateway_commands", "Commands from the bus.", labels=["outcome"]
        )
        for outcome in ("confirmed", "refused", "unconfirmed"):
            commands.add_metric([outcome], self._gateway.commander.outcomes[outcome])
        yield commands
        yield CounterMetricFamily(
            "remlab_gateway_unknown_device_connections",
            "Connections with an id that lab_devices does not have.",
            value=self._gateway.records.unknown_device_connections,
        )
        yield CounterMetricFamily(
            "remlab_gateway_broker_connections",
            "Connections made to the broker.",
            value=self._gateway.broker.connections,
        )
        yield GaugeMetricFamily(
            "remlab_gateway_broker_connected",
            "Whether there is a connection to the broker.",
            value=self._gateway.broker.is_connected,
        )


def registry_for(gateway: Gateway) -> CollectorRegistry:
    """Give a registry of its own for each gateway."""
    registry = CollectorRegistry()
    registry.register(GatewayCollector(gateway))
    return registry
