"""`./lab check`: every tool that only looks at the source, one line for each."""

import os
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from labtool import junit
from labtool.paths import RESULTS, ROOT

_FRONTEND = ROOT / "frontend"
# Tests are not: they look into what the types call optional all the time.
_TYPED = ("lab", "labtool", "lib/*/src", "app/*/src", "plugins", "bench")


@dataclass(frozen=True)
class Check:
    """A tool, how it is called, and where."""

    name: str
    command: list[str]
    folder: Path = ROOT


def run() -> int:
    """Run all checks, two at a time; print what the failing ones said. Returns the exit code."""
    results = []
    if (problem := install_frontend()) is not None:
        results.append(junit.Case(name="npm ci", outcome="failed", text=problem))
    with ThreadPoolExecutor(2) as pool:
        for check, case in zip(checks := list(_checks()), pool.map(_perform, checks), strict=True):
            results.append(case)
            print(f"  {check.name:<24}{case.outcome:<8}{case.seconds:6.1f} s", flush=True)
    junit.write(RESULTS / "check.xml", "check", results)
    failed = [case for case in results if case.outcome == "failed"]
    for case in failed:
        print(f"\n── {case.name} ──\n{case.text.rstrip()}")
    return 1 if failed else 0


def _checks() -> Iterator[Check]:
    typed = sorted(
        str(path.relative_to(ROOT)) for pattern in _TYPED for path in ROOT.glob(pattern) if _python(path)
    )
    yield Check("ruff format", ["ruff", "format", "--check", "--quiet", "--diff", "."])
    yield Check("ruff", ["ruff", "check", "--quiet", "."])
    yield Check("mypy", ["mypy", *typed])
    yield Check("yamllint", ["yamllint", "--strict", "."])
    yield Check("ansible-lint", ["ansible-lint", "--offline", "--strict", "-q"])
    yield Check("shellcheck", ["shellcheck", *_shell_scripts()])
    if (_FRONTEND / "package.json").exists():
        for script in ("lint", "typecheck", "api:check"):
            yield Check(f"frontend {script}", ["npm", "run", "--silent", script], _FRONTEND)
    yield Check("static tests", ["python", "-m", "pytest", "-q", "--no-header", "tests/static"])


def _python(path: Path) -> bool:
    return path.is_file() or any(path.rglob("*.py"))


def _perform(check: Check) -> junit.Case:
    started = time.monotonic()
    done = subprocess.run(
        check.command,
        cwd=check.folder,
        env=os.environ | {"NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    outcome: junit.Outcome = "passed" if done.returncode == 0 else "failed"
    return junit.Case(name=check.name, outcome=outcome, text=done.stdout, seconds=time.monotonic() - started)


def _shell_scripts() -> list[str]:
    """Every tracked file that a shell runs, whatever its name."""
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    shebangs = (b"#!/bin/sh", b"#!/bin/bash", b"#!/usr/bin/env bash", b"#!/usr/bin/env sh")
    return [name for name in tracked if (ROOT / name).is_file() and _starts_with(ROOT / name, shebangs)]


def _starts_with(path: Path, openings: tuple[bytes, ...]) -> bool:
    with path.open("rb") as file:
        return file.read(32).startswith(openings)


def install_frontend() -> str | None:
    """Bring `node_modules` to the lock file, where it is not; the text tells what went wrong."""
    lock = _FRONTEND / "package-lock.json"
    marker = _FRONTEND / "node_modules" / ".remlab-lock"
    if not lock.exists():
        return None
    wanted = lock.read_text(encoding="utf-8")
    if marker.exists() and marker.read_text(encoding="utf-8") == wanted:
        return None
    done = subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=_FRONTEND, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        return done.stdout
    marker.write_text(wanted, encoding="utf-8")
    return None
