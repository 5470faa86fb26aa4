"""Takes commands from the bus to a device and answers how that went."""

import asyncio
import json
import logging
from collections import Counter
from typing import Any

from nats.aio.msg import Msg

from remlab_common.broker import Broker, Handler
from remlab_gateway.commands import RefusedCommandError, check, message
from remlab_gateway.connections import DeviceConnection
from remlab_gateway.echo import Confirmation, judge_for
from remlab_gateway.records import DeviceRecord

log = logging.getLogger(__name__)

_NOT_ECHOED = "the device did not confirm it in time"
_NOT_SENT = "the device's connection did not take it"


class Commander:
    """Checks, sends and confirms commands; counts their outcomes."""

    def __init__(self, broker: Broker, *, confirm_seconds: float) -> None:
        self._broker = broker
        self._confirm_seconds = confirm_seconds
        self._tasks: set[asyncio.Task[None]] = set()
        self.outcomes: Counter[str] = Counter()

    def handler(self, record: DeviceRecord, connection: DeviceConnection) -> Handler:
        """Give what handles messages on `<device>.esp32.<key>` while `connection` holds the device.

        Messages of one device are sent in the order of their arrival; their echoes are waited for
        side by side, so that a POWEROFF never queues behind a gain.
        """

        async def handle(msg: Msg) -> None:
            if record.connection is not connection:
                return  # a newer connection has its own subscription, and answers
            key = msg.subject.rpartition(".")[2]
            try:
                value = check(key, msg.data, record.device.limits)
            except RefusedCommandError as refusal:
                await self._answer(msg, record, key, refusal.value, "refused", refusal.reason)
                return
            await self._send(msg, record, connection, key, value)

        return handle

    async def _send(
        self, msg: Msg, record: DeviceRecord, connection: DeviceConnection, key: str, value: float
    ) -> None:
        judge = judge_for(key, value)
        future = record.expectations.expect(key, judge) if judge else None
        if not await connection.send(message(key, value)):
            record.expectations.give_up(_NOT_SENT)
            await self._answer(msg, record, key, value, "unconfirmed", _NOT_SENT)
            return
        if future is None:
            reason = f"the device does not echo {key}"
            await self._answer(msg, record, key, value, "unconfirmed", reason)
            return
        task = asyncio.create_task(self._confirm(msg, record, key, value, future))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _confirm(
        self,
        msg: Msg,
        record: DeviceRecord,
        key: str,
        value: float,
        future: "asyncio.Future[Confirmation]",
    ) -> None:
        try:
            async with asyncio.timeout(self._confirm_seconds):
                confirmation = await future
        except TimeoutError:
            record.expectations.forget(key, future)
            confirmation = Confirmation(False, _NOT_ECHOED)
        outcome = "confirmed" if confirmation.confirmed else "unconfirmed"
        await self._answer(msg, record, key, value, outcome, confirmation.reason)

    async def _answer(
        self,
        msg: Msg,
        record: DeviceRecord,
        key: str,
        value: float | None,
        outcome: str,
        reason: str | None,
    ) -> None:
        self.outcomes[outcome] += 1
        answer: dict[str, Any] = {
            "outcome": outcome,
            "reason": reason,
            "device": record.id,
            "key": key,
            "value": value,
        }
        if outcome != "confirmed":
            log.info("command %s", outcome, extra=answer)
        if msg.reply:
            await self._broker.publish(msg.reply, json.dumps(answer).encode())

    async def stop(self) -> None:
        """Wait until every command that was sent has its answer."""
        while self._tasks:
            await asyncio.wait(self._tasks)
