"""Commands from pages to devices: refused early where the answer is known, else asked for.

The gateway enforces the same limits; checking here as well answers without the detour.
"""

import logging
import math
from typing import Any, Literal

from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeoutError
from pydantic import BaseModel

from remlab_backend.bus import Bus
from remlab_backend.devices import LiveDevice, LiveDevices
from remlab_backend.metrics import Metrics
from remlab_common.frames import ControlMode, Event, to_float32

logger = logging.getLogger(__name__)

KEYS = ("event", "ctrl_mode", "vel_man", "Kp", "Ki", "Kd", "pos_man", "ref_type", "freq", "amp")
_CHOICES = {"event": tuple(map(int, Event)), "ctrl_mode": tuple(map(int, ControlMode))}

Outcome = Literal["confirmed", "refused", "unconfirmed"]


class CommandResult(BaseModel):
    """What became of a command.

    `unconfirmed`: sent perhaps, but nothing shows that the device took it. `reason` is for
    people; `code` names the reason for programs where it is the backend's own.
    """

    outcome: Outcome
    reason: str | None = None
    code: str | None = None
    key: str | None = None
    value: float | None = None


class Refusal(Exception):
    """A command that does not go out, and why."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Commands:
    """Takes commands for all devices."""

    def __init__(
        self, devices: LiveDevices, bus: Bus, metrics: Metrics, *, accepted: bool, timeout_seconds: float
    ) -> None:
        self._devices = devices
        self._bus = bus
        self._metrics = metrics
        self._timeout_seconds = timeout_seconds
        self.accepted = accepted

    async def send(self, device_id: object, key: object, value: object) -> CommandResult:
        """Send one command to a device; never raises for anything that a page may send."""
        try:
            live, name, number = self._check(device_id, key, value)
            result = await self._request(live.device.id, name, number)
        except Refusal as refusal:
            result = CommandResult(outcome="refused", reason=refusal.reason, code=refusal.code)
        named = {"key": key if isinstance(key, str) else None, "value": _finite_or_none(value)}
        self._metrics.commands.labels(result.outcome).inc()
        return result.model_copy(update=named)

    def _check(self, device_id: object, key: object, value: object) -> tuple[LiveDevice, str, float]:
        if not self.accepted:
            raise Refusal("commands_closed", "This lab takes no commands without a reservation.")
        live = self._devices.get(device_id)
        if live is None:
            raise Refusal("unknown_device", f"The lab has no device {device_id!r}.")
        if not isinstance(key, str) or key not in KEYS:
            raise Refusal("unknown_key", f"There is no command {key!r}; known: {', '.join(KEYS)}.")
        number = _number(key, value)
        _check_range(live, key, number)
        if self._bus.problem is not None:
            raise Refusal("bus_away", "The lab's message bus is away at the moment.")
        if not live.connected:
            raise Refusal("not_connected", "The device is not connected.")
        return live, key, number

    async def _request(self, device: str, key: str, value: float) -> CommandResult:
        try:
            answer = await self._bus.request_command(
                device, key, value, timeout_seconds=self._timeout_seconds
            )
            return _result(answer)
        except NoRespondersError:
            raise Refusal("not_connected", "No gateway holds the device at the moment.") from None
        except ConnectionError:
            raise Refusal("bus_away", "The lab's message bus is away at the moment.") from None
        except (NatsTimeoutError, TimeoutError):
            reason = f"No answer came within {self._timeout_seconds:g} s."
            return CommandResult(outcome="unconfirmed", reason=reason, code="no_answer")
        except (NatsError, OSError, ValueError) as error:
            logger.warning("command %s for %s: %s", key, device, error)
            reason = "The connection broke before an answer came."
            return CommandResult(outcome="unconfirmed", reason=reason, code="no_answer")


def _result(answer: dict[str, Any]) -> CommandResult:
    outcome, reason = answer.get("outcome"), answer.get("reason")
    if outcome not in ("confirmed", "refused", "unconfirmed"):
        return CommandResult(
            outcome="unconfirmed", reason="The gateway's answer was not understood.", code="no_answer"
        )
    return CommandResult(outcome=outcome, reason=None if reason is None else str(reason))


def _number(key: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refusal("not_a_number", f"{key} must be a number.")
    try:
        number = to_float32(float(value))
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise Refusal("not_a_number", f"{key} must be a finite number.")
    choices = _CHOICES.get(key)
    if choices is not None and number not in choices:
        raise Refusal("out_of_range", f"{key} must be one of {', '.join(map(str, choices))}.")
    return number


def _check_range(live: LiveDevice, key: str, value: float) -> None:
    limits = live.device.limits.get(key)
    if limits is not None and not to_float32(limits[0]) <= value <= to_float32(limits[1]):
        raise Refusal("out_of_range", f"{key} must lie between {limits[0]:g} and {limits[1]:g}.")


def _finite_or_none(value: object) -> float | None:
    """Return what JSON can carry back."""
    try:
        return _number("", value)
    except Refusal:
        return None
