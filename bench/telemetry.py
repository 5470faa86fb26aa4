"""From a device's frame to a browser's event: delay and loss, through the whole deployed laboratory.

A device of this script's own connects to the devices' port, takes its id over from the simulator, and sends
numbered frames at 10 Hz. Viewers connect to the front door as the page does. Both ends run here, so one clock
measures both. The simulator takes its device back when the script ends.

    ./lab bench telemetry [--seconds 600] [--viewers 1]
"""

from __future__ import annotations

import argparse
import asyncio
import struct
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import socketio
import websockets

FRAME = struct.Struct("<16f")
PERIOD_SECONDS = 0.1
# A float that today's firmware always sends as 0; a float32 counts exactly up to 2^24.
COUNTER = 12


@dataclass
class Viewer:
    """What one browser received."""

    delays_ms: list[float] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    doubled: int = 0


@dataclass
class Run:
    """One measurement."""

    sent: dict[int, float] = field(default_factory=dict)
    viewers: list[Viewer] = field(default_factory=list)


async def watch(url: str, device: str, run: Run) -> socketio.AsyncClient:
    """Connects one viewer and records when each of our frames arrives."""
    client, viewer = socketio.AsyncClient(reconnection=False), Viewer()
    run.viewers.append(viewer)

    async def arrived(message: dict[str, Any]) -> None:
        now = time.perf_counter()
        number = round(message["values"][COUNTER] or 0)
        if message["device"] != device or number not in run.sent:
            return
        viewer.doubled += number in viewer.seen
        viewer.seen.add(number)
        viewer.delays_ms.append((now - run.sent[number]) * 1000)

    client.on("telemetry", arrived)
    await client.connect(url, transports=["websocket"], auth={"client": "remlab"})
    answer = await client.call("watch", {"device": device}, timeout=10)
    if not answer.get("ok"):
        raise SystemExit(f"the backend refused to show {device}: {answer}")
    return client


async def send(devices_url: str, device: str, seconds: float, run: Run) -> None:
    """Sends numbered frames, one each 100 ms, and answers nothing."""
    async with websockets.connect(f"{devices_url}/{device}", subprotocols=["arduino"]) as socket:  # type: ignore[list-item]
        await asyncio.sleep(1)  # the takeover from the simulator is announced first
        began = time.perf_counter()
        for number in range(1, int(seconds / PERIOD_SECONDS) + 1):
            values = [0.0] * 16
            values[COUNTER] = float(number)
            run.sent[number] = time.perf_counter()
            await socket.send(FRAME.pack(*values))
            await asyncio.sleep(max(0.0, began + number * PERIOD_SECONDS - time.perf_counter()))
        await asyncio.sleep(1)  # the last frames are under way


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def table(run: Run) -> str:
    delays = [delay for viewer in run.viewers for delay in viewer.delays_ms]
    lost = sum(len(run.sent) - len(viewer.seen) for viewer in run.viewers)
    doubled = sum(viewer.doubled for viewer in run.viewers)
    lines = [
        "| frames sent | viewers | lost | doubled | p50 ms | p99 ms | longest ms |",
        "|---|---|---|---|---|---|---|",
        f"| {len(run.sent)} | {len(run.viewers)} | {lost} | {doubled} | {quantile(delays, 0.5):.1f} "
        f"| {quantile(delays, 0.99):.1f} | {max(delays):.1f} |",
    ]
    return "\n".join(lines)


async def measure(options: argparse.Namespace) -> Run:
    run = Run()
    clients = [await watch(options.url, options.device, run) for _ in range(options.viewers)]
    try:
        await send(options.devices_url, options.device, options.seconds, run)
    finally:
        for client in clients:
            await client.disconnect()
    return run


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://localhost:8080", help="the front door")
    parser.add_argument("--devices-url", default="ws://localhost:8765", help="the devices' port")
    parser.add_argument("--device", default="aeropendulo-sim", help="id to take over meanwhile")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--viewers", type=int, default=1)
    run = asyncio.run(measure(parser.parse_args()))
    print(table(run))
    return 0 if all(len(viewer.seen) == len(run.sent) for viewer in run.viewers) else 1


if __name__ == "__main__":
    sys.exit(main())
