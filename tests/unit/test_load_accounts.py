"""The load's accounts: requests, silences, rows, events, and the words of the verdict."""

from pathlib import Path

import pytest

from tests.load import events
from tests.load.lab import asset_of
from tests.load.outcome import Limits, Outcome
from tests.load.pace import Pace, Stall
from tests.load.requests import Requests, quantile
from tests.load.rows import Row, Rows, compare
from tests.load.silence import Close, Source
from tests.load.verdict import report, sentence

MARK = "[run 1]"


def outcome(**changes: object) -> Outcome:
    requests = Requests()
    for number in range(36_012):
        requests.record("page", at=1000.0 + number, seconds=0.84 if number == 17 else 0.01)
    signals = Source("page, aeropendulo", "signals", 1000.0, messages=9, longest_seconds=1.2)
    camera = Source("camera eye", "camera", 1000.0, messages=9, longest_seconds=0.9)
    values: dict[str, object] = {
        "url": "http://lab",
        "seconds": 120.0,
        "requests": requests,
        "sources": [signals, camera],
        "not_watched": [],
        "rows": Rows(3004, [], [], [], [], 0),
        "pace": Pace(),
        "limits": Limits(request_seconds=1.0, silence_seconds=5.0),
    }
    return Outcome(**(values | changes))  # type: ignore[arg-type]


def test_a_good_run_is_told_in_one_sentence() -> None:
    assert sentence(outcome()) == (
        "0 of 36,012 requests failed; slowest 0.84 s; 3,004 rows written, none lost, none doubled; "
        "longest silence of the signals 1.2 s, of the camera 0.9 s"
    )
    assert outcome().good
    assert report(outcome()).startswith("Nothing was lost: 0 of 36,012 requests failed")


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (Rows(9, ["a"], [], [], [], 0), "1 row lost, such as a"),
        (Rows(9, [], ["a", "b"], [], [], 0), "2 rows doubled, such as a"),
        (Rows(9, [], [], ["a"], [], 0), "1 row altered, such as a"),
        (Rows(9, [], [], [], ["a"], 0), "1 row that nobody wrote, such as a"),
    ],
)
def test_any_fault_of_the_rows_spoils_the_verdict(rows: Rows, fault: str) -> None:
    spoiled = outcome(rows=rows)
    assert list(spoiled.faults()) == [fault]
    assert not spoiled.good
    assert report(spoiled).startswith("NOT PROVED: ")


def test_a_failed_request_spoils_the_verdict_and_is_told_with_time_and_reason() -> None:
    spoiled = outcome()
    spoiled.requests.record("write", at=1.5, seconds=0.25, failure="503 for a logbook entry")
    assert list(spoiled.faults()) == ["1 request failed"]
    assert "Failed: write at 00:00:01.500 after 0.25 s: 503 for a logbook entry" in report(spoiled)


def test_a_slow_request_and_a_long_silence_spoil_the_verdict() -> None:
    strict = outcome(limits=Limits(request_seconds=0.5, silence_seconds=1.0))
    assert list(strict.faults()) == [
        "the slowest request took 0.84 s; 0.5 s are allowed",
        "page, aeropendulo was silent for 1.2 s; 1 s are allowed",
    ]


def test_a_run_without_requests_proves_nothing() -> None:
    assert list(outcome(requests=Requests()).faults()) == ["no request was sent, so nothing is proved"]


def test_a_logbook_that_cannot_be_read_back_spoils_the_verdict() -> None:
    assert not outcome(rows=None, problem="the logbook could not be read back: 503").good


def test_what_was_silent_before_is_named() -> None:
    assert list(outcome(not_watched=["camera eye"]).doubts()) == [
        "not watched, since silent before the change: camera eye"
    ]


def test_requests_are_counted_by_kind_and_the_slowest_kept_in_order() -> None:
    requests = Requests()
    for number in range(30):
        requests.record("page", at=float(number), seconds=float(number % 15))
    requests.record("write", at=99.0, seconds=5.0, failure="refused")
    assert (requests.sent, requests.failed) == (31, 1)
    assert (requests.kinds["write"].sent, requests.kinds["write"].failed) == (1, 1)
    assert [slow.seconds for slow in requests.slowest] == [14, 14, 13, 13, 12, 12, 11, 11, 10, 10]


def test_a_quantile_is_one_of_the_values() -> None:
    values = [float(number) for number in range(100, 0, -1)]
    assert [quantile(values, share) for share in (0.0, 0.5, 0.99, 1.0)] == [1.0, 51.0, 100.0, 100.0]
    assert quantile([], 0.5) == 0.0


def test_a_silence_counts_from_message_to_message_and_to_the_end() -> None:
    source = Source("s", "signals", 10.0)
    for at in (10.1, 13.1, 13.0, 13.2):
        source.heard(at)
    assert (source.longest_seconds, source.longest_at) == (pytest.approx(3.0), 10.1)
    source.finish(20.2)
    assert (source.longest_seconds, source.longest_at) == (pytest.approx(7.0), 13.2)


def test_a_source_that_never_speaks_is_silent_all_the_time() -> None:
    source = Source("s", "signals", 10.0)
    source.finish(40.0)
    assert source.longest_seconds == 30.0


@pytest.mark.parametrize(("code", "proper"), [(1001, True), (1012, True), (1006, False), (None, False)])
def test_a_close_is_proper_if_the_other_side_said_why_it_goes(code: int | None, proper: bool) -> None:
    assert Close(0.0, code, "").proper is proper


def test_rows_are_compared_with_what_was_acknowledged() -> None:
    sent = {uuid: f"{uuid} {MARK}" for uuid in ("kept", "lost", "twice", "altered", "unanswered", "failed")}
    found = [
        Row("kept", f"kept {MARK}"),
        Row("twice", f"twice {MARK}"),
        Row("twice", f"twice {MARK}"),
        Row("altered", f"something else {MARK}"),
        Row("unanswered", f"unanswered {MARK}"),
        Row("invented", f"invented {MARK}"),
        Row("somebody's", "a student wrote this"),
    ]
    acknowledged = {"kept", "lost", "twice", "altered"}
    rows = compare(sent=sent, acknowledged=acknowledged, found=found, mark=MARK)
    assert rows == Rows(4, ["lost"], ["twice"], ["altered"], ["invented"], 1)
    assert not rows.good


def test_rows_that_are_all_there_are_good() -> None:
    rows = compare(sent={"a": "x"}, acknowledged={"a"}, found=[Row("a", "x")], mark=MARK)
    assert rows == Rows(1, [], [], [], [], 0)
    assert rows.good


def test_events_tell_what_went_on_around_a_request(tmp_path: Path) -> None:
    path = tmp_path / "events"
    path.write_text("12.5 c\n1970-01-01T00:00:10Z a\nnonsense\n11 b\n14 d\n1970-01-01T00:00:15 e\n", "utf-8")
    found = events.read(path)
    assert [event.text for event in found] == ["a", "b", "c", "d", "e"]
    assert [event.text for event in events.around(found, 11.2, 2.0)] == ["b", "c"]
    assert events.read(tmp_path / "none") == []


def test_the_slowest_request_is_told_with_what_the_deploy_did_and_what_the_load_itself_cost() -> None:
    told = outcome(events=[events.Event(1017.1, "database-1: switched"), events.Event(1099.0, "later")])
    told.pace.stalls.append(Stall(1017.0, 0.3))
    text = report(told)
    assert "Slowest: page at 00:16:57.000, 0.84 s, 0.30 s of it held up by the load itself." in text
    assert "  00:16:57.100  database-1: switched" in text
    assert "later" not in text


def test_a_style_sheet_is_asked_for_before_a_script() -> None:
    assert asset_of(b'<script src="/assets/a.js"><link href="/assets/b.css">') == "/assets/b.css"
    assert asset_of(b'<script src="/assets/a.js">') == "/assets/a.js"
    assert asset_of(b"<p>") is None
