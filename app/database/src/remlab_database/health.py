"""Well = the server takes connections, writes, and has the role and database of each service.

A copy that still follows another server is not well on purpose: Docker's DNS then does
not name it, and it becomes reachable the moment it is promoted.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from .settings import SUPERUSER, programs

_TIMEOUT_SECONDS = 3
_QUERY = """\
SELECT count(*) FROM pg_roles JOIN pg_database ON datname = rolname
WHERE rolname = ANY (string_to_array(:'names', ' '))
"""


def main() -> int:
    """Exit status 0 when it is well; otherwise 1 and a line that says why."""
    volume = Path(os.environ.get("DATABASE_VOLUME", "/var/lib/remlab/database"))
    if (volume / "data" / "standby.signal").exists():
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
