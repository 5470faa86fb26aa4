"""Frees the space of deleted images: python3 -m remlab_registry.collect, in the container.

Nobody may push meanwhile, or what is being pushed may be taken for rubbish.
"""

from __future__ import annotations

import subprocess

from .configuration import FILE, STORAGE
from .program import program


def main() -> int:
    """The registry's own exit status; what it says goes to standard output."""
    if not (STORAGE / "docker/registry/v2/repositories").is_dir():
        print("there are no images yet")
        return 0
    line = [program(), "garbage-collect", "--delete-untagged", str(FILE)]
    return subprocess.run(line, stderr=subprocess.STDOUT, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
