"""The load beside a move, and what the move may take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.infra.deployment import Deployment


@dataclass(frozen=True)
class Aim:
    """Load (a second), and what a move may take (seconds)."""

    reads: int
    writes: int
    run_seconds: float
    request_seconds: float
    silence_seconds: float


def load_arguments(deployment: Deployment, aim: Aim, *, name_file: Path | None) -> list[str]:
    """How `python -m tests.load` is called beside a move."""
    options: dict[str, object] = {
        "--url": deployment.public_url,
        "--reads-per-second": aim.reads,
        "--writes-per-second": aim.writes,
        "--max-request-seconds": aim.request_seconds,
        "--max-silence-seconds": aim.silence_seconds,
    }
    if name_file is not None:
        options["--name-file"] = name_file
    if not deployment.lab["placement"].get("simulator"):
        options["--devices-url"] = deployment.device_url
    words = [str(word) for pair in options.items() for word in pair]
    return [*words, "--any-certificate"] if deployment.own_authority else words
