"""What a container is given and what it says when something is missing."""

from pathlib import Path

import pytest

from remlab_launch.surroundings import SurroundingsError, refuse, secret, setting, write_private


def test_secret_loses_the_newline_at_its_end_only(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(" a b \n")
    assert secret("token", tmp_path) == " a b "


def test_missing_secret_is_named(tmp_path: Path) -> None:
    with pytest.raises(SurroundingsError, match="token cannot be read"):
        secret("token", tmp_path)


def test_empty_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n")
    with pytest.raises(SurroundingsError, match="token is empty"):
        secret("token", tmp_path)


def test_missing_setting_is_named() -> None:
    with pytest.raises(SurroundingsError, match="LAB_TITLE is missing"):
        setting("LAB_TITLE", {})


def test_written_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = write_private(tmp_path / "new" / "server.conf", "password")
    assert path.stat().st_mode & 0o777 == 0o400
    assert path.read_text() == "password"


def test_written_file_replaces_an_older_one(tmp_path: Path) -> None:
    write_private(tmp_path / "server.conf", "old")
    write_private(tmp_path / "server.conf", "new")
    assert (tmp_path / "server.conf").read_text() == "new"


def test_refusal_names_service_and_reason(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        refuse("broker", "no password")
    assert exit_.value.code == 78
    assert capsys.readouterr().out == "broker does not start: no password\n"
