"""One run: get ready, keep the load up until told to stop, let it end, count."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from tests.load import device, events, sockets
from tests.load.front_door import FrontDoor
from tests.load.http import Client
from tests.load.lab import Lab, NothingToWatch, look
from tests.load.logbook import Logbook
from tests.load.options import Options
from tests.load.outcome import Limits, Outcome
from tests.load.pace import Pace
from tests.load.reads import Reads
from tests.load.requests import Requests
from tests.load.silence import Source

# A source that said nothing for so long before the change is not there.
READY_SECONDS = 10.0
_TIDY_SECONDS = 0.5


async def run(options: Options, stop: asyncio.Event, ready: Callable[[], None] = lambda: None) -> Outcome:
    """Keep the load up until `stop`; `ready` is called once everything is being watched.

    Raises NothingToWatch if there is no lab at the start.
    """
    door = FrontDoor(options.url, name_file=options.name_file, any_certificate=options.any_certificate)
    try:
        await door.look_up()
    except OSError as error:
        raise NothingToWatch(f"{options.url} leads nowhere: {error}") from error
    client = Client(door, timeout_seconds=options.request_timeout_seconds)
    try:
        return await _Run(options, door, client, await look(client, options)).go(stop, ready)
    finally:
        client.close()


class _Run:
    def __init__(self, options: Options, door: FrontDoor, client: Client, lab: Lab) -> None:
        self._options, self._door, self._client, self._lab = options, door, client, lab
        self._requests = Requests()
        self._under_way: set[asyncio.Task[None]] = set()
        now = time.time()
        ids = [one["id"] for one in lab.devices]
        self._state = Source(f"old page, {lab.default_device}", "signals", now)
        self._shown = {one: Source(f"page, {one}", "signals", now) for one in ids}
        self._devices = {one: Source(f"device {one}", "devices", now) for one in ids}
        self._camera = None if lab.camera is None else Source(f"camera {lab.camera}", "camera", now)
        self._played = {one: Source(f"played {one}", "devices", now) for one in self._unplayed()}
        self._reads = Reads(client, self._requests, self._devices)
        self._logbook = Logbook(client, self._requests, lab.log_device)
        self._sources = [
            self._state,
            *self._shown.values(),
            *self._devices.values(),
            *self._played.values(),
            *([self._camera] if self._camera is not None else []),
        ]

    def _unplayed(self) -> list[str]:
        """Devices that this run has to play."""
        if self._options.devices_url is None:
            return []
        return [one["id"] for one in self._lab.devices if not (one["status"] or {}).get("connected")]

    async def go(self, stop: asyncio.Event, ready: Callable[[], None]) -> Outcome:
        pace, options = Pace(), self._options
        writing = options.writes_per_second > 0
        if writing:
            await self._logbook.begin()
        beside = [asyncio.create_task(one) for one in self._beside(pace)]
        try:
            not_watched = await self._wait_until_heard(stop)
            began = time.time()
            for source in self._sources:
                source.start_again(began)
            ready()
            rates = [(options.reads_per_second, "read", self._reads.one)]
            rates += [(options.writes_per_second, "write", self._logbook.one)] if writing else []
            # The CPU of getting ready is not that of the load.
            pace.restart()
            await asyncio.gather(
                *(pace.keep(rate, stop, self._sender(kind, send)) for rate, kind, send in rates if rate > 0)
            )
            for source in self._sources:
                source.finish(time.time())
            seconds = time.time() - began
            pace.finish()
            await asyncio.gather(*self._under_way)
        finally:
            for task in beside:
                task.cancel()
            ended = await asyncio.gather(*beside, return_exceptions=True)
        crashed = [one for one in ended if isinstance(one, Exception)]
        outcome = Outcome(
            url=options.url,
            seconds=seconds,
            requests=self._requests,
            sources=self._sources,
            not_watched=not_watched,
            rows=None,
            pace=pace,
            limits=Limits(options.max_request_seconds, options.max_silence_seconds),
            events=events.read(options.events),
            switches=self._door.switches,
            failed_lookups=self._door.failed_lookups,
            problem=f"the load itself failed: {crashed[0]!r}" if crashed else None,
        )
        if writing:
            try:
                outcome.rows = await self._logbook.count()
            except NothingToWatch as error:
                outcome.problem = f"the logbook could not be read back: {error}"
        return outcome

    def _beside(self, pace: Pace) -> list[Coroutine[Any, Any, None]]:
        """Everything that goes on beside the requests, each for ever."""
        found = [
            self._door.follow(),
            self._tidy(),
            pace.watch_itself(),
            sockets.old_page(self._door, self._state),
            sockets.page(self._door, self._shown),
        ]
        if self._lab.camera is not None and self._camera is not None:
            found.append(sockets.viewer(self._door, self._lab.camera, self._camera))
        url, soon = self._options.devices_url, self._options.device_reconnect_seconds
        if url is not None:
            found += [
                device.play(url.rstrip("/"), one, sent, reconnect_seconds=soon)
                for one, sent in self._played.items()
            ]
        return found

    async def _wait_until_heard(self, stop: asyncio.Event) -> list[str]:
        """Wait until every source has spoken; take those out that do not, and return their names."""
        until = time.monotonic() + READY_SECONDS
        fresh = Reads(self._client, Requests(), self._devices)
        while time.monotonic() < until and not stop.is_set():
            await fresh.one()
            if all(source.messages > 1 for source in self._sources):
                break
            await asyncio.sleep(0.1)
        silent = [source for source in self._sources if source.messages <= 1]
        self._sources = [source for source in self._sources if source not in silent]
        if self._camera is None:
            return [*(source.name for source in silent), "any camera"]
        return [source.name for source in silent]

    def _sender(self, kind: str, send: Callable[[], Awaitable[None]]) -> Callable[[], None]:
        """Start requests without waiting for them, up to a bound."""

        async def perform() -> None:
            await send()

        def start() -> None:
            if len(self._under_way) >= self._options.max_under_way:
                failure = f"not sent: {self._options.max_under_way} requests were waiting already"
                self._requests.record(kind, at=time.time(), seconds=0.0, failure=failure)
                return
            task = asyncio.create_task(perform())
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

        return start

    async def _tidy(self) -> None:
        while True:
            await asyncio.sleep(_TIDY_SECONDS)
            self._client.drop_idle()
