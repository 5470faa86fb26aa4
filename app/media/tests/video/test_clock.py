"""The output clock over gaps, jumps and restarts."""

from itertools import pairwise

import pytest

from remlab_media.video.clock import OutputClock
from remlab_media.video.fmp4 import TIMESCALE

FRAME = TIMESCALE // 15


def play(clock: OutputClock, count: int, *, ticks: int = 0, now: float = 100.0) -> list[int]:
    """Return the times of pictures that come evenly at 15 a second, the first one a key frame."""
    return [
        clock.advance(ticks + index * FRAME, now_seconds=now + index / 15, is_key=index == 0)
        for index in range(count)
    ]


def test_even_pictures_get_even_times() -> None:
    times = play(OutputClock(), 100)
    assert {later - earlier for earlier, later in pairwise(times)} == {FRAME}


def test_new_source_goes_on_by_the_wall_clock() -> None:
    clock = OutputClock()
    last = play(clock, 10)[-1]
    clock.restart(TIMESCALE)
    first = play(clock, 10, ticks=999_999_999, now=100 + 9 / 15 + 3)[0]
    assert first - last == pytest.approx(3 * TIMESCALE, abs=2)


def test_missing_pictures_are_caught_up_with_in_steps_that_players_accept() -> None:
    clock = OutputClock()
    last = play(clock, 10)[-1]
    times = [last]
    for index in range(15, 40):
        duration = clock.duration
        times.append(clock.advance(index * FRAME, now_seconds=100 + index / 15, is_key=False))
        assert times[-1] - times[-2] <= 2 * duration
    assert times[-1] == last + 30 * FRAME


def test_key_frame_jumps_at_once() -> None:
    clock = OutputClock()
    last = play(clock, 10)[-1]
    assert clock.advance(19 * FRAME, now_seconds=102, is_key=True) == last + 10 * FRAME


def test_time_rises_when_the_source_steps_back() -> None:
    clock = OutputClock()
    last = play(clock, 10, ticks=1_000_000)[-1]
    assert clock.advance(5, now_seconds=100 + 10 / 15, is_key=False) > last


def test_source_with_another_clock_is_converted() -> None:
    clock = OutputClock()
    clock.restart(1000)
    first = clock.advance(0, now_seconds=100, is_key=True)
    assert clock.advance(100, now_seconds=100.1, is_key=True) - first == TIMESCALE // 10
