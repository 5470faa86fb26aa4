"""Running the programs that build: their output goes to a log, and a failure shows its last lines."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

SHOWN_LINES = 30
#: What a build takes over from the environment of whoever started it. Everything else would make builds
#: depend on a shell's settings.
PASSED_ON = (
    "PATH",
    "HOME",
    "LANG",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
)


class BuildFailure(Exception):
    """A step of a build failed. Carries what was run and the last lines it wrote."""

    def __init__(self, step: str, lines: Sequence[str], advice: str = "") -> None:
        super().__init__(step)
        self.step = step
        self.lines = list(lines)
        self.advice = advice


class Commands:
    """Runs programs for one job, with the job's log and a small environment."""

    def __init__(self, log: Path, environment: Mapping[str, str]) -> None:
        self.log = log
        self._environment = {key: os.environ[key] for key in PASSED_ON if key in os.environ}
        self._environment.setdefault("PATH", os.defpath)
        for place in ("/usr/local/sbin", "/usr/sbin", "/sbin"):
            if place not in self._environment["PATH"].split(":"):
                self._environment["PATH"] += f":{place}"
        self._environment.update({"LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", **environment})

    def run(
        self,
        *command: str | Path,
        step: str,
        stdin: Path | None = None,
        environment: Mapping[str, str] | None = None,
        advice: str = "",
    ) -> str:
        """Run a program, return what it wrote (both streams), and raise BuildFailure if it fails."""
        words = [str(word) for word in command]
        with self.log.open("a", encoding="utf-8") as log:
            start = log.tell()
            log.write(f"$ {shlex.join(words)}\n")
            log.flush()
            code = self._wait(words, log.fileno(), stdin, environment or {})
        written = self.log.read_bytes()[start:].decode("utf-8", "replace")
        if code != 0:
            raise BuildFailure(f"{step} (exit status {code})", written.splitlines()[-SHOWN_LINES:], advice)
        return written.partition("\n")[2]

    def succeeds(self, *command: str | Path) -> bool:
        """Tell whether a program ends with status 0; its output is nobody's."""
        words = [str(word) for word in command]
        done = subprocess.run(
            words, env=self._environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        return done.returncode == 0

    def _wait(self, words: list[str], output: int, stdin: Path | None, environment: Mapping[str, str]) -> int:
        with (stdin or Path(os.devnull)).open("rb") as given:
            try:
                done = subprocess.run(
                    words,
                    env={**self._environment, **environment},
                    stdin=given,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    check=False,
                )
            except FileNotFoundError:
                os.write(output, f"{words[0]}: no such program\n".encode())
                return 127
        return done.returncode
