"""All that a run found out, the limits that it was held to, and what spoils the verdict."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.load.events import Event, around
from tests.load.front_door import Switch
from tests.load.pace import Pace
from tests.load.requests import Requests, quantile
from tests.load.rows import Rows
from tests.load.silence import Source

# Above this the generator's own delay says more of the machine than of the lab.
_LATE_SECONDS = 1.0


@dataclass(frozen=True)
class Limits:
    """Seconds that a request and a silence may take."""

    request_seconds: float
    silence_seconds: float


@dataclass
class Outcome:
    """A run that has ended."""

    url: str
    seconds: float
    requests: Requests
    sources: list[Source]
    not_watched: list[str]
    """Sources that were silent before the change; they are not judged."""
    rows: Rows | None
    """None: nothing was written, or the logbook could not be read back (`problem` says so)."""
    pace: Pace
    limits: Limits
    events: list[Event] = field(default_factory=list)
    switches: list[Switch] = field(default_factory=list)
    failed_lookups: int = 0
    problem: str | None = None
    """What kept the run from telling anything."""

    @property
    def good(self) -> bool:
        """Whether nothing was lost and nobody waited too long."""
        return not list(self.faults())

    def faults(self) -> Iterator[str]:
        """What spoils the verdict, each in words."""
        if self.problem is not None:
            yield self.problem
        if not self.requests.sent:
            yield "no request was sent, so nothing is proved"
        if self.requests.failed:
            yield f"{self.requests.failed:,} {_plural(self.requests.failed, 'request')} failed"
        if self.requests.slowest_seconds > self.limits.request_seconds:
            slowest, limit = self.requests.slowest_seconds, self.limits.request_seconds
            yield f"the slowest request took {slowest:.2f} s; {limit:g} s are allowed"
        if self.rows is not None:
            yield from _rows_faults(self.rows)
        for source in self.sources:
            if source.longest_seconds > self.limits.silence_seconds:
                limit = self.limits.silence_seconds
                yield f"{source.name} was silent for {source.longest_seconds:.1f} s; {limit:g} s are allowed"

    def doubts(self) -> Iterator[str]:
        """What makes the figures doubtful without spoiling them, each in words."""
        if self.not_watched:
            yield f"not watched, since silent before the change: {', '.join(self.not_watched)}"
        late = max(self.pace.delays_seconds, default=0.0)
        if late > _LATE_SECONDS:
            yield f"this machine held the load itself up, by up to {late:.1f} s; its times are too long"
        if self.failed_lookups:
            yield f"{self.failed_lookups} look-ups of the front door's name failed"

    def around_slowest(self) -> list[Event]:
        """What the deploy did while the slowest request waited."""
        if not self.requests.slowest:
            return []
        return around(self.events, self.requests.slowest[0].at, self.requests.slowest[0].seconds)

    def longest(self, what: str) -> float | None:
        """The longest silence among all sources of one sort, in seconds; None if there is none."""
        return max((one.longest_seconds for one in self.sources if one.what == what), default=None)

    def as_json(self) -> dict[str, Any]:
        """Everything as plain data; times are seconds since 1970, durations seconds."""
        return {
            "good": self.good,
            "faults": list(self.faults()),
            "doubts": list(self.doubts()),
            "url": self.url,
            "seconds": self.seconds,
            "requests": {
                "sent": self.requests.sent,
                "failed": self.requests.failed,
                "kinds": {
                    name: {
                        "sent": kind.sent,
                        "failed": kind.failed,
                        "p50_seconds": quantile(kind.seconds, 0.5),
                        "p99_seconds": quantile(kind.seconds, 0.99),
                        "max_seconds": max(kind.seconds),
                    }
                    for name, kind in sorted(self.requests.kinds.items())
                },
                "failures": [failure._asdict() for failure in self.requests.failures],
                "slowest": [
                    slow._asdict() | {"held_up_seconds": self.pace.held_up_seconds(slow.at, slow.seconds)}
                    for slow in self.requests.slowest
                ],
            },
            "rows": None if self.rows is None else self.rows._asdict() | {"good": self.rows.good},
            "sources": [
                {
                    "name": one.name,
                    "what": one.what,
                    "messages": one.messages,
                    "longest_silence_seconds": one.longest_seconds,
                    "longest_silence_at": one.longest_at,
                    "closes": [close._asdict() | {"proper": close.proper} for close in one.closes],
                    "failed_connects": one.failed_connects,
                }
                for one in self.sources
            ],
            "not_watched": self.not_watched,
            "switches": [{"at": one.at, "address": list(one.address)} for one in self.switches],
            "events": [event._asdict() for event in self.events],
            "generator": {
                "cpu_share": self.pace.cpu_share,
                "delay_p99_seconds": quantile(self.pace.delays_seconds, 0.99),
                "delay_max_seconds": max(self.pace.delays_seconds, default=0.0),
                "stalls": [stall._asdict() for stall in self.pace.stalls],
            },
        }


def _rows_faults(rows: Rows) -> Iterator[str]:
    for word, uuids in (
        ("lost", rows.lost),
        ("doubled", rows.doubled),
        ("altered", rows.altered),
        ("that nobody wrote", rows.invented),
    ):
        if uuids:
            yield f"{len(uuids):,} {_plural(len(uuids), 'row')} {word}, such as {uuids[0]}"


def _plural(count: int, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"
