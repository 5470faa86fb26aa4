"""The picture shows the arm where the signals say it is."""

import pytest
from PIL import Image

from remlab_simulator.camera.picture import ARM_LENGTH, HEIGHT, PIVOT, WIDTH, Stage, read_strip

NOON = 1_795_521_600_123


@pytest.fixture
def stage() -> Stage:
    return Stage("aeropendulo")


def is_arm(picture: Image.Image, x: float, y: float) -> bool:
    pixel = picture.getpixel((round(x), round(y)))
    assert isinstance(pixel, tuple)
    red, _, blue = pixel
    return red > 150 and blue < 100


@pytest.mark.parametrize(
    ("angle_degrees", "direction"), [(-90.0, (0, 1)), (0.0, (1, 0)), (-45.0, (0.7071, 0.7071))]
)
def test_arm_points_to_its_angle(stage: Stage, angle_degrees: float, direction: tuple[float, float]) -> None:
    picture = stage.draw(angle_degrees=angle_degrees, mode="PID", unix_ms=NOON)
    reach = ARM_LENGTH * 0.7
    assert picture.size == (WIDTH, HEIGHT)
    assert is_arm(picture, PIVOT[0] + direction[0] * reach, PIVOT[1] + direction[1] * reach)


@pytest.mark.parametrize("angle_degrees", [-90.0, -45.67, 0.0])
def test_strip_gives_back_time_and_angle(stage: Stage, angle_degrees: float) -> None:
    strip = read_strip(stage.draw(angle_degrees=angle_degrees, mode="PID", unix_ms=NOON))
    assert strip is not None
    assert strip.unix_ms == NOON
    assert strip.angle_degrees == pytest.approx(angle_degrees, abs=0.005)


def test_picture_without_a_strip_is_told_apart() -> None:
    assert read_strip(Image.new("RGB", (WIDTH, HEIGHT), (255, 255, 255))) is None
    assert read_strip(Image.new("RGB", (WIDTH, HEIGHT), (0, 0, 0))) is None


def test_clock_runs_in_the_picture(stage: Stage) -> None:
    one = stage.draw(angle_degrees=-90, mode="PID", unix_ms=NOON)
    other = stage.draw(angle_degrees=-90, mode="PID", unix_ms=NOON + 1)
    clock = (390, 210, 640, 260)
    assert one.crop(clock).tobytes() != other.crop(clock).tobytes()
