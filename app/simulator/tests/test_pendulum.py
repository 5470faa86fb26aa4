import math

import pytest

from remlab_simulator.pendulum import (
    HIGHEST_DEGREES,
    LARGEST_PULSE_US,
    LOWEST_DEGREES,
    REST_PULSE_US,
    STEP_SECONDS,
    Pendulum,
)


def run(pendulum: Pendulum, seconds: float, pulse_1: float, pulse_2: float = REST_PULSE_US) -> list[float]:
    angles = []
    for _ in range(round(seconds / STEP_SECONDS)):
        pendulum.step(pulse_1, pulse_2)
        angles.append(pendulum.angle_degrees)
    return angles


def test_without_propellers_the_arm_hangs_still() -> None:
    assert set(run(Pendulum(), 2, REST_PULSE_US)) == {LOWEST_DEGREES}


def test_full_speed_lifts_the_arm_to_its_upper_stop() -> None:
    angles = run(Pendulum(), 5, LARGEST_PULSE_US)
    assert max(angles) == HIGHEST_DEGREES
    assert angles[-1] == pytest.approx(HIGHEST_DEGREES, abs=3)


def test_the_second_propeller_pushes_down() -> None:
    balanced = run(Pendulum(), 2, 1200, 1200)
    assert balanced[-1] == pytest.approx(LOWEST_DEGREES, abs=0.5)


def test_more_pulse_holds_the_arm_higher() -> None:
    heights = [sum(run(Pendulum(), 10, pulse)[-1000:]) / 1000 for pulse in (880, 940, 1000, 1060)]
    assert heights == sorted(heights)
    assert heights[0] > LOWEST_DEGREES


def test_a_lifted_arm_falls_back_and_comes_to_rest() -> None:
    pendulum = Pendulum()
    run(pendulum, 3, 1000)
    assert pendulum.angle_degrees > LOWEST_DEGREES + 10
    run(pendulum, 10, REST_PULSE_US)
    assert pendulum.angle_degrees == pytest.approx(LOWEST_DEGREES, abs=0.01)


def test_the_arm_stays_between_its_stops_whatever_the_pulses() -> None:
    pendulum = Pendulum(seed=3)
    for pulse_1, pulse_2 in ((1e9, 0), (0, 1e9), (-1e9, -1e9), (1e9, 1e9), (math.inf, 812)):
        for angle in run(pendulum, 1, pulse_1, pulse_2):
            assert LOWEST_DEGREES <= angle <= HIGHEST_DEGREES


def test_the_same_seed_gives_the_same_motion_and_another_seed_another() -> None:
    first, again, other = (run(Pendulum(seed=seed), 2, 1000) for seed in (1, 1, 2))
    assert first == again
    assert first != other
