"""One run at a time changes a laboratory: a lease, kept among the Swarm's own labels.

All managers hold those labels, and the engine takes a change only with the version that
was read, so of two runs that come together one wins. A run that died stops renewing.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Protocol

from .engine import Engine, EngineRefused

LABEL = "remlab.lock"
LEASE_SECONDS = 60.0
# A change of the cluster object that is not ours, a new certificate say, makes a version stale too.
_TRIES = 20


class Locked(RuntimeError):
    """Another run holds the lock; the message is for the operator."""

    def __init__(self, holder: Holder) -> None:
        super().__init__(
            f"locked by {holder.user} on {holder.host} since {holder.since}, step {holder.step or 'unknown'}: "
            "nothing was changed; wait until that run has ended and run again. If it was killed, its lock "
            f"expires within {LEASE_SECONDS:.0f} s by itself"
        )
        self.holder = holder


@dataclass(frozen=True)
class Holder:
    """A run: who started it, and the process that drives it."""

    run: str
    user: str
    host: str
    # Of the controller: /etc/machine-id, the process and its start in clock ticks since boot, proc(5).
    machine: str
    pid: int
    started: int
    since: str = ""
    step: str = ""
    # Seconds since 1970, by the manager's clock.
    expires: float = 0.0

    @classmethod
    def from_label(cls, text: str) -> Holder | None:
        """What a label says; nothing if it says nothing that can be understood."""
        try:
            found = json.loads(text)
            return cls(**{field.name: found[field.name] for field in fields(cls)})
        except (ValueError, KeyError, TypeError):
            return None


class Labels(Protocol):
    """The Swarm's labels, with compare-and-swap."""

    def read(self) -> tuple[int, Mapping[str, Any]]:
        """The version and the whole spec of the Swarm."""

    def write(self, version: int, spec: Mapping[str, Any]) -> bool:
        """Whether the spec is in force; not if another version is there by now."""


class SwarmLabels:
    """The real ones."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(self) -> tuple[int, Mapping[str, Any]]:
        found = self._engine._client.inspect_swarm()
        return int(found["Version"]["Index"]), found["Spec"]

    def write(self, version: int, spec: Mapping[str, Any]) -> bool:
        try:
            self._engine._post(f"/swarm/update?version={version}", spec)
        except EngineRefused as error:
            if "out of sequence" in str(error):
                return False
            raise
        return True


def holder(labels: Labels, now: float) -> Holder | None:
    """The run that is under way, if one is."""
    return _live(labels.read()[1], now)


def take(labels: Labels, me: Holder, now: float, *, dead_run: str = "") -> None:
    """Takes the lock, or renews it if this run has it already.

    :param dead_run: a run that is known to have died, whose lease counts no more.
    :raises Locked: another run has it.
    """

    def changed(other: Holder | None) -> Holder:
        if other is not None and other.run not in (me.run, dead_run):
            raise Locked(other)
        mine = other is not None and other.run == me.run
        return replace(me, since=other.since if mine and other else _clock(now), expires=now + LEASE_SECONDS)

    _change(labels, now, changed)


def renew(labels: Labels, run: str, step: str, now: float) -> None:
    """Holds on to the lock.

    :raises Locked: another run has it by now.
    :raises EngineRefused: the lock has expired or was released.
    """

    def changed(other: Holder | None) -> Holder:
        if other is None:
            raise EngineRefused("the lock of this run has expired")
        if other.run != run:
            raise Locked(other)
        return replace(other, step=step or other.step, expires=now + LEASE_SECONDS)

    _change(labels, now, changed)


def release(labels: Labels, run: str, now: float) -> bool:
    """Gives the lock back; says whether this run had it."""
    had = False

    def changed(other: Holder | None) -> Holder | None:
        nonlocal had
        had = other is not None and other.run == run
        return None if had else other

    _change(labels, now, changed)
    return had


def _change(labels: Labels, now: float, changed: Callable[[Holder | None], Holder | None]) -> None:
    for _ in range(_TRIES):
        version, spec = labels.read()
        before = _live(spec, now)
        after = changed(before)
        if after == before:
            return
        others = {name: value for name, value in (spec.get("Labels") or {}).items() if name != LABEL}
        ours = {LABEL: json.dumps(asdict(after))} if after is not None else {}
        if labels.write(version, {**spec, "Labels": {**others, **ours}}):
            return
    raise EngineRefused(f"the Swarm's labels changed {_TRIES} times while the lock was taken; run again")


def _live(spec: Mapping[str, Any], now: float) -> Holder | None:
    found = Holder.from_label((spec.get("Labels") or {}).get(LABEL, ""))
    return found if found is not None and found.expires > now else None


def _clock(now: float) -> str:
    return datetime.datetime.fromtimestamp(now, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
