import math

import pytest

from remlab_simulator.controller import (
    LARGEST_ACTION,
    REFERENCE_STEP_SECONDS,
    REFERENCES_DEGREES,
    Pid,
    reference_degrees,
)


def test_the_proportional_part_is_gain_times_error() -> None:
    assert Pid().step(10.0, -60.0, (7.0, 0.0, 0.0)) == 70.0


def test_the_integral_part_grows_with_time() -> None:
    pid = Pid()
    actions = [pid.step(10.0, -60.0, (0.0, 2.0, 0.0)) for _ in range(100)]
    assert actions[-1] == pytest.approx(20.0)
    assert actions == sorted(actions)


def test_the_derivative_part_works_against_motion() -> None:
    pid = Pid()
    pid.step(0.0, -60.0, (0.0, 0.0, 1.0))
    assert pid.step(0.0, -59.0, (0.0, 0.0, 1.0)) < 0


def test_the_integral_does_not_wind_up_beyond_what_the_motors_can_do() -> None:
    pid = Pid()
    for _ in range(10_000):
        pid.step(90.0, -90.0, (0.0, 100.0, 0.0))
    for _ in range(100):
        action = pid.step(-90.0, 0.0, (0.0, 100.0, 0.0))
    assert action == -LARGEST_ACTION


@pytest.mark.parametrize("gain", [1e30, -1e30, math.inf, math.nan])
def test_the_action_stays_finite_and_limited_whatever_the_gains(gain: float) -> None:
    pid = Pid()
    for error in (10.0, -10.0, 0.0):
        action = pid.step(error, -60.0 + error, (gain, gain, gain))
        assert abs(action) <= LARGEST_ACTION


def test_reset_forgets_the_past() -> None:
    pid = Pid()
    for _ in range(100):
        pid.step(10.0, -60.0, (7.0, 3.0, 1.0))
    pid.reset()
    assert pid.step(10.0, -60.0, (7.0, 0.0, 1.0)) == 70.0


def test_the_reference_steps_through_its_values_and_begins_anew() -> None:
    seen = [reference_degrees((step + 0.5) * REFERENCE_STEP_SECONDS) for step in range(10)]
    assert seen == [*REFERENCES_DEGREES, *REFERENCES_DEGREES]
    assert all(-90 < reference < 0 for reference in REFERENCES_DEGREES)
