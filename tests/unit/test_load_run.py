"""Whole runs of the load on a lab that fails as it is told: each fault is seen, and nothing else."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from aiohttp import web

from tests.load import options as command_line
from tests.load.lab import NothingToWatch
from tests.load.outcome import Outcome
from tests.load.run import run
from tests.load.verdict import sentence
from tests.servers.fake_lab import FakeLab, fake_lab, healthy

SECONDS = 0.8
Act = Callable[[FakeLab], Awaitable[None]]


async def load(lab: FakeLab, *words: str, act: Act | None = None) -> Outcome:
    """Load the lab for less than a second; `act` is awaited in the middle of it."""
    arguments = ["--url", lab.url, "--reads-per-second", "90", "--writes-per-second", "50", *words]
    stop, acting = asyncio.Event(), set[asyncio.Task[None]]()

    async def middle() -> None:
        await asyncio.sleep(SECONDS / 4)
        if act is not None:
            await act(lab)

    def ready() -> None:
        acting.add(asyncio.create_task(middle()))
        asyncio.get_running_loop().call_later(SECONDS, stop.set)

    outcome = await run(command_line.parse(arguments), stop, ready)
    await asyncio.gather(*acting)
    return outcome


def once(answer: Callable[[web.Request], Awaitable[web.StreamResponse]], *, kind: str) -> Act:
    """In the middle, one request of a method gets another answer."""

    async def act(lab: FakeLab) -> None:
        async def fault(request: web.Request) -> web.StreamResponse | None:
            if request.method != kind:
                return None
            lab.fault = healthy
            return await answer(request)

        lab.fault = fault

    return act


async def refuse(_: web.Request) -> web.StreamResponse:
    return web.Response(status=503, text="away")


async def drop(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def test_a_healthy_lab_loses_nothing() -> None:
    async with fake_lab() as lab:
        lab.entries.append({"uuid": "old", "text": "a student wrote this"})
        outcome = await load(lab)
    assert list(outcome.faults()) == []
    assert outcome.requests.sent == pytest.approx(SECONDS * 140, rel=0.2)
    assert set(outcome.requests.kinds) == {"page", "asset", "devices", "write"}
    assert outcome.rows is not None
    assert outcome.rows.acknowledged == outcome.requests.kinds["write"].sent
    assert len(lab.entries) == outcome.rows.acknowledged + 1
    assert {one.what for one in outcome.sources} == {"signals", "devices", "camera"}
    assert outcome.not_watched == []
    assert all(not one.closes for one in outcome.sources)


@pytest.mark.parametrize("kind", ["GET", "PUT"])
@pytest.mark.parametrize("fault", [refuse, drop], ids=["503", "dropped"])
async def test_one_failed_request_is_one_failure(
    kind: str, fault: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> None:
    async with fake_lab() as lab:
        outcome = await load(lab, act=once(fault, kind=kind))
    assert list(outcome.faults()) == ["1 request failed"]
    assert (outcome.requests.failures[0].kind == "write") == (kind == "PUT")
    assert sentence(outcome).startswith(f"1 of {outcome.requests.sent} requests failed")


async def test_a_redirect_is_no_good_answer() -> None:
    async def redirect(_: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "/"})

    async with fake_lab() as lab:
        outcome = await load(lab, act=once(redirect, kind="GET"))
    assert outcome.requests.failures[0].reason.startswith("302 for /")


async def test_a_held_request_is_slow_and_not_failed() -> None:
    async def hold(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.5)
        return web.json_response({}, status=200) if request.method == "PUT" else web.Response()

    async with fake_lab() as lab:
        outcome = await load(lab, "--max-request-seconds", "0.4", act=once(hold, kind="PUT"))
    faults = list(outcome.faults())
    assert len(faults) == 2
    assert faults[0].startswith("the slowest request took ")
    assert outcome.requests.slowest_seconds >= 0.5
    # It was acknowledged without being stored.
    assert faults[1].startswith("1 row lost, such as ")
    assert outcome.requests.failed == 0


async def test_an_acknowledged_row_that_is_gone_is_seen() -> None:
    async def forget(lab: FakeLab) -> None:
        lab.entries.pop()

    async with fake_lab() as lab:
        outcome = await load(lab, act=forget)
    assert outcome.rows is not None
    assert len(outcome.rows.lost) == 1
    assert not outcome.good


async def test_a_row_that_was_stored_though_its_client_saw_no_answer_is_allowed() -> None:
    async def store_and_drop(request: web.Request) -> web.StreamResponse:
        await lab._put(request)
        return await drop(request)

    async with fake_lab() as lab:
        outcome = await load(lab, act=once(store_and_drop, kind="PUT"))
    assert list(outcome.faults()) == ["1 request failed"]
    assert outcome.rows is not None
    assert outcome.rows.unanswered_present == 1


@pytest.mark.parametrize("change", ["double", "invent"])
async def test_rows_too_many_are_seen(change: str) -> None:
    async def add(lab: FakeLab) -> None:
        row = dict(lab.entries[-1])
        lab.entries.append(row if change == "double" else row | {"uuid": "nobody"})

    async with fake_lab() as lab:
        outcome = await load(lab, act=add)
    assert outcome.rows is not None
    assert (len(outcome.rows.doubled), len(outcome.rows.invented)) == (change == "double", change == "invent")
    assert not outcome.good


async def test_a_lab_that_loses_everything_from_before_is_read_to_its_end() -> None:
    async def lose(lab: FakeLab) -> None:
        lab.entries.clear()

    async with fake_lab() as lab:
        lab.entries.append({"uuid": "old", "text": "a student wrote this"})
        outcome = await load(lab, act=lose)
    assert outcome.rows is not None
    assert outcome.rows.lost


async def test_a_silence_of_everything_is_measured() -> None:
    async def hush(lab: FakeLab) -> None:
        lab.speaking = False
        await asyncio.sleep(0.4)
        lab.speaking = True

    async with fake_lab() as lab:
        outcome = await load(lab, "--max-silence-seconds", "0.3", act=hush)
    silent = [fault.partition(" was silent")[0] for fault in outcome.faults()]
    assert silent == [source.name for source in outcome.sources]
    longest = outcome.longest("camera")
    assert longest is not None
    assert 0.38 < longest < 2


async def test_sockets_that_are_sent_away_come_back_and_were_closed_properly() -> None:
    async with fake_lab() as lab:
        outcome = await load(lab, act=FakeLab.close_sockets)
    closes = [close for source in outcome.sources for close in source.closes]
    assert [close.code for close in closes] == [1001] * 4
    assert all(close.proper for close in closes)
    assert outcome.good, list(outcome.faults())


async def test_sockets_that_are_cut_are_told_apart() -> None:
    async def cut(lab: FakeLab) -> None:
        lab.cut_sockets()

    async with fake_lab() as lab:
        outcome = await load(lab, act=cut)
    closes = [close for source in outcome.sources for close in source.closes]
    assert [close.proper for close in closes] == [False] * 4


async def test_more_requests_than_may_wait_are_failures() -> None:
    async def hang(lab: FakeLab) -> None:
        async def fault(_: web.Request) -> None:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.5)

        lab.fault = fault

    async with fake_lab() as lab:
        outcome = await load(lab, "--max-under-way", "20", act=hang)
    assert {failure.reason for failure in outcome.requests.failures} == {
        "not sent: 20 requests were waiting already"
    }


async def test_a_source_that_is_silent_from_the_start_is_named_and_not_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.load.run.READY_SECONDS", 0.5)
    async with fake_lab() as lab:
        lab.speaking = False
        outcome = await load(lab)
    assert "camera eye" in outcome.not_watched
    assert "page, real" in outcome.not_watched


async def test_without_a_lab_there_is_nothing_to_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.load.lab._TRIES", 1)
    with pytest.raises(NothingToWatch, match=r"GET /api/devices gave no answer: no connection"):
        await load(FakeLab(url="http://127.0.0.1:1"))


async def test_a_logbook_of_several_pages_is_read_whole() -> None:
    async with fake_lab() as lab:
        lab.entries.append({"uuid": "old", "text": "a student wrote this"})
        outcome = await load(lab, "--writes-per-second", "400")
    assert outcome.rows is not None
    assert outcome.rows.acknowledged > 200
    assert outcome.rows.good
