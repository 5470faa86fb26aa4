"""A machine on which the engine is missing and no package mirror answers."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.bad_input.playbooks import ROOT

ASK = "import json; from remlab.host_check import dead_mirrors; print(json.dumps(dead_mirrors()))"


def ask(*before: str) -> dict[str, str]:
    """What preflight finds out about the package mirrors of this machine's own apt."""
    done = subprocess.run(
        [*before, sys.executable, "-c", ASK],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH": str(ROOT / "plugins/module_utils")},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_without_a_route_every_mirror_is_named_with_what_went_wrong() -> None:
    dead = ask("unshare", "--map-root-user", "--net")
    assert dead
    assert all(mirror.startswith("http") and why for mirror, why in dead.items()), dead


def test_a_mirror_that_answers_is_no_fault() -> None:
    assert ask() == {}
