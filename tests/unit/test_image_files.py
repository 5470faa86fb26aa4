"""Sources are what a person wrote; their fingerprint is the same in every checkout."""

import os
import tarfile
from pathlib import Path

from remlab.image_files import fingerprint, pack, source_files


def _write(path: Path, content: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def test_sources_are_found_in_all_folders(tmp_path: Path) -> None:
    _write(tmp_path / "Dockerfile")
    _write(tmp_path / "src/remlab_x/frames.py")
    assert list(source_files(tmp_path)) == ["Dockerfile", "src/remlab_x/frames.py"]


def test_a_folder_that_is_missing_has_no_sources(tmp_path: Path) -> None:
    assert source_files(tmp_path / "missing") == {}


def test_what_tools_leave_behind_is_no_source(tmp_path: Path) -> None:
    for path in (
        "a/__pycache__/b.pyc",
        "node_modules/x/index.js",
        ".venv/bin/python",
        "x.egg-info/PKG",
        "b.pyc",
    ):
        _write(tmp_path / path)
    assert source_files(tmp_path) == {}


def test_entries_are_left_out_at_the_top_alone(tmp_path: Path) -> None:
    _write(tmp_path / "tests/test_x.py")
    _write(tmp_path / "src/tests/data.json")
    assert list(source_files(tmp_path, leave_out=["tests"])) == ["src/tests/data.json"]


def test_a_fingerprint_follows_content_name_and_executable_bit(tmp_path: Path) -> None:
    path = _write(tmp_path / "a", "one")
    prints = {fingerprint({"a": path})}
    prints.add(fingerprint({"b": path}))
    path.chmod(0o755)
    prints.add(fingerprint({"a": path}))
    path.write_text("two")
    prints.add(fingerprint({"a": path}))
    assert len(prints) == 4


def test_a_fingerprint_does_not_follow_times_owners_and_umask(tmp_path: Path) -> None:
    path = _write(tmp_path / "a")
    before = fingerprint({"a": path})
    os.utime(path, (1, 1))
    path.chmod(0o600)
    assert fingerprint({"a": path}) == before


def test_content_that_moves_from_one_file_to_the_next_changes_the_fingerprint(tmp_path: Path) -> None:
    one = {"a": _write(tmp_path / "1/a", "xy"), "b": _write(tmp_path / "1/b", "z")}
    other = {"a": _write(tmp_path / "2/a", "x"), "b": _write(tmp_path / "2/b", "yz")}
    assert fingerprint(one) != fingerprint(other)


def test_a_link_counts_as_where_it_leads(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("here")
    before = fingerprint({"link": link})
    link.unlink()
    link.symlink_to("there")
    assert fingerprint({"link": link}) != before


def test_a_packed_file_keeps_content_and_executable_bit_and_nothing_of_its_owner(tmp_path: Path) -> None:
    program = _write(tmp_path / "run", "#!/bin/sh\n")
    program.chmod(0o700)
    pack({"bin/run": program}, tmp_path / "x.tar")
    with tarfile.open(tmp_path / "x.tar") as archive:
        (member,) = archive.getmembers()
        content = archive.extractfile(member)
        assert content is not None
        assert content.read() == b"#!/bin/sh\n"
    assert (member.name, member.mode, member.uid, member.mtime) == ("bin/run", 0o755, 0, 0)
