"""The NATS server's configuration: two users, each with just what it says on the bus.

The subjects are those of the bus: `<device>.esp32.state` and `<device>.remlab.status` from
the gateway, `<device>.esp32.<key>` to it, `remlab.gateway.status` from each gateway, and
`<device>.remlab.log` between the backends.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

CLIENT_PORT = 4222
MONITORING_PORT = 8222
_MAX_PAYLOAD_BYTES = 64 * 1024
# A client that does not take its messages for so long is cut off rather than buffered for ever.
_WRITE_DEADLINE = "5s"
# A peer that vanished without a word is noticed after interval * (maximum + 1).
_PING_INTERVAL = "5s"
_PING_MAX = 2

_STATE = "*.esp32.state"
_COMMANDS = "*.esp32.*"
_DEVICE_STATUS = "*.remlab.status"
_GATEWAY_STATUS = "remlab.gateway.status"
# One backend tells the others of a new logbook entry, for the pages that they serve.
_LOG_NEWS = "*.remlab.log"
_INBOXES = "_INBOX.>"


@dataclass(frozen=True)
class User:
    """One user of the bus and the subjects that it may use."""

    name: str
    may_publish: list[str]
    may_subscribe: list[str]
    never_publishes: list[str] = field(default_factory=list)
    # Answers requests, on the reply subject of each and nowhere else.
    answers: bool = False


USERS = (
    User(
        name="gateway",
        may_publish=[_STATE, _DEVICE_STATUS, _GATEWAY_STATUS],
        # Other gateways' status tells who holds a device.
        may_subscribe=[_COMMANDS, _DEVICE_STATUS, _GATEWAY_STATUS],
        answers=True,
    ),
    User(
        name="backend",
        may_publish=[_COMMANDS, _LOG_NEWS],
        may_subscribe=[_STATE, _DEVICE_STATUS, _GATEWAY_STATUS, _LOG_NEWS, _INBOXES],
        # Telemetry comes from devices alone.
        never_publishes=[_STATE],
    ),
)


def rendered(passwords: dict[str, str], *, listen: str, client_port: int, monitoring_port: int) -> str:
    """The configuration file (JSON, which NATS' own format includes).

    Passwords stand in it as they are: the file lies in a tmpfs, readable by the server
    alone, beside the secrets that it was made from, so a hash would protect nothing.

    :param passwords: user name -> password, for every user in USERS.
    """
    options: dict[str, Any] = {
        "server_name": "broker",
        "host": listen,
        "port": client_port,
        # Names clients, addresses and subjects, so it answers this container only.
        "http": f"127.0.0.1:{monitoring_port}",
        "max_payload": _MAX_PAYLOAD_BYTES,
        "write_deadline": _WRITE_DEADLINE,
        "ping_interval": _PING_INTERVAL,
        "ping_max": _PING_MAX,
        "accounts": {"LAB": {"users": [_user(user, passwords[user.name]) for user in USERS]}},
    }
    return json.dumps(options, indent=2) + "\n"


def _user(user: User, password: str) -> dict[str, Any]:
    permissions: dict[str, Any] = {
        "publish": {"allow": user.may_publish, "deny": user.never_publishes},
        "subscribe": {"allow": user.may_subscribe},
    }
    if user.answers:
        # One answer each, and longer than a gateway takes to see a command's echo (2 s).
        permissions["allow_responses"] = {"max": 1, "expires": "10s"}
    return {"user": user.name, "password": password, "permissions": permissions}
