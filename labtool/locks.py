"""Remaking the lock files: exact versions and hashes of every Python package, for any mirror."""

import subprocess
import tomllib
from collections.abc import Iterable
from pathlib import Path

from labtool.environment import tool_environment
from labtool.errors import LabError
from labtool.paths import CACHE, DEPLOY_LOCK, ROOT, TEST_LOCK, VENV

# Python of the images, that of their Debian release; .venv runs on whatever the machine has.
_IMAGE_PYTHON = ["--python-version", "3.13"]
_ANY_PYTHON = ["--universal", "--python-version", "3.11"]


def remake(*, upgrade: bool) -> int:
    """Remake `requirements*.lock` and every `app/*/requirements.lock`.

    A service is locked to the versions with which the unit tests run. Without `upgrade` what is locked
    already stays as it is where it can. Returns the exit code.
    """
    more = ["--upgrade"] if upgrade else []
    root = ROOT / "pyproject.toml"
    services = sorted(path.parent for path in ROOT.glob("app/*/pyproject.toml"))
    parts = [
        *(service / "pyproject.toml" for service in services),
        *sorted(ROOT.glob("lib/*/pyproject.toml")),
    ]
    _compile([root], DEPLOY_LOCK, [*_ANY_PYTHON, *more])
    _compile([root, *parts], TEST_LOCK, [*_ANY_PYTHON, "--group", "test", "-c", DEPLOY_LOCK.name, *more])
    for service in services:
        lock = service / "requirements.lock"
        if lock.exists() or _has_dependencies(service):
            _compile([service / "pyproject.toml"], lock, [*_IMAGE_PYTHON, "-c", TEST_LOCK.name, *more])
    return 0


def _has_dependencies(service: Path) -> bool:
    project = tomllib.loads((service / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return bool(project.get("dependencies"))


def _compile(sources: Iterable[Path], lock: Path, options: Iterable[str]) -> None:
    names = [str(source.relative_to(ROOT)) for source in sources]
    # No header and no annotations: they would name this machine's paths and options.
    fixed = [
        "--quiet",
        "--generate-hashes",
        "--no-header",
        "--no-annotate",
        "-o",
        str(lock.relative_to(ROOT)),
    ]
    command = [str(VENV / "bin" / "uv"), "--no-config", "pip", "compile", *fixed, *options, *names]
    print(f"{lock.relative_to(ROOT)} ← {', '.join(names)}", flush=True)
    environment = tool_environment() | {"UV_CACHE_DIR": str(CACHE / "uv"), "UV_SYSTEM_CERTS": "1"}
    if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode != 0:
        raise LabError(f"{lock.relative_to(ROOT)} was not remade; what uv said stands above.")
