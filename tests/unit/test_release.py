"""Releases are numbered, recorded, and show no address."""

from __future__ import annotations

from pathlib import Path

from remlab.release import latest, public, record

SERVICE = {
    "name": "web",
    "replica": "web-1",
    "host": "a",
    "image_tag": "1234",
    "reference": "registry/web@sha256:1",
    "summary": "for a test",
}


def test_the_first_deploy_is_release_one_and_a_run_without_change_makes_none(tmp_path: Path) -> None:
    assert record(tmp_path, [SERVICE], {}, anew=False)["number"] == 1
    assert record(tmp_path, [SERVICE], {}, anew=False)["number"] == 1
    assert record(tmp_path, [SERVICE], {"x": "x-1"}, anew=True)["number"] == 2
    newest = latest(tmp_path)
    assert newest is not None
    assert newest["secrets"] == {"x": "x-1"}


def test_what_is_shown_holds_neither_references_nor_secrets(tmp_path: Path) -> None:
    shown = public(record(tmp_path, [SERVICE], {"x": "x-1"}, anew=True))
    assert set(shown) == {"number", "deployed_at", "services"}
    assert set(shown["services"][0]) == {"name", "replica", "host", "image_tag", "summary"}


def test_what_a_killed_run_left_half_written_is_no_release(tmp_path: Path) -> None:
    record(tmp_path, [SERVICE], {}, anew=True)
    (tmp_path / "2.partial").write_text("{")
    newest = latest(tmp_path)
    assert newest is not None
    assert newest["number"] == 1
