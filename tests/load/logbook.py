"""The writes: logbook entries, each once under a uuid of its own, and their count afterwards."""

import json
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

from tests.load.http import Client, RequestFailed
from tests.load.lab import ask
from tests.load.requests import Requests
from tests.load.rows import Row, Rows, compare

AUTHOR = "remlab test"
_PAGE_ENTRIES = 100


class Logbook:
    """Writes into one device's logbook and remembers what was acknowledged."""

    def __init__(self, client: Client, requests: Requests, device: str) -> None:
        self._client = client
        self._requests = requests
        self._path = f"/api/devices/{device}/log"
        self._mark = f"[run {uuid4().hex[:12]}]"
        self._newest_before: str | None = None
        self.sent: dict[str, str] = {}
        self.acknowledged: set[str] = set()

    async def begin(self) -> None:
        """Remember the newest entry, so that the count afterwards need not read years of them."""
        page = await ask(self._client, f"{self._path}?limit=1")
        self._newest_before = page["entries"][0]["uuid"] if page["entries"] else None

    async def one(self) -> None:
        """Write one entry and account for it: it is acknowledged if its client saw a 2xx, else it failed."""
        uuid = str(uuid4())
        text = f"Test entry {len(self.sent) + 1} of a change that is being watched {self._mark}"
        self.sent[uuid] = text
        body = json.dumps({"text": text, "author": AUTHOR}).encode()
        at, began = time.time(), time.perf_counter()
        failure = None
        try:
            answer = await self._client.request("PUT", f"{self._path}/{uuid}", body)
        except RequestFailed as error:
            failure = str(error)
        else:
            if 200 <= answer.status < 300:
                self.acknowledged.add(uuid)
            else:
                failure = f"{answer.status} for a logbook entry: {answer.body[:120]!r}"
        self._requests.record("write", at=at, seconds=time.perf_counter() - began, failure=failure)

    async def count(self) -> Rows:
        """Read the logbook back and compare. Raises NothingToWatch if it cannot be read."""
        found = [Row(one["uuid"], one["text"]) async for one in self._entries()]
        return compare(sent=self.sent, acknowledged=self.acknowledged, found=found, mark=self._mark)

    async def _entries(self) -> AsyncIterator[dict[str, Any]]:
        """From the newest to what stood there before; to the end, should that be gone."""
        following = ""
        while True:
            page = await ask(self._client, f"{self._path}?limit={_PAGE_ENTRIES}{following}")
            for entry in page["entries"]:
                if entry["uuid"] == self._newest_before:
                    return
                yield entry
            if page["next"] is None:
                return
            following = f"&before={page['next']}"
