"""The Python environment `.venv`: made from a lock file, remembered by its hash, made anew if half made."""

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from labtool.errors import LabError
from labtool.paths import CACHE, DEPLOY_LOCK, ROOT, TEST_LOCK, VENV
from labtool.privilege import as_root

_MARKER = VENV / "remlab-locks"
_PYTHON = VENV / "bin" / "python"
_TAIL_LINES = 12


def prepare(lock: Path) -> None:
    """Make `.venv` hold what `lock` lists. Costs a few milliseconds when it does already.

    Raises LabError, naming the tool and its last words, when a package mirror cannot be reached.
    """
    wanted = _fingerprint(lock)
    if wanted in _held():
        return
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "venv.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if wanted not in _held():
            _install(lock)


def tool_environment() -> dict[str, str]:
    """The caller's environment with our tools first and a UTF-8 locale, without which Ansible stops."""
    kept = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    return kept | {
        "PATH": f"{VENV / 'bin'}:{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin",
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "LC_ALL": "C.UTF-8",
    }


def _fingerprint(lock: Path) -> str:
    python = ".".join(map(str, sys.version_info[:3]))
    return f"{lock.name} {hashlib.sha256(lock.read_bytes()).hexdigest()} python {python} in {ROOT}"


def _held() -> list[str]:
    """Fingerprints of the locks that `.venv` satisfies; none if it was left half made."""
    with suppress(FileNotFoundError):
        if _PYTHON.exists():
            return _MARKER.read_text(encoding="utf-8").splitlines()
    return []


def _install(lock: Path) -> None:
    purpose = "deploying" if lock == DEPLOY_LOCK else "testing"
    print(f"Preparing the Python environment for {purpose} (once, about half a minute) …", flush=True)
    started = time.monotonic()
    whole = bool(_held())
    _MARKER.unlink(missing_ok=True)
    if not whole:
        _make_venv()
    _synchronise(lock)
    # What testing needs contains what deploying needs, in the same versions (a static test holds that).
    satisfied = dict.fromkeys([lock, DEPLOY_LOCK] if lock == TEST_LOCK else [lock])
    unfinished = _MARKER.with_suffix(".new")
    unfinished.write_text("".join(f"{_fingerprint(one)}\n" for one in satisfied), encoding="utf-8")
    unfinished.replace(_MARKER)
    print(f"Python environment ready after {time.monotonic() - started:.0f} s.", flush=True)


def _make_venv() -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    if importlib.util.find_spec("ensurepip") is None:
        _install_venv_module()
    _run("make the Python environment", [sys.executable, "-m", "venv", str(VENV)])
    # Not inside the environment, which is removed when this fails.
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as only_uv:
        only_uv.write(_lock_entry(DEPLOY_LOCK, "uv"))
        only_uv.flush()
        options = ["--quiet", "--no-input", "--disable-pip-version-check", "--retries=1", "--timeout=20"]
        options += ["--no-deps", "--require-hashes", "--only-binary=:all:", "-r", only_uv.name]
        _run("get the Python package uv with pip", [str(_PYTHON), "-m", "pip", "install", *options])


def _lock_entry(lock: Path, package: str) -> str:
    """The lines of one package in a lock file: `name==version` and its hashes."""
    found = re.search(rf"^{package}==.*(?:\n +--hash=.*)+\n", lock.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise LabError(f"{lock.name} does not list {package}; it was not made by: ./lab lock")
    return found.group()


def _synchronise(lock: Path) -> None:
    """Install what `lock` lists and remove the rest; uv does in 3 s what takes pip 11 s."""
    environment = {"UV_CACHE_DIR": str(CACHE / "uv"), "UV_SYSTEM_CERTS": "1", "UV_HTTP_TIMEOUT": "60"}
    mirror = _pip_mirror()
    if mirror is not None and "UV_DEFAULT_INDEX" not in os.environ:
        environment["UV_DEFAULT_INDEX"] = mirror
    options = ["--quiet", "--require-hashes", "--only-binary=:all:", "--python", str(_PYTHON), str(lock)]
    command = [str(VENV / "bin" / "uv"), "--no-config", "pip", "sync", *options]
    _run(f"get the Python packages of {lock.name} with uv", command, environment)


def _pip_mirror() -> str | None:
    """The index that pip is configured with, so that a mirror has to be named only once."""
    command = [str(_PYTHON), "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = dict(re.findall(r"^(\S+?)\.index-url='(.*)'$", listed, re.MULTILINE))
    return next((found[scope] for scope in (":env:", "site", "user", "global") if scope in found), None)


def _install_venv_module() -> None:
    """Debian and Ubuntu ship Python's module `venv` as a package of its own."""
    if shutil.which("apt-get") is None:
        raise LabError("Python's module venv is missing. Install it with this system's package manager.")
    print("Installing the Debian package python3-venv …", flush=True)
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "Acquire::Retries=1"]
    update = [*apt, "-o", "APT::Update::Error-Mode=any", "update"]
    _run("reach the Debian package mirrors with apt-get update", update, root=True)
    install = [*apt, "install", "-y", "--no-install-recommends", "python3-venv"]
    _run("install the Debian package python3-venv with apt-get", install, root=True)


def _run(
    purpose: str, command: Sequence[str], environment: dict[str, str] | None = None, *, root: bool = False
) -> None:
    """Run one step; on failure tell which, its last words and the state that it leaves."""
    words, answer = as_root(command) if root else (list(command), "")
    done = subprocess.run(
        words,
        env=tool_environment() | (environment or {}),
        input=answer or "",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    tail = "\n".join(f"    {line}" for line in done.stdout.strip().splitlines()[-_TAIL_LINES:])
    raise LabError(
        f"Could not {purpose}. It said:\n{tail}\n"
        "No host was changed. Look at the network, the proxy (https_proxy) or your own mirror\n"
        "(Debian: /etc/apt/sources.list.d, Python: PIP_INDEX_URL), then run the same command again."
    )
