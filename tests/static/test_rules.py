"""Rules that hold for the whole tree, so that they need no remembering."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SERVICE_FILES = sorted(
    path for path in (ROOT / "roles/lab_services/defaults/main").glob("*.yml") if path.stem != "site"
)
PLAYBOOKS = sorted([ROOT / "site.yml", *(ROOT / "playbooks").glob("*.yml")])
# Put together, so that this file does not name them itself.
REGISTRIES = [".".join(parts) for parts in (("pypi", "org"), ("npmjs", "org"), ("pythonhosted", "org"))]
PLAYBOOK_LINES = 40


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def _locked(name: str) -> set[str]:
    return set(
        re.findall(r"^([a-z0-9._-]+==[^\s;]+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    )


@pytest.mark.parametrize("path", SERVICE_FILES, ids=lambda path: path.stem)
def test_a_service_file_holds_one_variable_named_after_it(path: Path) -> None:
    assert list(yaml.safe_load(path.read_text(encoding="utf-8"))) == [f"lab_service_{path.stem}"]


def test_every_service_has_a_folder_and_a_file() -> None:
    folders = {path.parent.name for path in (ROOT / "app").glob("*/Dockerfile")}
    assert folders == {path.stem for path in SERVICE_FILES}


def test_settings_of_the_site_begin_with_lab() -> None:
    site = yaml.safe_load((ROOT / "roles/lab_services/defaults/main/site.yml").read_text(encoding="utf-8"))
    assert [name for name in site if not name.startswith("lab_")] == []


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_a_playbook_can_be_read_aloud(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= PLAYBOOK_LINES or path.stem in {"preflight", "stack", "hosts", "images"}


def test_no_file_names_the_host_of_a_package_registry() -> None:
    named = [
        str(path.relative_to(ROOT))
        for path in _tracked()
        if any(host in path.read_bytes().decode(errors="ignore") for host in REGISTRIES)
    ]
    assert named == []


def test_what_testing_needs_contains_what_deploying_needs_in_the_same_versions() -> None:
    assert _locked("requirements.lock") <= _locked("requirements-test.lock")
