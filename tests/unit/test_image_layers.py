"""Layers hold the difference of two trees, and nothing of the larger tree is lost or changed."""

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from remlab.image_layers import Image, write_archive, write_layer

Entry = tuple[str, dict[str, Any]]
PYTHON: list[Entry] = [
    ("./", {"type": tarfile.DIRTYPE, "mode": 0o755}),
    ("./etc", {"type": tarfile.DIRTYPE, "mode": 0o755}),
    ("./etc/ld.so.cache", {"content": b"old"}),
    ("./lib", {"type": tarfile.SYMTYPE, "linkname": "usr/lib"}),
    ("./usr", {"type": tarfile.DIRTYPE, "mode": 0o755}),
    ("./usr/bin", {"type": tarfile.DIRTYPE, "mode": 0o755}),
    ("./usr/bin/perl", {"content": b"perl", "mode": 0o755}),
    ("./usr/lib", {"type": tarfile.DIRTYPE, "mode": 0o755}),
    ("./usr/lib/libc.so", {"content": b"libc"}),
]


def _tar(path: Path, entries: list[Entry]) -> Path:
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for name, given in entries:
            member = tarfile.TarInfo(name)
            member.mtime = given.get("mtime", 1_700_000_000)
            member.mode = given.get("mode", 0o644)
            member.type = given.get("type", tarfile.REGTYPE)
            member.linkname = given.get("linkname", "")
            member.uid = given.get("uid", 0)
            member.pax_headers = given.get("pax_headers", {})
            content = given.get("content", b"")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def _layer(tmp_path: Path, added: list[Entry], **options: Any) -> dict[str, tarfile.TarInfo]:
    lower = _tar(tmp_path / "lower.tar", PYTHON)
    changed = {name for name, _ in added}
    tree = _tar(tmp_path / "tree.tar", sorted([*(e for e in PYTHON if e[0] not in changed), *added]))
    write_layer(tree, tmp_path / "layer.tar", lower=lower, **options)
    with tarfile.open(tmp_path / "layer.tar") as layer:
        return {member.name: member for member in layer}


def test_a_layer_has_only_what_is_new_and_the_folders_above_it(tmp_path: Path) -> None:
    layer = _layer(tmp_path, [("./usr/bin/nats", {"content": b"nats", "mode": 0o755})])
    assert list(layer) == ["usr", "usr/bin", "usr/bin/nats"]
    assert layer["usr/bin/nats"].mode == 0o755


def test_the_link_from_lib_to_usr_lib_never_becomes_a_folder(tmp_path: Path) -> None:
    layer = _layer(tmp_path, [("./usr/lib/libnew.so", {"content": b"new"})])
    assert "lib" not in layer
    assert "usr/lib/libnew.so" in layer


@pytest.mark.parametrize(
    "change",
    [
        {"content": b"new"},
        {"content": b"old", "mode": 0o600},
        {"content": b"old", "uid": 7},
        {"content": b"old", "mtime": 1},
    ],
    ids=["content", "mode", "owner", "time"],
)
def test_a_changed_file_of_the_lower_tree_is_in_the_layer(tmp_path: Path, change: dict[str, Any]) -> None:
    assert "etc/ld.so.cache" in _layer(tmp_path, [("./etc/ld.so.cache", change)])


def test_a_folder_with_other_rights_is_in_the_layer(tmp_path: Path) -> None:
    layer = _layer(tmp_path, [("./usr/bin", {"type": tarfile.DIRTYPE, "mode": 0o700})])
    assert layer["usr/bin"].mode == 0o700


def test_folders_and_links_that_are_new_are_in_the_layer(tmp_path: Path) -> None:
    added: list[Entry] = [
        ("./var", {"type": tarfile.DIRTYPE, "mode": 0o755}),
        ("./var/empty", {"type": tarfile.DIRTYPE, "mode": 0o700}),
        ("./usr/bin/pager", {"type": tarfile.SYMTYPE, "linkname": "/etc/alternatives/pager"}),
    ]
    layer = _layer(tmp_path, added)
    assert layer["var/empty"].mode == 0o700
    assert layer["usr/bin/pager"].linkname == "/etc/alternatives/pager"


@pytest.mark.parametrize(
    "path",
    [
        "./usr/share/doc/x",
        "./var/cache/apt/pkgcache.bin",
        "./etc/resolv.conf",
        "./var/lib/dpkg/status-old",
        "./tmp/x",
    ],
)
def test_what_nobody_reads_in_an_image_is_left_out(tmp_path: Path, path: str) -> None:
    assert path.removeprefix("./") not in _layer(tmp_path, [(path, {"content": b"x"})])


def test_folders_for_caches_and_logs_stay_since_programs_expect_them(tmp_path: Path) -> None:
    assert "var/log/postgresql" in _layer(tmp_path, [("./var/log/postgresql", {"type": tarfile.DIRTYPE})])


def test_a_devices_file_is_left_out_wherever_it_lies(tmp_path: Path) -> None:
    assert "etc/null" not in _layer(tmp_path, [("./etc/null", {"type": tarfile.CHRTYPE})])


def test_globs_of_a_service_leave_files_out(tmp_path: Path) -> None:
    added: list[Entry] = [
        ("./usr/lib/libLLVM.so.19", {"content": b"big"}),
        ("./usr/lib/libpq.so.5", {"content": b"small"}),
    ]
    layer = _layer(tmp_path, added, leave_out=["/usr/lib/libLLVM*"])
    assert "usr/lib/libpq.so.5" in layer
    assert "usr/lib/libLLVM.so.19" not in layer


def test_a_second_name_of_a_new_file_stays_a_link(tmp_path: Path) -> None:
    added: list[Entry] = [
        ("./usr/bin/a", {"content": b"program"}),
        ("./usr/bin/b", {"type": tarfile.LNKTYPE, "linkname": "./usr/bin/a"}),
    ]
    assert _layer(tmp_path, added)["usr/bin/b"].linkname == "usr/bin/a"


def test_a_new_name_of_a_lower_file_becomes_a_file_since_links_do_not_reach_across_layers(
    tmp_path: Path,
) -> None:
    added: list[Entry] = [("./usr/bin/perl5", {"type": tarfile.LNKTYPE, "linkname": "./usr/bin/perl"})]
    layer = _layer(tmp_path, added)
    assert layer["usr/bin/perl5"].isreg()
    with tarfile.open(tmp_path / "layer.tar") as archive:
        content = archive.extractfile("usr/bin/perl5")
        assert content is not None
        assert content.read() == b"perl"


def test_long_paths_and_attributes_survive(tmp_path: Path) -> None:
    path = "usr/lib/" + "/".join(["a-rather-long-name-of-a-folder"] * 5) + "/file"
    layer = _layer(tmp_path, [(f"./{path}", {"content": b"x", "pax_headers": {"SCHILY.xattr.user.a": "1"}})])
    assert layer[path].pax_headers["SCHILY.xattr.user.a"] == "1"


def test_a_file_that_is_gone_is_hidden(tmp_path: Path) -> None:
    lower = _tar(tmp_path / "lower.tar", PYTHON)
    tree = _tar(tmp_path / "tree.tar", [entry for entry in PYTHON if entry[0] != "./usr/bin/perl"])
    write_layer(tree, tmp_path / "layer.tar", lower=lower)
    with tarfile.open(tmp_path / "layer.tar") as layer:
        assert layer.getnames() == ["usr", "usr/bin", "usr/bin/.wh.perl"]


def test_equal_trees_give_an_empty_layer(tmp_path: Path) -> None:
    assert _layer(tmp_path, []) == {}


def test_the_size_of_a_layer_is_that_of_its_files(tmp_path: Path) -> None:
    assert write_layer(_tar(tmp_path / "tree.tar", PYTHON), tmp_path / "layer.tar") == len(b"oldperllibc")


def test_an_image_names_its_layers_by_what_they_hold(tmp_path: Path) -> None:
    layers = [_tar(tmp_path / "one.tar", PYTHON), _tar(tmp_path / "two.tar", PYTHON[:2])]
    image = Image(
        name="remlab/base:1",
        layers=layers,
        architecture="amd64",
        created="2026-11-24T00:00:00Z",
        environment={"PATH": "/bin"},
        labels={"remlab.project": "remlab"},
    )
    write_archive(image, tmp_path / "image.tar")
    with tarfile.open(tmp_path / "image.tar") as archive:
        files = {member.name: archive.extractfile(member) for member in archive if member.isfile()}
        contents = {name: file.read() for name, file in files.items() if file is not None}
    (manifest,) = json.loads(contents["manifest.json"])
    config = json.loads(contents[manifest["Config"]])
    assert manifest["RepoTags"] == ["remlab/base:1"]
    assert config["config"]["Env"] == ["PATH=/bin"]
    assert config["config"]["Labels"] == {"remlab.project": "remlab"}
    assert config["rootfs"]["diff_ids"] == [
        f"sha256:{hashlib.sha256(contents[layer]).hexdigest()}" for layer in manifest["Layers"]
    ]
    assert hashlib.sha256(layers[0].read_bytes()).hexdigest() in manifest["Layers"][0]
