"""The gateway: admits devices, passes their frames to the bus and the bus's commands to them."""

import asyncio
import contextlib
import json
import logging
from functools import partial

from nats.aio.msg import Msg
from starlette.websockets import WebSocket

from remlab_common.broker import Broker
from remlab_common.farewell import one_by_one
from remlab_common.frames import KNOWN_LENGTHS, decode
from remlab_gateway.commander import Commander
from remlab_gateway.connections import CloseCode, Decision, DeviceConnection, Holder, decide, now_ms
from remlab_gateway.peers import Peers, yields
from remlab_gateway.records import DeviceRecord, Records
from remlab_gateway.reports import Reports
from remlab_gateway.settings import GatewaySettings

log = logging.getLogger(__name__)

SUBPROTOCOL = "arduino"
_UNKNOWN_ID_CHARACTERS = 64
_GOING_AWAY = "the gateway is stopping; connect again"


class Gateway:
    """Holds the connections of many devices at once. One instance per process."""

    def __init__(self, settings: GatewaySettings) -> None:
        self.broker = Broker(
            settings.broker_url,
            name=f"gateway {settings.name}",
            user=settings.broker_user,
            password=settings.broker_password.get_secret_value(),
            # Frames go out on subjects that match the subscription for commands.
            no_echo=True,
        )
        self.records = Records(settings.devices)
        self.peers = Peers(settings.name)
        self.commander = Commander(self.broker, confirm_seconds=settings.confirm_seconds)
        self.reports = Reports(self.broker, self.records, self.peers, gateway=settings.name)
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    async def start(self) -> None:
        """Begin to seek the broker and to report; does not wait for the broker."""
        await self.broker.subscribe("*.remlab.status", self._hear_peer)
        self._tasks = [asyncio.create_task(self.broker.run()), asyncio.create_task(self.reports.run())]

    async def close_devices(self) -> None:
        """Send every device away, so that it connects again, to the next gateway."""
        self._stopping = True
        connections = [record.connection for record in self.records if record.connection]
        await one_by_one([partial(each.close, CloseCode.GOING_AWAY, _GOING_AWAY) for each in connections])

    async def stop(self) -> None:
        """Answer what is open, say that the devices are gone, leave the broker."""
        await self.commander.stop()
        await self.reports.report_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one connection of a device until it ends."""
        asked_for = websocket.scope.get("subprotocols", [])
        await websocket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in asked_for else None)
        connection = DeviceConnection(websocket, simulated=websocket.query_params.get("simulated") == "1")
        record = self.records.at_path(websocket.url.path)
        if self._stopping:
            await connection.close(CloseCode.GOING_AWAY, _GOING_AWAY)
        elif record is None:
            await self._turn_away_unknown(connection)
        elif await self._admit(record, connection):
            await self._hold(record, connection)

    async def _turn_away_unknown(self, connection: DeviceConnection) -> None:
        asked_for = connection.websocket.url.path.strip("/")[:_UNKNOWN_ID_CHARACTERS]
        self.records.unknown_device_connections += 1
        self.records.last_unknown_device = asked_for
        log.warning("unknown device", extra={"device": asked_for})
        reason = "unknown device" if asked_for else "no default device"
        await connection.close(CloseCode.UNKNOWN_DEVICE, f"{reason}: see lab_devices")

    async def _admit(self, record: DeviceRecord, connection: DeviceConnection) -> bool:
        """Decide on a newcomer and, if it gets in, make it the holder before anything else happens."""
        old = record.connection
        holder = Holder(old.simulated, old.last_frame_at) if old else self.peers.holder(record.id)
        decision, reason = decide(connection.simulated, holder, now=now_ms())
        details = {"device": record.id, "connection": connection.id, "simulated": connection.simulated}
        if decision is Decision.REFUSE:
            record.connections_refused += 1
            log.info("device refused: %s", reason, extra=details)
            await connection.close(CloseCode.HELD_BY_ANOTHER, reason)
            return False
        record.connection = connection
        if old is not None:
            record.connections_replaced += 1
            record.expectations.give_up(reason)
            await old.close(CloseCode.HELD_BY_ANOTHER, reason)
        log.info("device connected", extra=details)
        return True

    async def _hold(self, record: DeviceRecord, connection: DeviceConnection) -> None:
        handler = self.commander.handler(record, connection)
        unsubscribe = await self.broker.subscribe(f"{record.id}.esp32.*", handler)
        try:
            await self.reports.report(record)
            await self._pump(record, connection)
        finally:
            await unsubscribe()
            if record.connection is connection:
                record.connection = None
                record.expectations.give_up("the device's connection was lost")
                log.info("device gone", extra={"device": record.id, "connection": connection.id})
                await self.reports.report(record)

    async def _pump(self, record: DeviceRecord, connection: DeviceConnection) -> None:
        """Pass on what the device sends. Text is only its greeting, and no reason to complain."""
        subject = f"{record.id}.esp32.state"
        receive = connection.websocket.receive
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect" or record.connection is not connection:
                return
            payload = message.get("bytes")
            if payload is not None:
                await self._pass_on(record, connection, subject, payload)

    async def _pass_on(
        self, record: DeviceRecord, connection: DeviceConnection, subject: str, payload: bytes
    ) -> None:
        received_at = now_ms()
        connection.last_frame_at = record.last_frame_at = received_at
        if len(payload) not in KNOWN_LENGTHS:
            self._note_unknown(record, len(payload))
            return
        record.frames += 1
        connection.sequence += 1
        headers = connection.headers
        headers["Remlab-Sequence"] = str(connection.sequence)
        headers["Remlab-Received"] = str(received_at)
        if not await self.broker.publish(subject, payload, headers=headers):
            record.dropped_frames += 1
        if record.expectations:
            record.expectations.look_at(decode(payload))

    def _note_unknown(self, record: DeviceRecord, length: int) -> None:
        if record.last_unknown_length != length:
            log.warning("frame of unknown length", extra={"device": record.id, "length_bytes": length})
        record.unknown_frames += 1
        record.last_unknown_length = length

    async def _hear_peer(self, msg: Msg) -> None:
        claim = None
        with contextlib.suppress(ValueError, KeyError, TypeError):
            claim = self.peers.hear(json.loads(msg.data))
        record = self.records.get(msg.subject.partition(".")[0])
        if claim is None or record is None or record.connection is None:
            return
        if yields(record.connection, claim):
            record.connections_replaced += 1
            reason = f"the device is connected to gateway {claim.gateway}"
            await record.connection.close(CloseCode.HELD_BY_ANOTHER, reason[:120])
