"""The logbook: notes about a device, each written once under a uuid that its writer chose."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from remlab_backend.database.writer import Connection, Writer
from remlab_backend.errors import EntryConflictError

# What a new entry gets from the database itself: `created_at`, and `position`, by which entries
# are ordered and paged.
_INSERT = """
INSERT INTO log_entries (uuid, device, text, author) VALUES ($1, $2, $3, $4)
ON CONFLICT (uuid) DO NOTHING
RETURNING uuid, device, text, author, created_at, position
"""
_SELECT = "SELECT uuid, device, text, author, created_at, position FROM log_entries WHERE uuid = $1"
_PAGE = """
SELECT uuid, device, text, author, created_at, position FROM log_entries
WHERE device = $1 AND position < $2 ORDER BY position DESC LIMIT $3
"""
_NEWEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One note in the logbook of a device."""

    uuid: UUID
    device: str
    text: str
    author: str | None
    created_at: datetime
    position: int


class Logbook:
    """Reads and writes entries through whatever outage the `Writer` bridges."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def write(self, *, uuid: UUID, device: str, text: str, author: str | None) -> tuple[Entry, bool]:
        """Store an entry; return it and whether it is new.

        Writing the same again changes nothing: a client, the front door or this process may
        repeat a request whose answer was lost. Raises EntryConflictError if the uuid is taken
        by an entry that says something else.
        """

        async def work(connection: Connection) -> tuple[asyncpg.Record, bool]:
            stored = await connection.fetchrow(_INSERT, uuid, device, text, author)
            if stored is not None:
                return stored, True
            existing = await connection.fetchrow(_SELECT, uuid)
            assert existing is not None  # entries are never removed
            return existing, False

        record, created = await self._writer.run(work)
        entry = Entry(**record)
        if (entry.device, entry.text, entry.author) != (device, text, author):
            raise EntryConflictError(f"The entry {uuid} exists already and says something else.")
        return entry, created

    async def page(self, *, device: str, limit: int, before: int | None) -> tuple[list[Entry], int | None]:
        """Return up to `limit` entries, newest first, and where the next page begins (or None)."""

        async def work(connection: Connection) -> list[asyncpg.Record]:
            start = _NEWEST if before is None else before
            found: list[asyncpg.Record] = await connection.fetch(_PAGE, device, start, limit + 1)
            return found

        entries = [Entry(**record) for record in await self._writer.run(work)]
        more = len(entries) > limit
        return entries[:limit], entries[limit - 1].position if more else None
