"""Well = the server takes connections, writes, and has the role and database of each service.

A copy that still follows another server is not well on purpose: Docker's DNS then does
not name it. The check waits for its promotion, so that it becomes reachable at that moment
and not at the next check.
"""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from .settings import SUPERUSER, programs

_TIMEOUT_SECONDS = 3
# Less than the engine's own time-out of this check by what the check itself may take.
_FOLLOWS_SECONDS = 50
_POLL_SECONDS = 0.05
_QUERY = """\
SELECT count(*) FROM pg_roles JOIN pg_database ON datname = rolname
WHERE rolname = ANY (string_to_array(:'names', ' '))
"""


def main() -> int:
    """Exit status 0 when it is well; otherwise 1 and a line that says why."""
    volume = Path(os.environ.get("DATABASE_VOLUME", "/var/lib/remlab/database"))
    if _follows(volume / "data" / "standby.signal"):
        print("follows another server")
        return 1
    names = os.environ["DATABASES"].split()
    answer = _asked(names)
    if answer.returncode:
        print(answer.stderr.strip())
        return 1
    found = int(answer.stdout)
    print(f"{found} of {len(names)} databases")
    return 0 if found == len(names) else 1


def _follows(signal: Path) -> bool:
    """Whether the server still follows another one after this check has waited for its promotion."""
    if not signal.exists():
        return False
    # Whoever promotes looks at this file's age, so as not to hit the gap between two checks.
    waits = Path(os.environ.get("DATABASE_RUNTIME", "/tmp")) / "health-waits"  # noqa: S108 - the container's own
    waits.touch()
    deadline = time.monotonic() + float(os.environ.get("DATABASE_HEALTH_WAIT_SECONDS", _FOLLOWS_SECONDS))
    while time.monotonic() < deadline:
        if not signal.exists():
            return False
        time.sleep(_POLL_SECONDS)
    waits.unlink(missing_ok=True)
    return True


def _asked(names: list[str]) -> subprocess.CompletedProcess[str]:
    # Debian's /usr/bin/psql is a Perl program, which the image does not have.
    command = [
        str(programs() / "psql"),
        *("--no-psqlrc", "--no-password", "--tuples-only", "--no-align"),
        f"--host={os.environ.get('DATABASE_RUNTIME', '/tmp')}",  # noqa: S108 - the container's own
        f"--port={os.environ.get('DATABASE_PORT', '5432')}",
        f"--username={SUPERUSER}",
        "--dbname=postgres",
        f"--set=names={' '.join(names)}",
        # Variables are replaced in what is read from standard input only.
        "--file=-",
    ]
    return subprocess.run(
        command,
        input=_QUERY + ";",
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT_SECONDS,
    )


if __name__ == "__main__":
    raise SystemExit(main())
