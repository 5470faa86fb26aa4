"""What runs while the image is built: the pages' compression and the packages' shrinking."""

import gzip
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import brotli
import httptools.parser.parser
import pytest
import zstandard

BUILD = Path(__file__).parents[2] / "build"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, BUILD / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


compress_dist = load("compress_dist")
shrink_packages = load("shrink_packages")


def test_text_is_stored_in_all_three_codings(tmp_path: Path) -> None:
    content = b"console.log('hola');" * 100
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "index.js").write_bytes(content)
    assert compress_dist.main([str(tmp_path)]) == 0
    stored = {path.suffix: path.read_bytes() for path in (tmp_path / "assets").iterdir()}
    assert brotli.decompress(stored[".br"]) == content
    assert gzip.decompress(stored[".gz"]) == content
    assert zstandard.ZstdDecompressor().decompress(stored[".zst"]) == content


def test_what_does_not_get_smaller_stays_alone(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"0" * 5000)
    (tmp_path / "noise.js").write_bytes(os.urandom(5000))
    (tmp_path / "tiny.js").write_bytes(b"let a = 1")
    compress_dist.compress(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"picture.png", "noise.js", "tiny.js"}


def test_compressing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_bytes(b"<p>hola</p>" * 100)
    compress_dist.compress(tmp_path)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    compress_dist.compress(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first


def test_a_module_without_symbols_still_loads(tmp_path: Path) -> None:
    source = Path(httptools.parser.parser.__file__)
    module = tmp_path / source.name
    shutil.copy(source, module)
    assert shrink_packages.strip(module) >= 0
    assert module.stat().st_size <= source.stat().st_size
    code = (
        "import importlib.machinery as m, importlib.util as u, sys\n"
        "loader = m.ExtensionFileLoader('httptools.parser.parser', sys.argv[1])\n"
        "spec = u.spec_from_file_location('httptools.parser.parser', sys.argv[1], loader=loader)\n"
        "module = u.module_from_spec(spec); loader.exec_module(module)\n"
        "print(module.HttpRequestParser.__name__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(module)], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "HttpRequestParser", done.stderr


def test_stripping_twice_or_something_else_changes_nothing(tmp_path: Path) -> None:
    module = tmp_path / "module.so"
    shutil.copy(httptools.parser.parser.__file__, module)
    shrink_packages.strip(module)
    content = module.read_bytes()
    assert shrink_packages.strip(module) == 0
    assert module.read_bytes() == content
    (tmp_path / "text.so").write_text("no ELF")
    assert shrink_packages.strip(tmp_path / "text.so") == 0


def test_a_package_is_removed_with_its_metadata(tmp_path: Path) -> None:
    (tmp_path / "brotli-1.2.dist-info").mkdir()
    for name in ("brotli.py", "_brotli.cpython-313-x86_64-linux-gnu.so", "other.py"):
        (tmp_path / name).touch()
    shrink_packages.remove(tmp_path, "brotli")
    assert [path.name for path in tmp_path.iterdir()] == ["other.py"]


@pytest.mark.parametrize("script", ["compress_dist.py", "shrink_packages.py"])
def test_a_missing_folder_is_an_error(script: str) -> None:
    done = subprocess.run([sys.executable, str(BUILD / script), "/no/such"], capture_output=True, check=False)
    assert done.returncode == 2
    assert b"usage" in done.stderr
