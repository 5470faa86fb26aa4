"""A simulated board: lets its plant live in real time and keeps it connected to the gateway."""

import asyncio
import contextlib
import logging

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from remlab_simulator.plant import Plant

log = logging.getLogger(__name__)

GREETING = "Hola desde el ESP32"
SUBPROTOCOL = "arduino"
HELD_BY_ANOTHER = 4409
"""The gateway's close code while a real device has this id."""

TICK_SECONDS = 0.02
_LONGEST_CATCH_UP_SECONDS = 0.5
_FRAMES_WAITING = 5
_OPEN_TIMEOUT_SECONDS = 5.0
_PING_SECONDS = 10.0
_MAX_MESSAGE_BYTES = 64 * 1024


class Board:
    """One device that plays the firmware's part on the network."""

    def __init__(self, device_id: str, plant: Plant, *, gateway_url: str, reconnect_seconds: float) -> None:
        self.device_id = device_id
        self.plant = plant
        self.problem: str | None = "not connected to the gateway yet"
        self.connected = False
        self.frames_sent = 0
        self.connections = 0
        self._url = f"{gateway_url.rstrip('/')}/{device_id}?simulated=1"
        self._reconnect_seconds = reconnect_seconds
        self._frames: asyncio.Queue[bytes] = asyncio.Queue(_FRAMES_WAITING)

    async def run(self) -> None:
        """Live and stay connected, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._live())
            tasks.create_task(self._stay_connected())

    async def _live(self) -> None:
        """Let the plant's time follow the clock; frames that nobody takes are lost, as the firmware's are."""
        loop = asyncio.get_running_loop()
        before = loop.time()
        while True:
            await asyncio.sleep(TICK_SECONDS)
            now = loop.time()
            for frame in self.plant.advance(min(now - before, _LONGEST_CATCH_UP_SECONDS)):
                if self.connected:
                    with contextlib.suppress(asyncio.QueueFull):
                        self._frames.put_nowait(frame)
            before = now

    async def _stay_connected(self) -> None:
        while True:
            try:
                await self._connect()
            except (OSError, TimeoutError, WebSocketException) as error:
                self._say(f"cannot reach {self._url}: {error or type(error).__name__}")
            await asyncio.sleep(self._reconnect_seconds)

    async def _connect(self) -> None:
        async with connect(
            self._url,
            subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]
            compression=None,
            proxy=None,
            open_timeout=_OPEN_TIMEOUT_SECONDS,
            ping_interval=_PING_SECONDS,
            ping_timeout=_PING_SECONDS,
            close_timeout=1.0,
            max_size=_MAX_MESSAGE_BYTES,
        ) as socket:
            log.info("connected", extra={"device": self.device_id, "url": self._url})
            self.connections += 1
            sender = asyncio.create_task(self._send(socket))
            try:
                async for message in socket:
                    if isinstance(message, str):
                        self.plant.receive(message)
            except ConnectionClosed:
                pass  # told below, as an orderly close is
            finally:
                self.connected = False
                sender.cancel()
                await asyncio.gather(sender, return_exceptions=True)
            self._tell_end(socket)

    async def _send(self, socket: ClientConnection) -> None:
        while not self._frames.empty():
            self._frames.get_nowait()
        self.connected, self.problem = True, None
        with contextlib.suppress(ConnectionClosed):
            await socket.send(GREETING)
            while True:
                await socket.send(await self._frames.get())
                self.frames_sent += 1

    def _tell_end(self, socket: ClientConnection) -> None:
        if socket.close_code == HELD_BY_ANOTHER:
            # Nothing is wrong: the real device is there, and this one waits for its turn.
            log.info("stands aside: %s", socket.close_reason, extra={"device": self.device_id})
            self.problem = None
            return
        self._say(f"closed with {socket.close_code} {socket.close_reason or ''}".rstrip())

    def _say(self, problem: str) -> None:
        if problem != self.problem:
            log.warning(problem, extra={"device": self.device_id})
        self.problem = problem
