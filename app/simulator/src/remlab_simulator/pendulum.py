"""Physics of the aeropendulum: an arm on a hinge, lifted by two propellers at its end.

The angle is measured from the horizontal: −90° hangs straight down, 0° is level, and there the
mechanical stops are. In units of the arm's own inertia the motion is

    α = lift(M1) − lift(M2) − g·cos θ − d·ω

with g = ω₀², d = 2·ζ·ω₀. The propellers follow their pulses with a first-order lag. The numbers are
chosen, not measured: a small swing takes 1.6 s, full speed could lift 2.2 times the arm's weight,
and a proportional gain of 7 swings visibly before it settles, while 12 no longer settles.
"""

import math
import random

LOWEST_DEGREES = -90.0
HIGHEST_DEGREES = 0.0
REST_PULSE_US = 812.0
"""Motor pulse that does not turn the propeller."""
LARGEST_PULSE_US = REST_PULSE_US + 600.0

STEP_SECONDS = 0.002

_SWING_RAD_PER_S = 4.0
_GRAVITY = _SWING_RAD_PER_S**2
_DAMPING = 2 * 0.2 * _SWING_RAD_PER_S
_LARGEST_LIFT = 2.2 * _GRAVITY
_PROPELLER_LAG_SECONDS = 0.05
_BOUNCE = 0.25
_TURBULENCE = 0.03
_TURBULENCE_LAG_SECONDS = 0.15


class Pendulum:
    """The arm. Advances by fixed steps of `STEP_SECONDS`; the same seed gives the same motion."""

    def __init__(self, *, seed: int = 0) -> None:
        self.angle = math.radians(LOWEST_DEGREES)
        self.speed = 0.0
        self._lifts = [0.0, 0.0]
        self._turbulence = 0.0
        self._random = random.Random(seed)  # noqa: S311 wind, not secrets

    @property
    def angle_degrees(self) -> float:
        """Angle of the arm, −90 (hanging) to 0 (level)."""
        return math.degrees(self.angle)

    def step(self, pulse_1_us: float, pulse_2_us: float) -> None:
        """Let `STEP_SECONDS` pass with these motor pulses."""
        for index, pulse in enumerate((pulse_1_us, pulse_2_us)):
            change = (_lift(pulse) - self._lifts[index]) * (STEP_SECONDS / _PROPELLER_LAG_SECONDS)
            self._lifts[index] += change
        lift = self._lifts[0] - self._lifts[1]
        acceleration = lift * (1 + self._gust()) - _GRAVITY * math.cos(self.angle) - _DAMPING * self.speed
        # Speed first, then the angle with the new speed: this order does not gain energy.
        self.speed += acceleration * STEP_SECONDS
        self.angle += self.speed * STEP_SECONDS
        self._stop_at(math.radians(LOWEST_DEGREES), math.radians(HIGHEST_DEGREES))

    def _gust(self) -> float:
        step = STEP_SECONDS / _TURBULENCE_LAG_SECONDS
        kick = self._random.gauss(0.0, _TURBULENCE) * math.sqrt(2 * step)
        self._turbulence += kick - self._turbulence * step
        return self._turbulence

    def _stop_at(self, lowest: float, highest: float) -> None:
        if not lowest <= self.angle <= highest:
            self.angle = min(max(self.angle, lowest), highest)
            self.speed *= -_BOUNCE


def _lift(pulse_us: float) -> float:
    """Angular acceleration by one propeller: between linear and square in its pulse."""
    share = min(max((pulse_us - REST_PULSE_US) / (LARGEST_PULSE_US - REST_PULSE_US), 0.0), 1.0)
    return _LARGEST_LIFT * share * (0.4 + 0.6 * share)
