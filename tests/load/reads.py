"""The reads: page, hashed asset and devices in turn; each knows what a good answer is."""

import itertools
import json
import time
from typing import Any

from tests.load.http import Answer, Client, RequestFailed
from tests.load.lab import asset_of
from tests.load.requests import Requests
from tests.load.silence import Source

KINDS = ("page", "asset", "devices")


class Reads:
    """Sends one read after another, and takes from the devices' answer how old each device's signals are."""

    def __init__(self, client: Client, requests: Requests, devices: dict[str, Source]) -> None:
        self._client = client
        self._requests = requests
        self._devices = devices
        self._kinds = itertools.cycle(KINDS)
        self._asset: str | None = None

    async def one(self) -> None:
        """Send the next read and account for it."""
        kind = next(self._kinds)
        if kind == "asset" and self._asset is None:
            kind = "page"
        path = {"page": "/", "asset": self._asset or "", "devices": "/api/devices"}[kind]
        at, began = time.time(), time.perf_counter()
        try:
            answer = await self._client.request("GET", path, packed=kind == "asset")
            failure = self._problem(kind, path, answer)
        except RequestFailed as error:
            failure = str(error)
        self._requests.record(kind, at=at, seconds=time.perf_counter() - began, failure=failure)

    def _problem(self, kind: str, path: str, answer: Answer) -> str | None:
        """What is wrong with an answer that came whole."""
        if answer.status != 200:
            return f"{answer.status} for {path}"
        if kind == "asset":
            return None if answer.body else f"{path} is empty"
        if kind == "page":
            self._asset = asset_of(answer.body) or self._asset
            return None if b"<html" in answer.body else "the page is no HTML"
        try:
            self._note(json.loads(answer.body))
        except (ValueError, KeyError, TypeError) as error:
            return f"the list of devices cannot be read: {error!r}"
        return None

    def _note(self, devices: list[dict[str, Any]]) -> None:
        now = time.time()
        for one in devices:
            age = (one["status"] or {}).get("age_seconds")
            if age is not None and one["id"] in self._devices:
                self._devices[one["id"]].heard(now - age)
