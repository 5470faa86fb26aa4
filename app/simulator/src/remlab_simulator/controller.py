"""The firmware's PID loop, and the reference that it follows."""

import math

CONTROL_STEP_SECONDS = 0.01
LARGEST_ACTION = 600.0

_DERIVATIVE_LAG_SECONDS = 0.05

REFERENCE_STEP_SECONDS = 8.0
REFERENCES_DEGREES = (-60.0, -30.0, -45.0, -20.0, -70.0)
"""The firmware knows no reference from outside (`ref_type`, `freq` and `amp` have no effect), so
the simulated one steps through these, beginning anew with each START: plots show responses."""


def reference_degrees(seconds_since_start: float) -> float:
    """Give the reference so long after START."""
    return REFERENCES_DEGREES[int(seconds_since_start // REFERENCE_STEP_SECONDS) % len(REFERENCES_DEGREES)]


class Pid:
    """A PID controller at a fixed step of `CONTROL_STEP_SECONDS`.

    The derivative acts on the filtered angle, not on the error, so that a step of the reference
    gives no kick; the integral is held where it alone would saturate the motors.
    """

    def __init__(self) -> None:
        self._integral = 0.0
        self._filtered: float | None = None

    def reset(self) -> None:
        """Forget the past, as START does."""
        self._integral = 0.0
        self._filtered = None

    def step(self, error: float, angle_degrees: float, gains: tuple[float, float, float]) -> float:
        """Give the control action, −600…600. Gains may be anything that a float holds."""
        kp, ki, kd = gains
        self._integral += ki * error * CONTROL_STEP_SECONDS
        self._integral = _limited(self._integral)
        if self._filtered is None:
            self._filtered = angle_degrees
        slope = (angle_degrees - self._filtered) / _DERIVATIVE_LAG_SECONDS
        self._filtered += slope * CONTROL_STEP_SECONDS
        return _limited(kp * error + self._integral - kd * slope)


def _limited(action: float) -> float:
    """Limit to what the motors can do; what is no number moves nothing."""
    if math.isnan(action):
        return 0.0
    return min(max(action, -LARGEST_ACTION), LARGEST_ACTION)
