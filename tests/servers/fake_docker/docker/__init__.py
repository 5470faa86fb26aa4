"""Stands in for Docker's SDK: an engine that says what a file says, and does nothing."""

import json
import os
from pathlib import Path
from typing import Any

from . import errors

__all__ = ["APIClient", "errors"]


class APIClient:
    """Answers from the JSON file that FAKE_ENGINE names: info, containers, volumes, nodes, services."""

    def __init__(self, **_options: Any) -> None:
        self._says = json.loads(Path(os.environ["FAKE_ENGINE"]).read_text(encoding="utf-8"))

    def ping(self) -> bool:
        return True

    def info(self) -> Any:
        return self._says["info"]

    def containers(self, **_filters: Any) -> Any:
        return self._says["containers"]

    def volumes(self, **_filters: Any) -> Any:
        return {"Volumes": self._says["volumes"]}

    def nodes(self) -> Any:
        return self._says["nodes"]

    def services(self, **_filters: Any) -> Any:
        return self._says["services"]

    def inspect_container(self, _identifier: str) -> Any:
        return {"State": {"Pid": 0}}
