"""How long a source of news stayed silent, and how its connections ended."""

from dataclasses import dataclass, field
from typing import NamedTuple

# Codes with which a server says in good order that it goes: normal, going away, restart, try again later.
PROPER_CODES = frozenset({1000, 1001, 1012, 1013})


class Close(NamedTuple):
    """The end of a connection that the other side brought about."""

    at: float
    """Seconds since 1970."""
    code: int | None
    """None: cut without a close frame, or never opened."""
    reason: str

    @property
    def proper(self) -> bool:
        """Whether it was told to go rather than cut."""
        return self.code in PROPER_CODES


@dataclass
class Source:
    """News of one kind: a page's signals, a device, a camera. Times are seconds since 1970."""

    name: str
    what: str
    """signals, device or camera."""
    since: float
    """Silence is counted from here until the first message."""
    messages: int = 0
    longest_seconds: float = 0.0
    longest_at: float = 0.0
    """When the longest silence began."""
    closes: list[Close] = field(default_factory=list)
    failed_connects: int = 0

    def heard(self, at: float) -> None:
        """Take note of a message; one that is older than the last changes nothing."""
        self.messages += 1
        if at > self.since:
            self._gap(at)
            self.since = at

    def finish(self, at: float) -> None:
        """The run ends: the silence until now counts too."""
        self._gap(at)

    def start_again(self, at: float) -> None:
        """Forget what was before the measurement."""
        self.since, self.messages, self.longest_seconds, self.longest_at = at, 0, 0.0, 0.0
        self.closes.clear()
        self.failed_connects = 0

    def _gap(self, at: float) -> None:
        if at - self.since > self.longest_seconds:
            self.longest_seconds, self.longest_at = at - self.since, self.since
