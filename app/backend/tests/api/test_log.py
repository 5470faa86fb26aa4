"""The logbook over HTTP."""

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from app.backend.tests.lab import RunningLab, database_settings, lab_settings, running_lab
from remlab_backend.migrate import migrate
from remlab_backend.settings import DatabaseSettings
from tests.servers.nats import NatsServer
from tests.servers.postgres import PostgresServer


def log_url(device: str = "aeropendulo", uuid: object = None) -> str:
    return f"/api/devices/{device}/log/{uuid or uuid4()}"


async def test_the_first_time_is_201_and_the_same_again_200(lab: RunningLab) -> None:
    url = log_url()
    first = await lab.http.put(url, json={"text": "hola ☀", "author": "Ana"})
    again = await lab.http.put(url, json={"text": "hola ☀", "author": "Ana"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["text"] == "hola ☀"
    assert first.headers["cache-control"] == "no-store"


async def test_another_text_under_the_same_uuid_is_409(lab: RunningLab) -> None:
    url = log_url()
    await lab.http.put(url, json={"text": "one"})
    conflict = await lab.http.put(url, json={"text": "two"})
    assert conflict.status_code == 409
    assert conflict.json()["error"]["code"] == "entry_conflict"
    assert (await lab.http.put(url, json={"text": "one"})).status_code == 200


@pytest.mark.parametrize(
    "content",
    [
        {"text": "á" * 2049},
        {"text": ""},
        {"text": " \n"},
        {"text": "null \u0000 character"},
        {"text": "lone \ud800 surrogate"},
        {"text": 5},
        {},
        {"text": "x", "more": 1},
        {"text": "x", "author": "a" * 129},
        [],
    ],
)
async def test_what_cannot_be_kept_is_422(lab: RunningLab, content: Any) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await lab.http.put(log_url(), content=json.dumps(content), headers=headers)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["code"] == "invalid_request"


async def test_exactly_4096_bytes_are_kept(lab: RunningLab) -> None:
    assert (await lab.http.put(log_url(), json={"text": "á" * 2048})).status_code == 201


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_huge_request_is_413(lab: RunningLab, chunked: bool) -> None:
    async def body() -> Any:
        for _ in range(20):
            yield b" " * 10_000

    content: Any = body() if chunked else b" " * 200_000
    headers = {"Content-Type": "application/json"}
    answer = await lab.http.put(log_url(), content=content, headers=headers)
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_large"


async def test_an_unknown_device_is_404(lab: RunningLab) -> None:
    for answer in (
        await lab.http.put(log_url("no-such"), json={"text": "x"}),
        await lab.http.get("/api/devices/no-such/log"),
        await lab.http.get("/api/devices/no-such"),
    ):
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "unknown_device"


async def test_pages_follow_each_other(lab: RunningLab) -> None:
    for number in range(5):
        await lab.http.put(log_url("sim"), json={"text": f"paging {number}"})
    texts, before = [], {}
    for _ in range(3):
        page = (await lab.http.get("/api/devices/sim/log", params={"limit": 2, **before})).json()
        texts += [entry["text"] for entry in page["entries"]]
        before = {"before": page["next"]}
    assert texts == [f"paging {number}" for number in (4, 3, 2, 1, 0)]
    assert page["next"] is None


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "before=x", "before=-1", f"before={2**63}"]
)
async def test_a_wrong_page_is_422(lab: RunningLab, query: str) -> None:
    answer = await lab.http.get(f"/api/devices/sim/log?{query}")
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid_request"


async def test_pages_that_watch_hear_of_a_new_entry_once(lab: RunningLab) -> None:
    async with lab.page() as page:
        await page.call("watch", {"device": "aeropendulo"})
        url = log_url()
        for _ in range(2):
            entry = (await lab.http.put(url, json={"text": "news"})).json()
        assert await page.next("log_entry") == entry
        await lab.http.put(log_url(), json={"text": "more news"})
        assert (await page.next("log_entry"))["text"] == "more news"


async def test_pages_at_another_replica_hear_of_it_too(
    shared_database: DatabaseSettings, nats_server: NatsServer, dist: Path, lab: RunningLab
) -> None:
    settings = lab_settings(shared_database, broker=nats_server, dist=dist)
    async with running_lab(settings) as other, other.page() as page:
        await page.call("watch", {"device": "aeropendulo"})
        await lab.http.put(log_url(), json={"text": "from the other one"})
        assert (await page.next("log_entry"))["text"] == "from the other one"


async def test_a_database_that_is_away_holds_requests_then_503_then_recovers(
    own_postgres_server: PostgresServer, nats_server: NatsServer, dist: Path
) -> None:
    own_postgres_server.create_database("backend")
    database = database_settings(own_postgres_server, "backend", database_deadline_seconds=1.5)
    await migrate(database)
    async with running_lab(lab_settings(database, broker=nats_server, dist=dist)) as lab:
        own_postgres_server.stop(immediate=True)
        held = await lab.http.put(log_url(), json={"text": "too long"})
        assert held.status_code == 503
        assert held.json()["error"]["code"] == "database_away"
        assert int(held.headers["retry-after"]) > 0
        ready = await lab.http.get("/readyz")
        assert (ready.status_code, list(ready.json()["problems"])) == (503, ["database"])
        assert (await lab.http.get("/healthz")).status_code == 200
        assert (await lab.http.get("/")).status_code == 200
        waiting = [asyncio.create_task(lab.http.put(log_url(), json={"text": "held"})) for _ in range(20)]
        await asyncio.to_thread(own_postgres_server.start)
        assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {201}


async def test_the_backend_starts_without_broker_and_database(dist: Path, shared_database: Any) -> None:
    nowhere = shared_database.model_copy(update={"database_port": 9})
    settings = lab_settings(nowhere, broker=None, dist=dist, database_deadline_seconds=0.1)
    async with running_lab(settings) as lab:
        assert (await lab.http.get("/")).status_code == 200
        assert (await lab.http.get("/healthz")).status_code == 200
        assert set((await lab.http.get("/readyz")).json()["problems"]) == {"broker", "database"}
        assert (await lab.http.put(log_url(), json={"text": "x"})).status_code == 503
