"""Two front doors never write on one volume, and none starts on half a copy."""

import runpy
from pathlib import Path

import pytest
import yaml

from remlab.front_door_caddyfile import STORAGE_FOLDER
from remlab_edge import caddy
from remlab_launch.volume_lock import COPYING, LOCK

_SERVICE_FILE = Path(__file__).parents[3] / "roles/lab_services/defaults/main/edge.yml"


@pytest.fixture
def became(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the entry point became, in place of Caddy."""
    found: list[list[str]] = []
    monkeypatch.setattr(caddy, "STORAGE", tmp_path)
    monkeypatch.setattr(caddy, "command", lambda verb: ["caddy", verb])
    monkeypatch.setattr(caddy, "become", found.append)
    return found


def test_front_door_locks_its_volume_before_it_starts(tmp_path: Path, became: list[list[str]]) -> None:
    runpy.run_module("remlab_edge", run_name="__main__")
    assert became == [["caddy", "run"]]
    assert (tmp_path / LOCK).exists()


def test_front_door_does_not_start_on_half_a_copy(
    tmp_path: Path, became: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / COPYING).write_text("remlab-edge-certificates-1-1 on a\n")
    with pytest.raises(SystemExit):
        runpy.run_module("remlab_edge", run_name="__main__")
    assert became == []
    assert capsys.readouterr().out.startswith(
        f"edge does not start: the volume {tmp_path} holds half a copy of "
    )


def test_volume_lies_where_caddy_and_the_service_file_have_it() -> None:
    volumes = yaml.safe_load(_SERVICE_FILE.read_text())["lab_service_edge"]["volumes"]
    assert [volume["path"] for volume in volumes] == [str(caddy.STORAGE)] == [STORAGE_FOLDER]
