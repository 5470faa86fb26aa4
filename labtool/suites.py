"""`./lab test`: the suites, one after the other; each leaves JUnit XML, and the last run counts it all."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from labtool import checks, junit
from labtool.paths import CACHE, RESULTS, ROOT

_FRONTEND = ROOT / "frontend"
_LOCAL = ROOT / "inventory" / "local.yml"
# Written by the deploy on every manager; if it is here, this machine runs a lab.
_LAB_HERE = Path("/var/lib/remlab/secrets")
_STEP_DONE = re.compile(r"\[(\S+) > (\w+)\] (?:\x1b\[\d+m)?Executed: (\w+)")


@dataclass
class Suite:
    """What is known of one suite after its run; `tests/report` reads this."""

    name: str
    exit_code: int
    seconds: float
    files: list[str]


def run(only: list[str]) -> int:
    """Run the suites (all, or those named), then count; the exit code is that of the count."""
    known: dict[str, Callable[[], int]] = {
        "tools": _tools,
        "check": checks.run,
        "unit": _unit,
        "bad-input": _bad_input,
        "frontend": _frontend,
        "molecule-default": lambda: _molecule("default"),
        "molecule-fleet": lambda: _molecule("fleet"),
        "here": _here,
    }
    unknown = set(only) - set(known)
    if unknown:
        print(
            f"lab: there is no suite {', '.join(sorted(unknown))}; there are: {', '.join(known)}",
            file=sys.stderr,
        )
        return 2
    _forget_results()
    for name, suite in known.items():
        if not only or name in only or name == "tools":
            _record(name, suite)
    return count()


def count() -> int:
    """Turn everything that was recorded into tests of one pytest run, whose summary is the last line."""
    return _pytest("tests/report", "-q", "--no-header", "-p", "no:cacheprovider")


def verify(inventory: str | None, rest: list[str]) -> int:
    """Ask a running lab, moving nothing."""
    return _pytest("tests/infra", "--lab-inventory", inventory or str(_LOCAL), "-m", "not drives", *rest)


def _record(name: str, suite: Callable[[], int]) -> None:
    print(f"\n━━━ {name} ━━━", flush=True)
    started = time.monotonic()
    try:
        code = suite()
    except Exception as error:
        print(f"{name} crashed: {error!r}", flush=True)
        code = 1
    seconds = time.monotonic() - started
    files = [path.name for path in sorted(RESULTS.glob(f"{name}*.xml"))]
    with (RESULTS / "suites.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(Suite(name, code, seconds, files))) + "\n")
    print(f"━━━ {name}: {'ok' if code == 0 else f'failed ({code})'} after {seconds:.0f} s ━━━", flush=True)


def _forget_results() -> None:
    RESULTS.mkdir(parents=True, exist_ok=True)
    for old in (*RESULTS.glob("*.xml"), RESULTS / "suites.jsonl"):
        old.unlink(missing_ok=True)


def _tools() -> int:
    """What the suites need on this machine: Docker Engine, and programs from the Debian archive."""
    return _call(["ansible-playbook", "playbooks/test_tools.yml"])


def _unit() -> int:
    return _pytest(f"--junitxml={RESULTS / 'unit.xml'}", "-q")


def _bad_input() -> int:
    return _pytest(f"--junitxml={RESULTS / 'bad-input.xml'}", "-q", "tests/bad_input")


def _frontend() -> int:
    if (problem := checks.install_frontend()) is not None:
        print(problem)
        return 1
    report = ["--reporter=default", "--reporter=junit", f"--outputFile.junit={RESULTS / 'frontend.xml'}"]
    return _call(["npm", "run", "--silent", "test", "--", *report], cwd=_FRONTEND)


def _molecule(scenario: str) -> int:
    """Run a scenario; each of its steps is a test, besides those that `verify` and others record."""
    prefix = RESULTS / f"molecule-{scenario}"
    environment = os.environ | {
        "REMLAB_RESULTS_PREFIX": str(prefix),
        "ANSIBLE_FORCE_COLOR": "0",
        "NO_COLOR": "1",
    }
    command = ["molecule", "test", "--no-command-borders", "--scenario-name", scenario]
    steps: list[junit.Case] = []
    tail: list[str] = []
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        started = time.monotonic()
        for line in process.stdout:
            print(line, end="", flush=True)
            tail = [*tail[-80:], line]
            if found := _STEP_DONE.search(line):
                now = time.monotonic()
                good = found[3] in {"Successful", "Missing"}
                steps.append(
                    junit.Case(
                        name=f"{found[1]} {found[2]}",
                        outcome="passed" if good else "failed",
                        text="" if good else "".join(tail),
                        seconds=now - started,
                    )
                )
                started, tail = now, []
    junit.write(prefix.with_name(f"{prefix.name}-steps.xml"), scenario, steps)
    return process.returncode


def _here() -> int:
    """Ask the lab that runs on this machine, if one does."""
    path = RESULTS / "here.xml"
    with suppress(PermissionError):
        if not _LAB_HERE.exists():
            print("No lab runs on this machine.")
            junit.write(path, "here", [junit.Case(name="verify", outcome="skipped", text="no lab runs here")])
            return 0
    return verify(None, [f"--junitxml={path}", "-q"])


def _pytest(*arguments: str) -> int:
    return _call([sys.executable, "-m", "pytest", *arguments])


def _call(command: list[str], *, cwd: Path = ROOT) -> int:
    CACHE.mkdir(exist_ok=True)
    return subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, check=False).returncode
