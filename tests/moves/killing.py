"""Ends a run at a chosen point of a database's move, on the manager and where it was started."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from remlab.database_pair import MOVED_TO, PROMOTED
from remlab.observe import MOVE
from remlab.stack import LOCK_FILE
from tests.infra.deployment import Host

_STOP = Path("/run/remlab-test-stop")
_JOB = "remlab.job=database"
NOT_REACHED = 3


def _some(label: str) -> str:
    return f'[ -n "$(docker service ls --quiet --filter label={label})" ]'


# Point -> shell condition on the manager. What a mover does next is told by labels of the Swarm's services
# (database_phase.py), so they name the points better than lines of output, which come up to a second late.
POINTS: Mapping[str, str] = {
    "copying": _some(_JOB),
    "following": _some(MOVE),
    "stopped": _some(MOVED_TO),
    "promoting": _some(PROMOTED),
    "finishing": (
        f"docker service ps --format '{{{{.CurrentState}}}}' $(docker service ls --quiet --filter label={PROMOTED}) "
        "2>/dev/null | grep -q '^Running'"
    ),
}
# All that a move leaves in the Swarm while it is under way.
TRACES = (MOVE, MOVED_TO, PROMOTED, "remlab.job")


def script(point: str, *, mover: bool, lock: Path = LOCK_FILE, stop: Path = _STOP) -> str:
    """Shell that waits for a point of the move; then it freezes the mover, if it shall, and prints its process.

    The mover is whoever has the file open with which runs exclude each other on a manager: it goes on there
    when only `ansible-playbook` is killed.

    :param stop: once this file is there, the point will not be reached any more.
    """
    holders = f"find /proc/[0-9]*/fd -lname {lock} 2>/dev/null | cut -d/ -f3 | sort -u"
    give_up = f"[ ! -e {stop} ] || exit {NOT_REACHED}"
    lines = [
        # Cheap until a mover is there, since the same two cores deploy.
        f'until [ -n "$({holders})" ]; do {give_up}; sleep 0.3; done',
        f"until {POINTS[point]}; do {give_up}; sleep 0.05; done",
    ]
    if mover:
        lines += [f"processes=$({holders})", "kill -STOP $processes", "echo $processes"]
    return "\n".join(lines)


class Killer:
    """Waits beside a run; `reached` tells afterwards whether it was killed at its point."""

    def __init__(self, manager: Host, point: str, *, mover: bool) -> None:
        self._machine, self._script = manager.machine, script(point, mover=mover)
        self._thread: threading.Thread | None = None
        self._reached = False

    def watch(self, group: int) -> None:
        """Begin; `group` is the process group of the run."""
        self._machine.check_output(f"rm -f {_STOP}")
        self._thread = threading.Thread(target=self._kill, args=(group,), daemon=True)
        self._thread.start()

    def reached(self) -> bool:
        """The run has ended."""
        assert self._thread is not None, "watch comes first"
        self._machine.check_output(f"touch {_STOP}")
        self._thread.join()
        self._machine.check_output(f"rm -f {_STOP}")
        return self._reached

    def _kill(self, group: int) -> None:
        said = self._machine.run(self._script)
        if said.rc != 0:
            return
        # First where the run was started, which would tell of a mover that failed; the mover is frozen meanwhile.
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
            self._reached = True
        if processes := said.stdout.split():
            self._machine.check_output(f"kill -KILL {' '.join(processes)}")
