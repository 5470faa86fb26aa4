"""The load as a process of its own, beside whatever changes the lab meanwhile."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

_ROOT = Path(__file__).resolve().parents[2]
_READY_SECONDS = 60.0
# Requests under way, and thousands of rows to read back.
_END_SECONDS = 240.0


class LoadFailed(Exception):
    """The load did not begin, or did not end; the text is what it said."""


class Verdict(NamedTuple):
    """What the load found."""

    good: bool
    text: str
    figures: dict[str, Any]
    """As `Outcome.as_json` gives them; empty if it failed before it could write them."""


class Load:
    """A load that runs. Its events file is there for whoever changes the lab."""

    def __init__(self, arguments: Sequence[str], folder: Path) -> None:
        self.events = folder / "events"
        self._result, self._ready, self._said = folder / "result.json", folder / "ready", folder / "said"
        own = ["--result", self._result, "--ready-file", self._ready, "--events", self.events]
        # A session of its own: the terminal's Ctrl-C goes to the deploy alone, which is watched to its end.
        with self._said.open("w") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.load", *arguments, *map(str, own)],
                cwd=_ROOT,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        """Wait until everything is being watched. Raises LoadFailed."""
        until = time.monotonic() + _READY_SECONDS
        while not self._ready.exists():
            if self._process.poll() is not None or time.monotonic() > until:
                raise LoadFailed(self._text() or f"nothing within {_READY_SECONDS:.0f} s")
            time.sleep(0.1)

    def environment(self) -> dict[str, str]:
        """What makes `ansible-playbook` write its events for the load."""
        return {"ANSIBLE_CALLBACKS_ENABLED": "lab_run_lock,events", "REMLAB_EVENTS_FILE": str(self.events)}

    def finish(self) -> Verdict:
        """End the load and read what it found. Raises LoadFailed if it does not end."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            raise LoadFailed(f"the load did not end within {_END_SECONDS:.0f} s\n{self._text()}") from None
        figures = json.loads(self._result.read_text(encoding="utf-8")) if self._result.exists() else {}
        return Verdict(code == 0 and bool(figures), self._text(), figures)

    def kill(self) -> None:
        """End it without a verdict."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _text(self) -> str:
        lines = self._said.read_text(encoding="utf-8").strip().splitlines()
        return "\n".join(line for line in lines if not line.startswith("Watching "))


@contextmanager
def beside(arguments: Sequence[str]) -> Iterator[Load]:
    """Keep a load up around a change; `arguments` are those of `python -m tests.load`.

    The caller asks for the verdict with `finish`. Raises LoadFailed if there is no lab to watch.
    """
    with TemporaryDirectory(prefix="remlab-load-") as folder:
        load = Load(arguments, Path(folder))
        try:
            load.wait_until_ready()
            yield load
        finally:
            load.kill()
