"""Python trees start the image's Python, wherever they were unpacked."""

from pathlib import Path

import pytest

from remlab.image_python import environment, tidy


@pytest.mark.parametrize(
    "script",
    [
        "#!/var/cache/remlab/tools/uv/bin/python\nimport x\n",
        "#!/usr/bin/env python3\nimport x\n",
        "#!/bin/sh\n'''exec' '/a long/path/python' \"$0\" \"$@\"\n' '''\nimport x\n",
    ],
    ids=["path", "env", "long path"],
)
def test_programs_start_the_python_of_the_image(tmp_path: Path, script: str) -> None:
    program = tmp_path / "bin" / "uvicorn"
    program.parent.mkdir()
    program.write_text(script)
    program.chmod(0o755)
    tidy(tmp_path)
    assert program.read_text() == "#!/usr/bin/python3\nimport x\n"
    assert program.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("content", [b"\x7fELF\x02", b"#!/bin/sh\necho\n"], ids=["binary", "shell"])
def test_other_programs_stay_as_they_are(tmp_path: Path, content: bytes) -> None:
    program = tmp_path / "bin" / "caddy"
    program.parent.mkdir()
    program.write_bytes(content)
    tidy(tmp_path)
    assert program.read_bytes() == content


def test_the_installers_own_copy_of_a_program_is_not_changed(tmp_path: Path) -> None:
    cached = tmp_path / "cached"
    cached.write_text("#!/old/python\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "x").hardlink_to(cached)
    tidy(tmp_path)
    assert cached.read_text() == "#!/old/python\n"


def test_what_the_installer_leaves_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".lock").touch()
    (tmp_path / "__pycache__").mkdir()
    tidy(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_downloads_trust_the_builders_authorities_and_a_mirror_is_used() -> None:
    given = environment(ca_bundle="/etc/ssl/bundle.pem", index="https://mirror.example/simple")
    assert given["SSL_CERT_FILE"] == given["PIP_CERT"] == "/etc/ssl/bundle.pem"
    assert given["UV_DEFAULT_INDEX"] == given["PIP_INDEX_URL"] == "https://mirror.example/simple"
    assert environment(ca_bundle="", index="") == {}
