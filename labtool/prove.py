"""`./lab deploy --prove`: deploy while a moderate load goes through the front door, then say what was lost.

Runs inside `.venv`: `python -m labtool.prove [--inventory FILE] [--reads-only] [more for ansible-playbook]`.
"""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

from labtool.paths import ROOT
from tests.infra.deployment import Deployment, describe
from tests.load.beside import LoadFailed, Verdict, beside

READS_PER_SECOND, WRITES_PER_SECOND = 20, 5
_LOCAL = ROOT / "inventory" / "local.yml"


def main(arguments: list[str]) -> int:
    """Deploy and prove; the exit code is the deploy's, or 1 if the deploy went well and something was lost."""
    parser = argparse.ArgumentParser(prog="./lab deploy --prove", allow_abbrev=False)
    parser.add_argument("--inventory")
    parser.add_argument("--reads-only", action="store_true")
    options, rest = parser.parse_known_args(arguments)
    if options.inventory is not None:
        rest += ["-i", options.inventory]
    try:
        deployment = describe(Path(options.inventory or _LOCAL))
        with beside(load_arguments(deployment, reads_only=options.reads_only)) as load:
            print(f"Watching {deployment.public_url} while the lab is deployed.", flush=True)
            code = _playbook(rest, load.environment())
            verdict = load.finish()
    except (LoadFailed, RuntimeError) as error:
        print(f"lab: Nothing can be proved: {error}", file=sys.stderr)
        print("If no lab runs there yet, deploy without --prove first.", file=sys.stderr)
        return 1
    print(f"\n{verdict.text}")
    return exit_code(code, verdict)


def load_arguments(deployment: Deployment, *, reads_only: bool) -> list[str]:
    """How `python -m tests.load` is called for a lab that people use meanwhile."""
    writes = 0 if reads_only else WRITES_PER_SECOND
    found = ["--url", deployment.public_url]
    found += ["--reads-per-second", str(READS_PER_SECOND), "--writes-per-second", str(writes)]
    return [*found, "--any-certificate"] if deployment.own_authority else found


def exit_code(deploy: int, verdict: Verdict) -> int:
    """Non-zero if either failed."""
    return deploy or (0 if verdict.good else 1)


def _playbook(arguments: list[str], variables: dict[str, str]) -> int:
    """Run site.yml to its end. Ctrl-C stops it in its own way; the verdict comes nevertheless."""
    # A handler, not SIG_IGN, which the playbook would inherit.
    signal.signal(signal.SIGINT, lambda *_: None)
    command = ["ansible-playbook", "site.yml", *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | variables) as process:
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        return process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
