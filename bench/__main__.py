"""Runs one benchmark, or all of them: `./lab bench [NAME] [its own options]`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))


def main(arguments: list[str]) -> int:
    """The exit code is 0 only if every benchmark that ran met what it asks for."""
    # The inventory is the harness's own option; a benchmark is told an address.
    if arguments[:1] and not arguments[0].startswith("-"):
        chosen, rest = [arguments[0]], arguments[1:]
    else:
        chosen, rest = names(), arguments
    if not set(chosen) <= set(names()):
        print(f"There is no benchmark '{chosen[0]}'; there are: {', '.join(names())}", file=sys.stderr)
        return 2
    missed = []
    for name in chosen:
        print(f"\n## {name}\n", flush=True)
        if subprocess.run([sys.executable, str(FOLDER / f"{name}.py"), *rest], check=False).returncode:
            missed.append(name)
    if missed:
        print(f"\nNot met: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
