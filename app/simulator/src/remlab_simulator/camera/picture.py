"""What the simulated camera sees: the arm at its angle, its mode, and a clock that runs.

A strip along the lower edge carries the time and the angle once more, as black and white blocks.
`read_strip` gets them back out of a decoded picture, so a test or a benchmark knows how old
a picture is and whether it shows the angle that the signals report, without reading digits.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 640, 360
PIVOT = (120, 84)
ARM_LENGTH = 210

_BLOCK = 10
_TIME_BITS, _ANGLE_BITS, _CHECK_BITS = 40, 14, 8
_STRIP_BITS = _TIME_BITS + _ANGLE_BITS + _CHECK_BITS
_STRIP_TOP = HEIGHT - _BLOCK

_WALL, _FLOOR, _INK, _DIM = (38, 46, 58), (26, 31, 40), (235, 240, 245), (128, 140, 155)
_ARM, _MOTOR, _HAND = (240, 160, 60), (200, 75, 60), (90, 200, 170)

# The arm is drawn at this multiple and reduced: Pillow draws lines without smoothing.
_OVERSAMPLING = 2
_MARGIN = 14


@dataclass(frozen=True, slots=True)
class Strip:
    """What the strip says: milliseconds since 1970 and the angle in degrees (to a hundredth)."""

    unix_ms: int
    angle_degrees: float


class Stage:
    """Draws the pictures of one device over a background that is drawn once."""

    def __init__(self, device: str) -> None:
        self._font = ImageFont.load_default(20)
        self._clock_font = ImageFont.load_default(34)
        self._background = self._draw_background(device)

    def draw(self, *, angle_degrees: float, mode: str, unix_ms: int) -> Image.Image:
        """Return a new RGB picture of WIDTH × HEIGHT."""
        picture = self._background.copy()
        _draw_arm(picture, angle_degrees)
        canvas = ImageDraw.Draw(picture)
        moment = datetime.fromtimestamp(unix_ms / 1000, UTC)
        canvas.text((400, 100), f"{angle_degrees:+.1f}°", fill=_ARM, font=self._clock_font)
        canvas.text((400, 150), mode, fill=_INK, font=self._font)
        canvas.text((400, 222), f"{moment:%H:%M:%S}.{unix_ms % 1000:03d}", fill=_INK, font=self._clock_font)
        canvas.text((400, 268), f"{moment:%Y-%m-%d} UTC", fill=_DIM, font=self._font)
        _draw_second_hand(canvas, unix_ms)
        _draw_strip(canvas, unix_ms, angle_degrees)
        return picture

    def _draw_background(self, device: str) -> Image.Image:
        picture = Image.new("RGB", (WIDTH, HEIGHT), _WALL)
        canvas = ImageDraw.Draw(picture)
        canvas.rectangle((0, 318, WIDTH, HEIGHT), fill=_FLOOR)
        canvas.rectangle((PIVOT[0] - 58, PIVOT[1] - 8, PIVOT[0] - 40, 318), fill=(84, 96, 112))
        canvas.rectangle((PIVOT[0] - 58, PIVOT[1] - 8, PIVOT[0], PIVOT[1] + 8), fill=(84, 96, 112))
        for degrees in range(-90, 1, 15):
            inner = _along(degrees, ARM_LENGTH + 26)
            canvas.line((*inner, *_along(degrees, ARM_LENGTH + 36)), fill=_DIM, width=2)
            if degrees % 45 == 0:
                canvas.text(_along(degrees, ARM_LENGTH + 50), str(degrees), fill=_DIM, anchor="mm")
        canvas.text((400, 40), device, fill=_INK, font=self._font)
        return picture


def read_strip(picture: Image.Image) -> Strip | None:
    """Return what the strip of a (decoded) picture says, or None where it is not to be read."""
    grey = picture.convert("L")
    value = 0
    for position in range(_STRIP_BITS):
        level = grey.getpixel((position * _BLOCK + _BLOCK // 2, _STRIP_TOP + _BLOCK // 2))
        assert isinstance(level, int)
        value = value << 1 | (level > 127)
    content, check = value >> _CHECK_BITS, value & ((1 << _CHECK_BITS) - 1)
    if check != _check(content):
        return None
    angle = (content & ((1 << _ANGLE_BITS) - 1)) / -100
    return Strip(unix_ms=content >> _ANGLE_BITS & ((1 << _TIME_BITS) - 1) | _TIME_EPOCH, angle_degrees=angle)


# The 40 bits of the time run over in 2039; what they leave out of today's time is 1 << 40.
_TIME_EPOCH = 1 << _TIME_BITS


def _along(degrees: float, radius: float) -> tuple[float, float]:
    """Return the point at `radius` from the pivot; 0° points to the right, −90° straight down."""
    return (
        PIVOT[0] + radius * math.cos(math.radians(degrees)),
        PIVOT[1] - radius * math.sin(math.radians(degrees)),
    )


def _draw_arm(picture: Image.Image, angle_degrees: float) -> None:
    """Draw rod, motor and pivot on masks no larger than they have to be, and reduce these."""
    tail, tip = _along(angle_degrees, -24), _along(angle_degrees, ARM_LENGTH + 12)
    left, top = (int(min(tail[axis], tip[axis], PIVOT[axis])) - _MARGIN for axis in (0, 1))
    right, bottom = (int(max(tail[axis], tip[axis], PIVOT[axis])) + _MARGIN for axis in (0, 1))
    size = ((right - left) * _OVERSAMPLING, (bottom - top) * _OVERSAMPLING)

    def on_mask(point: tuple[float, float]) -> tuple[float, float]:
        return ((point[0] - left) * _OVERSAMPLING, (point[1] - top) * _OVERSAMPLING)

    rod, ends = Image.new("L", size), Image.new("L", size)
    ImageDraw.Draw(rod).line((*on_mask(tail), *on_mask(tip)), fill=255, width=8 * _OVERSAMPLING)
    pen = ImageDraw.Draw(ends)
    pen.circle(on_mask(PIVOT), 9 * _OVERSAMPLING, fill=255)
    motor = (*on_mask(_along(angle_degrees, ARM_LENGTH - 16)), *on_mask(tip))
    pen.line(motor, fill=255, width=22 * _OVERSAMPLING)
    picture.paste(_ARM, (left, top), rod.reduce(_OVERSAMPLING))
    picture.paste(_MOTOR, (left, top), ends.reduce(_OVERSAMPLING))


def _draw_second_hand(canvas: ImageDraw.ImageDraw, unix_ms: int) -> None:
    turn = math.tau * (unix_ms % 60_000) / 60_000
    x, y = 590, 60
    canvas.ellipse((x - 30, y - 30, x + 30, y + 30), outline=_DIM, width=2)
    canvas.line((x, y, x + 26 * math.sin(turn), y - 26 * math.cos(turn)), fill=_HAND, width=3)


def _draw_strip(canvas: ImageDraw.ImageDraw, unix_ms: int, angle_degrees: float) -> None:
    hundredths = min(max(round(-angle_degrees * 100), 0), (1 << _ANGLE_BITS) - 1)
    content = (unix_ms & (_TIME_EPOCH - 1)) << _ANGLE_BITS | hundredths
    value = content << _CHECK_BITS | _check(content)
    canvas.rectangle((0, _STRIP_TOP, WIDTH, HEIGHT), fill=(0, 0, 0))
    for position in range(_STRIP_BITS):
        if value >> (_STRIP_BITS - 1 - position) & 1:
            left = position * _BLOCK
            canvas.rectangle((left, _STRIP_TOP, left + _BLOCK - 1, HEIGHT), fill=(255, 255, 255))


def _check(content: int) -> int:
    """Return the sum of the content's bytes, by which a picture without a strip is told apart."""
    return (sum(content.to_bytes(8, "big")) + 0x5A) & 0xFF
