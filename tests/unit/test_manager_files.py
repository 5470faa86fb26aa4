"""What one manager keeps arrives at the next as it is, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from remlab import manager_files, membership


def test_what_was_read_is_written_with_no_rights_for_others(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    (one / "secrets").mkdir(parents=True)
    (one / "releases").mkdir()
    (one / "secrets" / "key").write_bytes(b"\x00value")
    (one / "secrets" / ".key-halfwritten").write_bytes(b"")
    (one / "releases" / "1.json").write_text("{}")
    (other / "secrets").mkdir(parents=True)
    (other / "secrets" / "stale").write_text("x")
    files = manager_files.read(one)
    assert sorted(files) == ["releases/1.json", "secrets/key"]
    assert manager_files.write(files, other)
    assert not manager_files.write(files, other)
    assert sorted(path.name for path in (other / "secrets").iterdir()) == ["key"]
    assert (other / "secrets" / "key").read_bytes() == b"\x00value"
    assert (other / "secrets").stat().st_mode & 0o777 == 0o700
    assert (other / "secrets" / "key").stat().st_mode & 0o777 == 0o600
    assert manager_files.digest(one) == manager_files.digest(other) != ""


def test_nothing_that_was_read_takes_nothing_away(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "key").write_text("x")
    assert not manager_files.write({}, tmp_path)
    assert manager_files.digest(tmp_path)


def test_a_path_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    for name in ("../key", "secrets/../../key", "secrets/..", "other/key"):
        with pytest.raises(ValueError, match="no files of a manager"):
            manager_files.write({name: "eA=="}, tmp_path)


def test_removed_secrets_leave_no_folder(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    assert manager_files.remove(tmp_path)
    assert not manager_files.remove(tmp_path)
    assert manager_files.digest(tmp_path) == ""


def test_a_memory_is_kept_from_others_and_written_only_when_it_differs(tmp_path: Path) -> None:
    path = tmp_path / "lib" / "fleet.json"
    hosts = {"a": {"ansible_host": "192.0.2.7"}}
    assert membership.remember(hosts, {}, check=True, path=path)
    assert not path.exists()
    assert membership.remember(hosts, {}, check=False, path=path)
    assert not membership.remember(hosts, {}, check=False, path=path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert membership.recall(path) == {"remembered": hosts, "left": {}}
    path.write_text("half", encoding="utf-8")
    assert membership.recall(path) == {"remembered": {}, "left": {}}
