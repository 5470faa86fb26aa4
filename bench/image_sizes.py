"""Prints how large each service's image is above the Python base that all share, and fails over budget.

Sizes are the bytes of the layers as the engine reports them. Usage: python3 bench/image_sizes.py
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MEGABYTE = 1_000_000
BUDGET_MB = 90
LARGER_BUDGETS_MB = {"media": 190, "simulator": 190}


@dataclass(frozen=True)
class Size:
    """An image's size in bytes: all of it, and what lies above the shared base."""

    service: str
    total_bytes: int
    above_bytes: int

    @property
    def budget_bytes(self) -> int:
        """What the image may have above the base."""
        return LARGER_BUDGETS_MB.get(self.service, BUDGET_MB) * MEGABYTE


def _docker(*words: str) -> str:
    return subprocess.run(["docker", *words], check=True, capture_output=True, text=True).stdout


def _inspect(references: Sequence[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(_docker("image", "inspect", *references)) if references else []
    return found


def newest_images(project: str) -> list[dict[str, Any]]:
    """Return the newest image of each service of the project, as the engine describes it."""
    filters = ("--filter", f"label=remlab.project={project}", "--filter", "label=remlab.service")
    identities = dict.fromkeys(_docker("image", "ls", "--quiet", "--no-trunc", *filters).split())
    newest: dict[str, dict[str, Any]] = {}
    for image in _inspect(list(identities)):
        service = image["Config"]["Labels"]["remlab.service"]
        if service not in newest or newest[service]["Created"] < image["Created"]:
            newest[service] = image
    return list(newest.values())


def base_size(layer: str) -> int:
    """Return the size of the Python base: the image whose only layer is `layer`."""
    references = _docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "remlab/base").split()
    for image in _inspect(references):
        if image["RootFS"]["Layers"] == [layer]:
            return int(image["Size"])
    sys.exit("The Python base is not on this machine (remlab/base); deploy from here first.")


def sizes(project: str) -> list[Size]:
    """Return the sizes of all services' newest images, the largest first."""
    images = newest_images(project)
    first_layers = {image["RootFS"]["Layers"][0] for image in images}
    if len(first_layers) != 1:
        sys.exit(
            f"The images do not share one base: {len(first_layers)} lowest layers. Deploy, then look again."
        )
    base = base_size(first_layers.pop())
    found = [Size(i["Config"]["Labels"]["remlab.service"], i["Size"], i["Size"] - base) for i in images]
    return sorted(found, key=lambda size: -size.above_bytes)


def main() -> int:
    """Print the table; the exit status is 1 if an image is over its budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", default="remlab", help="label of the laboratory's images")
    found = sizes(parser.parse_args().project)
    print(f"{'image':<12} {'total MB':>9} {'above base MB':>14} {'at most':>8}")
    for size in found:
        over = "  OVER" if size.above_bytes > size.budget_bytes else ""
        total, above, budget = (n / MEGABYTE for n in (size.total_bytes, size.above_bytes, size.budget_bytes))
        print(f"{size.service:<12} {total:>9.1f} {above:>14.1f} {budget:>8.0f}{over}")
    return int(any(size.above_bytes > size.budget_bytes for size in found))


if __name__ == "__main__":
    sys.exit(main())
