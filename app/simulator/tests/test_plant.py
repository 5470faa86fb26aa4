import pytest

from remlab_common.frames import INDEX, Mode, Values, decode
from remlab_simulator.pendulum import REST_PULSE_US
from remlab_simulator.plant import Plant


def frames(plant: Plant, seconds: float) -> list[Values]:
    return [decode(frame) for frame in plant.advance(seconds)]


def of(key: str, seen: list[Values]) -> list[float]:
    return [value for values in seen if (value := values[INDEX[key]]) is not None]


def ready(**options: int) -> Plant:
    plant = Plant(**options)
    plant.receive('{"event":"1"}')
    frames(plant, 1)
    assert plant.mode is Mode.READY
    return plant


def test_ten_frames_a_second_in_standby() -> None:
    plant = Plant()
    seen = frames(plant, 3)
    assert len(seen) == 30
    assert set(of("mode", seen)) == {Mode.STANDBY}
    assert set(of("M1", seen)) == set(of("M2", seen)) == {REST_PULSE_US}
    assert seen[0][INDEX["Kp"]] == 7
    assert plant.seconds == pytest.approx(3)


def test_frames_come_the_same_however_time_is_cut() -> None:
    whole, pieces = ready(seed=4), ready(seed=4)
    for plant in (whole, pieces):
        plant.receive('{"ctrl_mode":"1","event":"3"}')
    in_pieces = [frame for _ in range(200) for frame in pieces.advance(0.025)]
    assert list(whole.advance(5)) == in_pieces


def test_another_seed_gives_other_frames() -> None:
    assert [list(Plant(seed=seed).advance(1)) for seed in (1, 1)] == [list(Plant(seed=1).advance(1))] * 2
    assert list(Plant(seed=1).advance(1)) != list(Plant(seed=2).advance(1))


def test_entering_ready_leaves_a_gap_of_about_six_tenths_of_a_second() -> None:
    plant = Plant()
    plant.receive('{"event":"1"}')
    assert 3 <= len(frames(plant, 1)) <= 4
    assert len(frames(plant, 1)) == 10


def test_the_error_is_reference_minus_angle() -> None:
    for values in frames(ready(), 1):
        error = (values[INDEX["rk"]] or 0) - (values[INDEX["yk"]] or 0)
        assert values[INDEX["ek"]] == pytest.approx(error, abs=1e-4)


def test_with_the_gains_of_the_firmware_the_loop_is_lively_and_settles() -> None:
    plant = ready(seed=1)
    plant.receive('{"ctrl_mode":"1","event":"3"}')
    for _ in range(5):
        angles = of("yk", frames(plant, 8))
        begin, end = angles[:30], angles[-10:]
        assert max(begin) - min(begin) > 10, "it moves"
        assert max(end) - min(end) < 5, "it settles"
        assert min(angles) >= -90
        assert max(angles) <= 0


def test_integral_and_derivative_parts_bring_the_angle_to_its_reference() -> None:
    plant = ready(seed=1)
    plant.receive('{"Kp":"7","Ki":"4","Kd":"1","event":"3"}')
    seen = frames(plant, 39.5)
    late = [of("ek", seen[step * 80 + 60 : step * 80 + 79]) for step in range(1, 5)]
    for errors in late:
        assert abs(sum(errors) / len(errors)) < 3


def test_a_gain_that_is_too_high_makes_it_swing() -> None:
    plant = ready(seed=1)
    plant.receive('{"Kp":"15","event":"3"}')
    angles = of("yk", frames(plant, 16))[-40:]
    assert max(angles) - min(angles) > 40


def test_test_mode_drives_the_motors_by_the_manual_speed() -> None:
    plant = ready()
    plant.receive('{"ctrl_mode":"0","vel_man":"250","event":"3"}')
    seen = frames(plant, 5)
    assert set(of("mode", seen)) == {Mode.TEST}
    assert set(of("M1", seen)) == {REST_PULSE_US + 250}
    assert set(of("uk", seen)) == {250}
    assert seen[-1][INDEX["yk"]] > -80
    plant.receive('{"vel_man":"-250"}')
    seen = frames(plant, 5)
    assert set(of("M2", seen)) == {REST_PULSE_US + 250}
    assert seen[-1][INDEX["yk"]] == pytest.approx(-90, abs=0.2)


def test_stop_lets_the_arm_fall() -> None:
    plant = ready()
    plant.receive('{"ctrl_mode":"0","vel_man":"250","event":"3"}')
    frames(plant, 5)
    plant.receive('{"event":"4"}')
    frames(plant, 8)
    assert plant.mode is Mode.READY
    assert plant.angle_degrees == pytest.approx(-90, abs=0.1)


def test_an_alarm_stops_the_motors() -> None:
    plant = ready()
    plant.receive('{"ctrl_mode":"0","vel_man":"250","event":"3"}')
    frames(plant, 2)
    plant.fail()
    seen = frames(plant, 1)
    assert set(of("mode", seen)) == {Mode.ALARM}
    assert set(of("M1", seen)) == {REST_PULSE_US}


@pytest.mark.parametrize("message", ['{"Kp":"nan"}', '{"Kp":"1e39","Ki":"-inf"}', '{"Kd":"1e30"}'])
def test_stored_nonsense_never_breaks_the_physics(message: str) -> None:
    plant = ready()
    plant.receive(message)
    plant.receive('{"event":"3"}')
    assert all(-90 <= angle <= 0 for angle in of("yk", frames(plant, 10)))


@pytest.mark.parametrize(("values", "length"), [(16, 64), (15, 60), (11, 44)])
def test_older_firmware_sends_shorter_frames(values: int, length: int) -> None:
    (frame,) = Plant(frame_values=values).advance(0.1)
    assert len(frame) == length
    assert decode(frame)[INDEX["Kp"]] == 7
