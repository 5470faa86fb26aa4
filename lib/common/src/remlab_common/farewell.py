"""Sends many connections away in a short row, so that they do not all come back in the same instant."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

APART_SECONDS = 0.005
AT_MOST_SECONDS = 1.5


async def one_by_one(
    farewells: Sequence[Callable[[], Awaitable[object]]],
    *,
    apart_seconds: float = APART_SECONDS,
    at_most_seconds: float = AT_MOST_SECONDS,
) -> None:
    """Begin each this long after the one before, and return when all have ended.

    :param at_most_seconds: how long the last one may have to wait, however many they are.
    :raises ExceptionGroup: of what farewells raised.
    """
    pause = min(apart_seconds, at_most_seconds / max(1, len(farewells)))

    async def say(farewell: Callable[[], Awaitable[object]], after: float) -> None:
        await asyncio.sleep(after)
        await farewell()

    async with asyncio.TaskGroup() as group:
        for index, farewell in enumerate(farewells):
            group.create_task(say(farewell, index * pause))
