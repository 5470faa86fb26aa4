"""The logbook: written once, read in pages."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from remlab_backend.database.logbook import Logbook
from remlab_backend.database.writer import Writer
from remlab_backend.errors import EntryConflictError
from remlab_backend.settings import DatabaseSettings


@pytest.fixture
async def logbook(migrated: DatabaseSettings) -> AsyncIterator[Logbook]:
    writer = Writer(migrated)
    writer.start()
    yield Logbook(writer)
    await writer.close()


async def test_an_entry_is_new_only_once(logbook: Logbook) -> None:
    uuid = uuid4()
    first, created = await logbook.write(uuid=uuid, device="a", text="hola ☀", author=None)
    again, created_again = await logbook.write(uuid=uuid, device="a", text="hola ☀", author=None)
    assert (created, created_again) == (True, False)
    assert first == again


@pytest.mark.parametrize(
    ("device", "text", "author"), [("a", "other", None), ("b", "text", None), ("a", "text", "somebody")]
)
async def test_a_uuid_belongs_to_one_entry(
    logbook: Logbook, device: str, text: str, author: str | None
) -> None:
    uuid = uuid4()
    await logbook.write(uuid=uuid, device="a", text="text", author=None)
    with pytest.raises(EntryConflictError):
        await logbook.write(uuid=uuid, device=device, text=text, author=author)


async def test_of_many_equal_writes_at_once_exactly_one_is_new(logbook: Logbook) -> None:
    uuid = uuid4()
    writes = [logbook.write(uuid=uuid, device="a", text="text", author="b") for _ in range(20)]
    results = await asyncio.gather(*writes)
    assert sum(created for _, created in results) == 1


async def test_pages_go_from_new_to_old_without_gaps(logbook: Logbook) -> None:
    for number in range(7):
        await logbook.write(uuid=uuid4(), device="a", text=str(number), author=None)
    await logbook.write(uuid=uuid4(), device="b", text="of another device", author=None)
    texts: list[str] = []
    before: int | None = None
    sizes = []
    while True:
        entries, before = await logbook.page(device="a", limit=3, before=before)
        texts += [entry.text for entry in entries]
        sizes.append(len(entries))
        if before is None:
            break
    assert texts == ["6", "5", "4", "3", "2", "1", "0"]
    assert sizes == [3, 3, 1]
