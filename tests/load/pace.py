"""Sending on schedule whatever the answers do, and how well this process itself kept up."""

import asyncio
import resource
import time
from array import array
from collections.abc import Callable
from typing import NamedTuple

_LOOK_SECONDS = 0.02
# A process that wakes up this late was held up, by its own work or by the machine.
STALL_SECONDS = 0.05
_SHORTEST_SLEEP_SECONDS = 0.001


class Stall(NamedTuple):
    """This process itself stood still: seconds since 1970, and for how long."""

    at: float
    seconds: float


class Pace:
    """The generator's own state: how late it sent, when it stood still, what CPU it took."""

    def __init__(self) -> None:
        self.delays_seconds = array("d")
        """How late each request was sent."""
        self.stalls: list[Stall] = []
        self.cpu_share = 0.0
        """Of one core, between restart and finish."""
        self._began, self._cpu = 0.0, 0.0

    def restart(self) -> None:
        """The load begins: forget what getting ready took."""
        self.stalls.clear()
        self._began, self._cpu = time.perf_counter(), _cpu_seconds()

    def finish(self) -> None:
        """The load ends."""
        used, passed = _cpu_seconds() - self._cpu, time.perf_counter() - self._began
        self.cpu_share = used / passed

    async def keep(self, rate: float, stop: asyncio.Event, send: Callable[[], None]) -> None:
        """Call `send` at a constant rate until `stop`; what became due meanwhile is sent at once."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while not stop.is_set():
            now = loop.time()
            while due <= now:
                self.delays_seconds.append(now - due)
                send()
                due += 1 / rate
            await asyncio.sleep(max(due - loop.time(), _SHORTEST_SLEEP_SECONDS))

    async def watch_itself(self) -> None:
        """Note when this process stood still, for ever."""
        while True:
            before = time.perf_counter()
            await asyncio.sleep(_LOOK_SECONDS)
            late = time.perf_counter() - before - _LOOK_SECONDS
            if late > STALL_SECONDS:
                self.stalls.append(Stall(time.time() - late, late))

    def held_up_seconds(self, at: float, seconds: float) -> float:
        """How much of a time span this process itself stood still."""
        ends = ((max(at, one.at), min(at + seconds, one.at + one.seconds)) for one in self.stalls)
        return sum(max(0.0, end - begin) for begin, end in ends)


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
