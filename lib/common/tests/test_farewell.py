import asyncio
import time

import pytest

from remlab_common.farewell import one_by_one


async def _begun(count: int, **options: float) -> list[float]:
    moments: list[float] = []

    async def leave() -> None:
        moments.append(time.monotonic())

    await one_by_one([leave] * count, **options)
    return moments


async def test_nobody_leaves_in_the_same_instant() -> None:
    moments = await _begun(20, apart_seconds=0.01)
    assert len(moments) == 20
    # A slow machine only makes it longer.
    assert moments[-1] - moments[0] >= 0.18


async def test_many_share_the_longest_time() -> None:
    moments = await _begun(1000, apart_seconds=60, at_most_seconds=0.1)
    assert len(moments) == 1000


async def test_one_that_hangs_delays_nobody_else() -> None:
    others = asyncio.Event()

    async def hang() -> None:
        await others.wait()

    async def leave() -> None:
        others.set()

    async with asyncio.timeout(10):
        await one_by_one([hang, leave], apart_seconds=0.001)


async def test_without_anybody_it_is_over_at_once() -> None:
    await one_by_one([])


async def test_what_goes_wrong_is_told() -> None:
    async def fail() -> None:
        raise OSError

    with pytest.raises(ExceptionGroup):
        await one_by_one([fail])
