import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

import remlab_common
import remlab_gateway
from remlab_common.devices import Devices
from tests.servers.nats import NatsServer, free_port

from .lab import DEVICES, Board, Lab, eventually

PATHS = [str(Path(package.__file__).parents[1]) for package in (remlab_common, remlab_gateway)]
GRACE_SECONDS = 10


def environment(**settings: Any) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(PATHS),
        "LAB_DEVICES": DEVICES.model_dump_json(),
        "BROKER_GATEWAY_PASSWORD": "gateway-pw",
        **settings,
    }


@asynccontextmanager
async def process(**settings: Any) -> AsyncIterator[asyncio.subprocess.Process]:
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "remlab_gateway"),
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def test_sigterm_sends_devices_away_with_1001_and_ends_in_time(nats_server: NatsServer) -> None:
    port = free_port()
    settings = {"GATEWAY_PORT": str(port), "GATEWAY_BROKER_URL": nats_server.url, "GATEWAY_HOST": "127.0.0.1"}
    async with process(**settings) as gateway:
        await eventually(lambda: listens(port), "the gateway listens")
        async with connect(f"ws://127.0.0.1:{port}/") as socket:
            await socket.send(bytes(64))
            gateway.send_signal(signal.SIGTERM)
            assert (await Board(socket).close_code())[0] == 1001
        async with asyncio.timeout(GRACE_SECONDS):
            output, _ = await gateway.communicate()
    assert gateway.returncode == 0
    lines = [json.loads(line) for line in output.splitlines()]
    assert "device connected" in [line["message"] for line in lines]
    assert not [line for line in lines if line["level"] in ("error", "critical")]


@pytest.mark.parametrize(
    ("entries", "complaint"),
    [
        (["aero", "aero"], "more than one device with the id aero"),
        (["aero", "sim"], "more than one default device: aero, sim"),
    ],
)
async def test_ambiguous_devices_are_refused_at_the_start_with_a_clear_error(
    entries: list[str], complaint: str
) -> None:
    devices = [{"id": entry, "title": {}, "kind": "k", "default": True} for entry in entries]
    async with process(LAB_DEVICES=json.dumps(devices)) as gateway:
        async with asyncio.timeout(GRACE_SECONDS):
            output, _ = await gateway.communicate()
    assert gateway.returncode == 78
    assert "LAB_DEVICES" in output.decode()
    assert complaint in output.decode()
    assert "Traceback" not in output.decode()


async def test_a_gateway_that_stops_does_not_send_all_devices_away_in_one_instant(
    nats_server: NatsServer,
) -> None:
    devices = [{"id": f"d{number}", "title": {"en": "D"}, "kind": "aeropendulum"} for number in range(60)]
    moments: list[float] = []

    async def stay(lab: Lab, device: str) -> None:
        async with lab.board(f"/{device}") as board:
            assert (await board.close_code())[0] == 1001
            moments.append(time.monotonic())

    async with asyncio.TaskGroup() as group:
        lab = Lab(nats_server, devices=Devices.model_validate(devices))
        async with lab.running():
            for device in devices:
                group.create_task(stay(lab, device["id"]))
            await eventually(lambda: sum(1 for one in lab.gateway.records if one.connection) == 60)
    # 5 ms apart; a slow machine only makes it longer.
    assert max(moments) - min(moments) >= 0.2
