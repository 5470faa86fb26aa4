"""JUnit XML: how each suite leaves what it ran, and how the last pytest run finds it again."""

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Outcome = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One test that ran: its name within its suite, what came of it, and what it said."""

    name: str
    outcome: Outcome
    text: str = ""
    seconds: float = 0.0


def write(path: Path, suite: str, cases: Iterable[Case]) -> None:
    """Write the cases of one suite as JUnit XML."""
    root = ET.Element("testsuites")
    parent = ET.SubElement(root, "testsuite", name=suite)
    for case in cases:
        element = ET.SubElement(parent, "testcase", name=case.name, time=f"{case.seconds:.3f}")
        if case.outcome != "passed":
            tag = "failure" if case.outcome == "failed" else "skipped"
            ET.SubElement(element, tag, message=_printable(case.text[:200])).text = _printable(case.text)
    path.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def read(path: Path) -> list[Case]:
    """Read the cases of one file; raises ET.ParseError if its writer was killed half-way."""
    return [_case(element) for element in ET.parse(path).getroot().iter("testcase")]  # noqa: S314 written by us


def _case(element: ET.Element) -> Case:
    owner, name = element.get("classname"), element.get("name", "?")
    outcome: Outcome = "passed"
    texts = []
    for tag, means in (("skipped", "skipped"), ("failure", "failed"), ("error", "failed")):
        for found in element.findall(tag):
            outcome = "failed" if means == "failed" else "skipped"
            texts.append(found.text or found.get("message") or "")
    return Case(
        name=f"{owner}::{name}" if owner else name,
        outcome=outcome,
        text="\n".join(texts),
        seconds=float(element.get("time") or 0),
    )


def _printable(text: str) -> str:
    """XML knows no control characters, and terminals' colours are made of them."""
    return "".join(letter for letter in text if letter in "\n\t" or letter >= " ")
