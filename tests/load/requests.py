"""What became of each request: counts, latencies by kind, failures with time and reason."""

from array import array
from dataclasses import dataclass, field
from typing import NamedTuple

KEPT_FAILURES = 1000
KEPT_SLOWEST = 10


class Failure(NamedTuple):
    """A request that did not get what it asked for."""

    at: float
    """When it was sent, in seconds since 1970."""
    kind: str
    reason: str
    seconds: float


class Slow(NamedTuple):
    """One of the slowest requests, failed or not."""

    at: float
    kind: str
    seconds: float


@dataclass
class Kind:
    """All requests of one kind; seconds from sending to the last byte, failed ones too."""

    sent: int = 0
    failed: int = 0
    seconds: "array[float]" = field(default_factory=lambda: array("d"))


@dataclass
class Requests:
    """All requests of a run that have ended."""

    kinds: dict[str, Kind] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    slowest: list[Slow] = field(default_factory=list)

    @property
    def sent(self) -> int:
        return sum(kind.sent for kind in self.kinds.values())

    @property
    def failed(self) -> int:
        return sum(kind.failed for kind in self.kinds.values())

    @property
    def slowest_seconds(self) -> float:
        return self.slowest[0].seconds if self.slowest else 0.0

    def record(self, kind: str, *, at: float, seconds: float, failure: str | None = None) -> None:
        """Count a request that has ended; `failure` says why it did not get what it asked for."""
        counted = self.kinds.setdefault(kind, Kind())
        counted.sent += 1
        counted.seconds.append(seconds)
        if failure is not None:
            counted.failed += 1
            if len(self.failures) < KEPT_FAILURES:
                self.failures.append(Failure(at, kind, failure, seconds))
        if len(self.slowest) < KEPT_SLOWEST or seconds > self.slowest[-1].seconds:
            self.slowest.append(Slow(at, kind, seconds))
            self.slowest.sort(key=lambda slow: -slow.seconds)
            del self.slowest[KEPT_SLOWEST:]


def quantile(values: "array[float] | list[float]", share: float) -> float:
    """The value below which `share` of the values lie; 0 if there are none."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0.0
