"""What the role front_door runs in the container: python3 -m remlab_edge.configuration VERB.

`check FILE` says whether a file in the configuration's folder would do, `reload` puts the
configuration into force without closing a connection, `loaded` prints the fingerprint of
the one that is in force.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

from remlab_launch.surroundings import SurroundingsError

from .caddy import ADMIN_ADDRESS, CONFIGURATION, command

_FINGERPRINT_URL = "http://127.0.0.1:8081/configuration"
_TIMEOUT_SECONDS = 30


def main(arguments: list[str]) -> int:
    """Caddy's own exit status; what it said goes to standard output."""
    match arguments:
        case ["check", name]:
            return _run(command("validate", configuration=CONFIGURATION.with_name(Path(name).name)))
        case ["reload"]:
            return _run(command("reload", "--address", ADMIN_ADDRESS))
        case ["loaded"]:
            with urllib.request.urlopen(_FINGERPRINT_URL, timeout=5) as answer:
                print(answer.read().decode())
            return 0
    print(__doc__)
    return 2


def _run(line: list[str]) -> int:
    done = subprocess.run(
        line,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=_TIMEOUT_SECONDS,
    )
    if done.returncode:
        print("\n".join(errors_in(done.stdout)) or done.stdout.strip())
    return done.returncode


def errors_in(log: str) -> list[str]:
    """The messages of Caddy's log lines (JSON, one a line) that are errors."""
    entries = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return [entry["msg"] for entry in entries if entry.get("level") == "error"]


if __name__ == "__main__":
    try:
        raise SystemExit(main(sys.argv[1:]))
    except (SurroundingsError, OSError, subprocess.TimeoutExpired) as error:
        print(error)
        raise SystemExit(1) from error
