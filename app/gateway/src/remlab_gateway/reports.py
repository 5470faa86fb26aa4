"""Status messages on the bus: of each device on change and each second, of the gateway each second."""

import asyncio
import json

from remlab_common.broker import Broker
from remlab_gateway.connections import now_ms
from remlab_gateway.peers import Peers
from remlab_gateway.records import DeviceRecord, Records

INTERVAL_SECONDS = 1.0
_TURNS_PER_INTERVAL = 50


class Reports:
    """Publishes the gateway's view; needs no acknowledgement, the next one follows."""

    def __init__(self, broker: Broker, records: Records, peers: Peers, *, gateway: str) -> None:
        self._broker = broker
        self._records = records
        self._peers = peers
        self._gateway = gateway
        self._started_at = now_ms()

    async def report(self, record: DeviceRecord) -> None:
        """Publish one device's status, unless another gateway holds it and speaks for it."""
        if record.connection is None and self._peers.holder(record.id) is not None:
            return
        status = record.status(self._gateway)
        await self._broker.publish(f"{record.id}.remlab.status", json.dumps(status).encode())

    async def report_all(self) -> None:
        """Publish everything at once."""
        await self._report_gateway()
        for record in self._records:
            await self.report(record)

    async def _report_gateway(self) -> None:
        status = {
            "gateway": self._gateway,
            "started_at": self._started_at,
            "devices_connected": self._records.connected,
            "unknown_device_connections": self._records.unknown_device_connections,
            "last_unknown_device": self._records.last_unknown_device,
        }
        await self._broker.publish("remlab.gateway.status", json.dumps(status).encode())

    async def run(self) -> None:
        """Publish everything each second, until cancelled.

        Devices take turns over the second: the status of hundreds at once would hold up frames.
        """
        loop = asyncio.get_running_loop()
        records = list(self._records)
        turns = min(len(records), _TURNS_PER_INTERVAL) or 1
        next_at = loop.time()
        while True:
            await self._report_gateway()
            for turn in range(turns):
                for record in records[turn::turns]:
                    await self.report(record)
                next_at = max(next_at + INTERVAL_SECONDS / turns, loop.time())
                await asyncio.sleep(next_at - loop.time())
