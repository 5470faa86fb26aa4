"""What other gateways say about the devices they hold.

Two gateways run side by side during an update, or for good on two hosts, and a device may reach
either. A device's id has one holder among them all; each learns of the others' from their status
messages, which come on every change and each second.
"""

import time
from typing import Any, NamedTuple

from remlab_gateway.connections import DeviceConnection, Holder, now_ms

FORGET_AFTER_SECONDS = 3.0
"""Status comes each second; a gateway that misses three is gone, and its devices are free."""


class Claim(NamedTuple):
    """One gateway's word that it holds a device: `connected_at` in unix ms, `heard_at` monotonic.

    `silent_ms` is how long the device had been silent when this was heard; None if it never spoke.
    """

    gateway: str
    simulated: bool
    connected_at: int
    connection: str
    silent_ms: int | None
    heard_at: float


class Peers:
    """The newest claim of another gateway for each device."""

    def __init__(self, own_name: str) -> None:
        self._own_name = own_name
        self._claims: dict[str, Claim] = {}

    def hear(self, status: dict[str, Any]) -> Claim | None:
        """Take in a status message; give the claim if it is one. Raises KeyError if it is no status."""
        device, gateway = status["device"], status["gateway"]
        if gateway == self._own_name:
            return None
        if not status["connected"]:
            known = self._claims.get(device)
            if known is not None and known.gateway == gateway:
                del self._claims[device]
            return None
        last_frame_at = status["last_frame_at"]
        claim = Claim(
            gateway,
            bool(status["simulated"]),
            int(status["connected_at"]),
            str(status["connection"]),
            None if last_frame_at is None else now_ms() - last_frame_at,
            time.monotonic(),
        )
        self._claims[device] = claim
        return claim

    def holder(self, device_id: str) -> Holder | None:
        """Say whether another gateway holds the device at this moment."""
        claim = self._claims.get(device_id)
        if claim is None or time.monotonic() - claim.heard_at > FORGET_AFTER_SECONDS:
            return None
        # The claim is up to a second old; what counts is whether the device was sending then.
        last_frame_at = None if claim.silent_ms is None else now_ms() - claim.silent_ms
        return Holder(claim.simulated, last_frame_at)


def yields(own: DeviceConnection, claim: Claim) -> bool:
    """Say whether our connection has to go, since another gateway admitted one that goes first.

    Real goes before simulated, then the later one: its gateway knew of ours when it decided.
    Both sides judge alike, so exactly one of them yields.
    """
    theirs = (not claim.simulated, claim.connected_at, claim.connection)
    return theirs > (not own.simulated, own.connected_at, own.id)
