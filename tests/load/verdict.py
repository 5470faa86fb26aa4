"""The outcome as an operator reads it: one sentence, a table, and what was going on meanwhile."""

from datetime import UTC, datetime

from tests.load.outcome import Outcome
from tests.load.requests import quantile
from tests.load.silence import Source

_SHOWN_FAILURES = 10
_SHOWN_EVENTS = 6


def sentence(outcome: Outcome) -> str:
    """The verdict in one sentence."""
    requests, rows = outcome.requests, outcome.rows
    said = f"{requests.failed:,} of {requests.sent:,} requests failed"
    parts = [f"{said}; slowest {requests.slowest_seconds:.2f} s"]
    if rows is not None:
        lost, doubled = (f"{len(uuids):,}" if uuids else "none" for uuids in (rows.lost, rows.doubled))
        parts.append(f"{rows.acknowledged:,} rows written, {lost} lost, {doubled} doubled")
    silences = [
        f"of the {what} {longest:.1f} s"
        for what in ("signals", "devices", "camera")
        if (longest := outcome.longest(what)) is not None
    ]
    if silences:
        parts.append(f"longest silence {', '.join(silences)}")
    return "; ".join(parts)


def report(outcome: Outcome) -> str:
    """Verdict, table and details, several lines."""
    lines = [f"{'Nothing was lost' if outcome.good else 'NOT PROVED'}: {sentence(outcome)}."]
    lines += [f"  - {fault}" for fault in outcome.faults()]
    lines += [f"  ({doubt})" for doubt in outcome.doubts()]
    lines += ["", *_requests(outcome), "", *_sources(outcome)]
    lines += _slowest(outcome) + _failures(outcome)
    pace = outcome.pace
    late = quantile(pace.delays_seconds, 0.99) * 1000
    lines.append(
        f"The load itself: {outcome.seconds:.0f} s, {pace.cpu_share:.0%} of one core, 99 % sent within "
        f"{late:.0f} ms of their time, stood still {len(pace.stalls)} times for "
        f"{sum(stall.seconds for stall in pace.stalls):.1f} s in all."
    )
    return "\n".join(lines)


def _requests(outcome: Outcome) -> list[str]:
    lines = [
        "| requests | sent | failed | p50 ms | p99 ms | longest ms |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, kind in sorted(outcome.requests.kinds.items()):
        figures = (quantile(kind.seconds, 0.5), quantile(kind.seconds, 0.99), max(kind.seconds))
        cells = " | ".join(f"{seconds * 1000:.0f}" for seconds in figures)
        lines.append(f"| {name} | {kind.sent:,} | {kind.failed:,} | {cells} |")
    return lines


def _sources(outcome: Outcome) -> list[str]:
    lines = [
        "| socket | messages | longest silence s | at | closed by the lab | of these cut | could not connect |",
        "|---|---:|---:|---|---:|---:|---:|",
    ]
    return [*lines, *(_source(source) for source in outcome.sources), ""]


def _source(source: Source) -> str:
    cut = sum(not close.proper for close in source.closes)
    return (
        f"| {source.name} | {source.messages:,} | {source.longest_seconds:.2f} | {clock(source.longest_at)} "
        f"| {len(source.closes)} | {cut} | {source.failed_connects} |"
    )


def _slowest(outcome: Outcome) -> list[str]:
    if not outcome.requests.slowest:
        return []
    slow = outcome.requests.slowest[0]
    held = outcome.pace.held_up_seconds(slow.at, slow.seconds)
    own = f", {held:.2f} s of it held up by the load itself" if held >= 0.01 else ""
    lines = [f"Slowest: {slow.kind} at {clock(slow.at)}, {slow.seconds:.2f} s{own}."]
    return lines + [f"  {clock(at)}  {text}" for at, text in outcome.around_slowest()[:_SHOWN_EVENTS]]


def _failures(outcome: Outcome) -> list[str]:
    shown = outcome.requests.failures[:_SHOWN_FAILURES]
    lines = [
        f"Failed: {one.kind} at {clock(one.at)} after {one.seconds:.2f} s: {one.reason}" for one in shown
    ]
    if (more := outcome.requests.failed - len(shown)) > 0:
        lines.append(f"… and {more:,} more")
    return lines


def clock(at: float) -> str:
    """A time of day in UTC, to the millisecond."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S.%f")[:-3] if at else "–"
