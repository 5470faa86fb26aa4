"""What shall run and what runs: the planner's two inputs.

Plain values without a connection to anything, so that a plan can be tested from a
fixed observation. Both sides name hosts (as the inventory does), replicas and volumes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Image:
    """An image by the hash of what went into it and, once it is built, by its digest."""

    tag: str
    reference: str = ""

    @property
    def short(self) -> str:
        """Enough of the tag to tell two images apart in a sentence."""
        return self.tag[:8] or "unknown"


@dataclass(frozen=True)
class DesiredService:
    """One service as its file and the inventory want it."""

    name: str
    hosts: tuple[str, ...]
    image: Image
    spec: Mapping[str, Any]

    @property
    def volumes(self) -> tuple[str, ...]:
        return tuple(volume["name"] for volume in self.spec["volumes"])

    @property
    def migrates(self) -> bool:
        return bool(self.spec["migrate"])

    @property
    def way(self) -> str:
        """How it goes from host to host: update, copy, overlap or postgresql; empty: not at all."""
        return str(self.spec["moves_by"]) if self.volumes else "update"


@dataclass(frozen=True)
class ObservedReplica:
    """One Swarm service of ours as the engine describes it."""

    service: str
    number: int
    host: str
    image_tag: str
    # The engine's own description, to compare with what we would ask for.
    engine_spec: Mapping[str, Any] = field(default_factory=dict)
    # Volume name in the service file -> name of the volume on the host.
    volumes: Mapping[str, str] = field(default_factory=dict)
    converged: bool = True
    # Of its volumes together; 0: nobody looked.
    bytes: int = 0
    # Its host does not answer the Swarm, or is none of it any more.
    lost: bool = False
    # How many tasks it shall have: 0 while it is stopped for a move.
    wanted: int = 1
    # A database that follows another one: the name of that one.
    copy_of: str = ""
    # It was stopped to go to that host.
    moving_to: str = ""

    @property
    def name(self) -> str:
        return f"{self.service}-{self.number}"


@dataclass(frozen=True)
class Retired:
    """A volume that was left behind; it is never mounted again, and stays until it is pruned."""

    volume: str
    host: str
    service: str
    # ISO 8601, UTC.
    since: str = ""
    identifier: str = ""


@dataclass(frozen=True)
class Leftover:
    """Volumes of one replica that lie on a host while no service of the Swarm names them."""

    service: str
    number: int
    host: str
    # Volume name in the service file -> name of the volume on the host.
    volumes: Mapping[str, str]
    # When they were made and written on last, UTC.
    made: str = ""
    written: str = ""
    # A container of the service has them, or had when its host left a Swarm that was lost.
    used: bool = False
    # A copy that was not ended, or one that follows another server.
    unfinished: bool = False

    @property
    def name(self) -> str:
        return f"{self.service}-{self.number}"


@dataclass(frozen=True)
class Observed:
    """Everything of ours that the Swarm knows."""

    engine: bool = False
    swarm: bool = False
    replicas: tuple[ObservedReplica, ...] = ()
    retired: tuple[Retired, ...] = ()
    # Data on which services that the Swarm does not have are to start, and what else there is of them.
    taken: tuple[Leftover, ...] = ()
    others: tuple[Leftover, ...] = ()
    # Host -> bytes that are free for volumes, of hosts to which something moves.
    free: Mapping[str, int] = field(default_factory=dict)

    def with_sizes(
        self, sizes: Mapping[str, Mapping[str, int]], free: Mapping[str, int] | None = None
    ) -> Observed:
        """The same, with the bytes of each replica whose host was asked, and with those that are free.

        :param sizes: host -> name of the volume -> bytes.
        :param free: host -> bytes.
        """
        replicas = (
            replace(
                one, bytes=sum(int(sizes.get(one.host, {}).get(name, 0)) for name in one.volumes.values())
            )
            for one in self.replicas
        )
        return replace(self, replicas=tuple(replicas), free=dict(free or {}))

    def left_behind(self) -> tuple[Retired, ...]:
        """The retired volumes that may be removed.

        A copy that was killed just before it took over leaves its source recorded, stopped, and still the
        one that counts.
        """
        named = {(one.host, volume) for one in self.replicas for volume in one.volumes.values()}
        return tuple(one for one in self.retired if (one.host, one.volume) not in named)

    def taken_on(self, service: str, host: str) -> Leftover | None:
        """The data on which a service is to start on a host."""
        return next((one for one in self.taken if (one.service, one.host) == (service, host)), None)

    def of(self, service: str) -> tuple[ObservedReplica, ...]:
        return tuple(sorted((r for r in self.replicas if r.service == service), key=lambda r: r.number))
