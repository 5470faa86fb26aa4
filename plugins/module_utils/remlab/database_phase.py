"""How far the move of a database is, told from what the Swarm and the servers show.

A pure function, so that a mover that was killed at any point is followed by one that
goes on from there.
"""

from __future__ import annotations

from dataclasses import dataclass

# Of the new server: no service, follows the old one, takes writes, does not answer, holds something else.
ABSENT, FOLLOWS, WRITES, SILENT, STRANGE = "absent", "follows", "writes", "silent", "strange"
# What to do next: copy the data; throw a stale copy away first; wait for the copy and switch;
# promote; tidy up; start the old one again; nothing that is safe.
COPY, DISCARD, FOLLOW, PROMOTE, FINISH, RETURN, REFUSE = (
    "copy",
    "discard",
    "follow",
    "promote",
    "finish",
    "return",
    "refuse",
)


@dataclass(frozen=True)
class Seen:
    """What there is of a move."""

    # How many replicas the old service shall have: 1 runs, 0 was stopped, None was removed.
    old_replicas: int | None
    new: str = ABSENT
    # The old one was stopped when every write was on both sides.
    stopped_in_sync: bool = False
    # The old server still keeps what the copy has not read yet.
    slot_usable: bool = True


def phase(seen: Seen) -> tuple[str, str]:
    """The next thing to do, and why."""
    if seen.new == STRANGE:
        return REFUSE, "the new server holds another database than the old one"
    if seen.old_replicas is None:
        return _without_old(seen)
    return _old_stopped(seen) if seen.old_replicas == 0 else _old_runs(seen)


def _without_old(seen: Seen) -> tuple[str, str]:
    if seen.new == ABSENT:
        return REFUSE, "neither the old nor the new server is there"
    if seen.new == FOLLOWS:
        return REFUSE, "the old server was removed before the new one was promoted"
    return FINISH, "the old server is removed"


def _old_runs(seen: Seen) -> tuple[str, str]:
    if seen.new == ABSENT:
        return COPY, "there is no copy yet"
    if seen.new == WRITES:
        return REFUSE, "both servers take writes: stop the one whose data is not wanted"
    if not seen.slot_usable:
        return DISCARD, "the old server no longer keeps what the copy lacks"
    return FOLLOW, "the copy is there"


def _old_stopped(seen: Seen) -> tuple[str, str]:
    if seen.new == WRITES:
        return FINISH, "the new server takes writes"
    if seen.new != ABSENT and seen.stopped_in_sync:
        return PROMOTE, "the old server was stopped when both had every write"
    return RETURN, "the old server was stopped before the copy had every write"
