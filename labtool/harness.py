"""The verbs that test, inside `.venv`: `python -m labtool.harness verify|check|test|bench`."""

import argparse
import subprocess
import sys

from labtool import checks, suites
from labtool.paths import ROOT


def main(arguments: list[str]) -> int:
    """Run one verb; the result is its exit code."""
    parser = argparse.ArgumentParser(prog="./lab", allow_abbrev=False)
    parser.add_argument("verb", choices=["verify", "check", "test", "bench"])
    parser.add_argument("--inventory")
    parsed, rest = parser.parse_known_args(arguments)
    if parsed.verb == "verify":
        return suites.verify(parsed.inventory, rest)
    if parsed.verb == "check":
        return checks.run()
    if parsed.verb == "test":
        return suites.run(rest)
    return _bench(rest)


def _bench(rest: list[str]) -> int:
    tools = ["ansible-playbook", "playbooks/test_tools.yml", "-e", "{test_tools_benchmarks: true}"]
    if subprocess.run(tools, cwd=ROOT, check=False).returncode != 0:
        return 1
    return subprocess.run([sys.executable, "-m", "bench", *rest], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
