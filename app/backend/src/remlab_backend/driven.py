"""`python3 -m remlab_backend.driven [--stop]`: who is being driven, as a line of JSON.

A one-shot job of the deploy, before a gateway goes to another host. The firmware has no dead-man
switch, so a device in PID or TEST would run on, alone, until it has found the new gateway. Until
devices are reserved, one in these states counts as driven. With --stop they are stopped first.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from remlab_backend.settings import Settings
from remlab_common import logs
from remlab_common.broker import Broker
from remlab_common.frames import (
    INDEX,
    STALE_AFTER_SECONDS,
    Event,
    Mode,
    UnknownFrameError,
    decode,
    encode_value,
)
from remlab_common.settings import load

DRIVEN = {int(Mode.PID): "PID", int(Mode.TEST): "TEST"}
_CONNECT_SECONDS = 10.0
_ANSWER_SECONDS = 5.0


class DrivenError(Exception):
    """It cannot be told, or a device does not stop."""


async def look(broker: Broker, seconds: float = STALE_AFTER_SECONDS) -> dict[str, str]:
    """Device -> PID or TEST, of all that sent such a frame last within this time."""
    modes: dict[str, float | None] = {}

    async def take(message: Msg) -> None:
        try:
            modes[message.subject.partition(".")[0]] = decode(message.data)[INDEX["mode"]]
        except UnknownFrameError:
            return

    unsubscribe = await broker.subscribe("*.esp32.state", take)
    await asyncio.sleep(seconds)
    await unsubscribe()
    return {device: DRIVEN[int(mode)] for device, mode in sorted(modes.items()) if mode in DRIVEN}


async def stop(broker: Broker, devices: Sequence[str], patience_seconds: float = 10.0) -> None:
    """Stops these devices and waits until their frames say so. Raises DrivenError."""
    deadline = time.monotonic() + patience_seconds
    left = list(devices)
    while left:
        for device in left:
            try:
                await broker.request(
                    f"{device}.esp32.event", encode_value(Event.STOP), timeout_seconds=_ANSWER_SECONDS
                )
            except (NatsError, ConnectionError):
                continue  # Asked again as long as it is driven.
        driven = await look(broker)
        left = [device for device in left if device in driven]
        if left and time.monotonic() > deadline:
            raise DrivenError(f"{', '.join(left)} was told to stop and goes on")


@asynccontextmanager
async def _connected(settings: Settings) -> AsyncIterator[Broker]:
    broker = Broker(
        settings.broker_url,
        name="driven",
        user=settings.broker_user,
        password=settings.broker_password.get_secret_value(),
    )
    task = asyncio.create_task(broker.run())
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            await broker.wait_connected()
        yield broker
    except TimeoutError as error:
        raise DrivenError(f"the broker does not answer: {broker.problem}") from error
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def run(settings: Settings, *, stopping: bool) -> dict[str, str]:
    """The devices that are driven, or were until they were stopped. Raises DrivenError."""
    async with _connected(settings) as broker:
        found = await look(broker)
        if stopping:
            await stop(broker, list(found))
        return found


def main() -> None:
    """Ends with 0 and the answer, or with 1 and why there is none."""
    parser = argparse.ArgumentParser(prog="python3 -m remlab_backend.driven", allow_abbrev=False)
    parser.add_argument("--stop", action="store_true", help="stop them, and wait until they are")
    options = parser.parse_args()
    settings = load(Settings)
    logs.configure("driven", level="ERROR")
    try:
        print(json.dumps({"driven": asyncio.run(run(settings, stopping=options.stop))}), flush=True)
    except DrivenError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
