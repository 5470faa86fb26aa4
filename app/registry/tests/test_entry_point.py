"""Two registries never write on one volume, and none starts on half a copy."""

import os
import runpy
from pathlib import Path

import pytest
import yaml

from remlab_launch.volume_lock import COPYING, LOCK
from remlab_registry import configuration, program

_SERVICE_FILE = Path(__file__).parents[3] / "roles/lab_services/defaults/main/registry.yml"


@pytest.fixture
def became(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the entry point became, in place of the registry."""
    found: list[list[str]] = []
    monkeypatch.setattr(configuration, "STORAGE", tmp_path)
    monkeypatch.setattr(configuration, "settings", dict)
    monkeypatch.setattr(configuration, "write_configuration", lambda _: Path("registry.yml"))
    monkeypatch.setattr(program, "program", lambda: "docker-registry")
    monkeypatch.setattr(os, "execv", lambda _, line: found.append(line))
    return found


def test_registry_locks_its_volume_before_it_starts(tmp_path: Path, became: list[list[str]]) -> None:
    runpy.run_module("remlab_registry", run_name="__main__")
    assert became == [["docker-registry", "serve", "registry.yml"]]
    assert (tmp_path / LOCK).exists()


def test_registry_does_not_start_on_half_a_copy(
    tmp_path: Path, became: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / COPYING).write_text("remlab-registry-images-1-1 on a\n")
    with pytest.raises(SystemExit):
        runpy.run_module("remlab_registry", run_name="__main__")
    assert became == []
    assert capsys.readouterr().out.startswith(
        f"registry does not start: the volume {tmp_path} holds half a copy of "
    )


def test_volume_lies_where_the_service_file_has_it() -> None:
    volumes = yaml.safe_load(_SERVICE_FILE.read_text())["lab_service_registry"]["volumes"]
    assert [volume["path"] for volume in volumes] == [str(configuration.STORAGE)]
