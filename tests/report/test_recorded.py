"""Turns what the suites recorded into tests, so that one summary counts everything that ran."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import pytest

from labtool import junit
from labtool.paths import RESULTS


def _suites() -> list[dict[str, object]]:
    try:
        lines = (RESULTS / "suites.jsonl").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines]


def _recorded() -> Iterator[junit.Case]:
    """Every case of every suite, and one for each suite as a whole."""
    suites = _suites()
    if not suites:
        yield junit.Case(name="no suite ran", outcome="failed", text="suites.jsonl is missing or empty")
    for suite in suites:
        cases, problems = _cases_of(suite)
        yield from cases
        # A suite that broke outside of its tests would otherwise look like one that passed.
        if suite["exit_code"] != 0 and not any(case.outcome == "failed" for case in cases):
            problems.append(f"ended with exit code {suite['exit_code']}, but none of its tests failed")
        if not cases and suite["name"] != "tools":
            problems.append("recorded no test")
        yield junit.Case(
            name=f"{suite['name']} ran to its end",
            outcome="failed" if problems else "passed",
            text="\n".join(problems),
        )


def _cases_of(suite: dict[str, object]) -> tuple[list[junit.Case], list[str]]:
    cases: list[junit.Case] = []
    problems: list[str] = []
    for name in suite["files"]:  # type: ignore[attr-defined]
        try:
            found = junit.read(RESULTS / name)
        except (OSError, ET.ParseError) as error:
            problems.append(f"{name} cannot be read: {error}")
            continue
        cases += [
            junit.Case(name=f"{suite['name']}: {c.name}", outcome=c.outcome, text=c.text, seconds=c.seconds)
            for c in found
        ]
    return cases, problems


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in _recorded()])
def test_recorded(case: junit.Case) -> None:
    if case.outcome == "skipped":
        pytest.skip(case.text.strip().splitlines()[0] if case.text.strip() else "skipped")
    if case.outcome == "failed":
        pytest.fail(case.text or "failed", pytrace=False)
