"""What the deploy did, and when: a file of lines "time text"."""

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple


class Event(NamedTuple):
    """One line: seconds since 1970, and what happened then."""

    at: float
    text: str


def read(path: Path | None) -> list[Event]:
    """Read a file of events in the order of their times; lines that are none are left out.

    A time is seconds since 1970 or ISO 8601 (without a zone: UTC). No file: no events.
    """
    if path is None or not path.exists():
        return []
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return sorted(event for line in lines if (event := _event(line)) is not None)


def around(events: list[Event], at: float, seconds: float) -> list[Event]:
    """The last event before a request of that many seconds began, and those while it waited."""
    before = [event for event in events if event.at <= at]
    return [*before[-1:], *(event for event in events if at < event.at <= at + seconds)]


def _event(line: str) -> Event | None:
    moment, _, text = line.strip().partition(" ")
    try:
        return Event(float(moment), text)
    except ValueError:
        pass
    try:
        stamp = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return Event((stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).timestamp(), text)
