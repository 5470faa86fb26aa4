"""The plan of the images: what is built, from what, and in which order."""

from pathlib import Path
from typing import Any

import pytest

from remlab.image_jobs import Present, base_name, describe_images, job_sources, plan_images
from remlab.image_settings import ImageSettings

NOTHING = Present(digests={}, local=frozenset(), cached=frozenset())
SERVICES: dict[str, dict[str, Any]] = {
    "backend": {"image": {"libraries": ["common"], "frontend": True}},
    "broker": {"image": {"packages": ["nats-server"]}},
    "gateway": {"image": {"libraries": ["common"]}},
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    files = {
        "lib/common/src/remlab_common/frames.py": "frames",
        "frontend/package.json": "{}",
        "frontend/src/main.tsx": "main",
        "node.lock": "nodejs==1",
        "uv.lock": "uv==1",
    }
    for service in SERVICES:
        files |= {
            f"app/{service}/Dockerfile": "FROM x",
            f"app/{service}/src/remlab_{service}/app.py": service,
            f"app/{service}/tests/test_app.py": "test",
        }
    files["app/backend/requirements.lock"] = "fastapi==1"
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path


def _settings(repository: Path, **changes: Any) -> ImageSettings:
    given: dict[str, Any] = {
        "project": "remlab",
        "registry": "registry.remlab.internal:5000",
        "repository": str(repository),
        "cache": "/var/cache/remlab",
        "architecture": "x86_64",
        "suite": "trixie",
        "epoch": "2026-11-24",
        "mirrors": [],
        "keyring": "",
        "files": {},
        "python_packages": ["python3"],
        "python_reference": "",
        "python_version": "3.13",
        "python_index": "",
        "user": "remlab",
        "uid": 10001,
        "environment": {},
        "uv_lock": str(repository / "uv.lock"),
        "frontend_folder": str(repository / "frontend"),
        "frontend_commands": [["npm", "ci"]],
        "node_lock": str(repository / "node.lock"),
        "node_reference": "",
        "npm_registry": "",
        "ca_bundle": "",
    }
    return ImageSettings.from_json({**given, **changes})


def _tags(repository: Path, **changes: Any) -> dict[str, str]:
    return {image.service: image.tag for image in describe_images(SERVICES, _settings(repository, **changes))}


def _changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {service for service in before if before[service] != after[service]}


@pytest.mark.parametrize(
    ("path", "services"),
    [
        ("app/backend/src/remlab_backend/app.py", {"backend"}),
        ("app/backend/requirements.lock", {"backend"}),
        ("app/broker/Dockerfile", {"broker"}),
        ("app/gateway/tests/test_app.py", set()),
        ("lib/common/src/remlab_common/frames.py", {"backend", "gateway"}),
        ("frontend/src/main.tsx", {"backend"}),
        ("node.lock", {"backend"}),
        ("uv.lock", set()),
    ],
)
def test_a_change_gives_new_tags_to_the_services_that_contain_it(
    repository: Path, path: str, services: set[str]
) -> None:
    before = _tags(repository)
    with (repository / path).open("a") as file:
        file.write("one line more\n")
    assert _changed(before, _tags(repository)) == services


def test_a_new_day_of_the_archive_gives_new_tags_to_all(repository: Path) -> None:
    assert _changed(_tags(repository), _tags(repository, epoch="2026-12-01")) == set(SERVICES)


def test_a_service_without_a_dockerfile_is_named(repository: Path) -> None:
    (repository / "app/broker/Dockerfile").unlink()
    with pytest.raises(ValueError, match="app/broker/Dockerfile"):
        _tags(repository)


def test_on_an_empty_builder_each_job_comes_after_those_it_needs(repository: Path) -> None:
    settings = _settings(repository)
    plan = plan_images(describe_images(SERVICES, settings), NOTHING, settings)
    assert plan["missing"] == ["backend", "broker", "gateway"]
    order = [job["id"] for job in plan["jobs"]]
    assert len(order) == len(set(order))
    for job in plan["jobs"]:
        assert all(order.index(need) < order.index(job["id"]) for need in job["needs"])
    kinds = [job["kind"] for job in plan["jobs"]]
    assert kinds == ["uv", "base", "base", "python", "python", "frontend", "image", "image", "image"]


def test_what_the_registry_needs_is_done_before_all_else(repository: Path) -> None:
    (repository / "app/registry").mkdir()
    (repository / "app/registry/Dockerfile").write_text("FROM x")
    services = {**SERVICES, "registry": {"image": {"packages": ["docker-registry"]}}}
    settings = _settings(repository)
    jobs = plan_images(describe_images(services, settings), NOTHING, settings)["jobs"]
    assert [job["label"] for job in jobs[:3]] == [
        "base with Python",
        "base with docker-registry",
        "image of registry",
    ]


def test_nothing_is_done_for_images_that_the_registry_has(repository: Path) -> None:
    settings = _settings(repository)
    digests = dict.fromkeys(SERVICES, "sha256:1")
    plan = plan_images(
        describe_images(SERVICES, settings),
        Present(digests=digests, local=frozenset(), cached=frozenset()),
        settings,
    )
    assert (plan["missing"], plan["jobs"]) == ([], [])
    assert all(line.endswith("is there") for line in plan["lines"])


def test_an_image_that_was_built_before_is_only_pushed(repository: Path) -> None:
    settings = _settings(repository)
    images = describe_images(SERVICES, settings)
    local = frozenset(image.reference for image in images)
    plan = plan_images(images, Present(digests={}, local=local, cached=frozenset()), settings)
    assert plan["missing"] == ["backend", "broker", "gateway"]
    assert plan["jobs"] == []


def test_one_changed_service_is_one_job_when_its_parts_are_there(repository: Path) -> None:
    settings = _settings(repository)
    images = describe_images(SERVICES, settings)
    first = plan_images(images, NOTHING, settings)
    present = Present(
        digests={"broker": "sha256:1", "gateway": "sha256:2"},
        local=frozenset(base_name(image.base_tag) for image in images),
        cached=frozenset(job["id"] for job in first["jobs"]),
    )
    plan = plan_images(images, present, settings)
    assert [job["id"] for job in plan["jobs"]] == ["image-backend"]
    assert plan["jobs"][0]["needs"] == []


def test_the_base_below_is_made_anew_when_the_cache_lost_its_layer(repository: Path) -> None:
    settings = _settings(repository)
    images = [image for image in describe_images(SERVICES, settings) if image.service == "broker"]
    python = next(
        image for image in describe_images(SERVICES, settings) if image.service == "gateway"
    ).base_tag
    present = Present(digests={}, local=frozenset({base_name(python)}), cached=frozenset())
    labels = [job["label"] for job in plan_images(images, present, settings)["jobs"]]
    assert labels == ["base with Python", "base with nats-server", "image of broker"]


def test_two_services_with_the_same_packages_share_a_base(repository: Path) -> None:
    services = {"broker": {"image": {"packages": ["a", "b"]}}, "gateway": {"image": {"packages": ["b", "a"]}}}
    tags = {image.base_tag for image in describe_images(services, _settings(repository))}
    assert len(tags) == 1


def test_only_what_the_jobs_need_is_sent_and_no_tests(repository: Path) -> None:
    settings = _settings(repository)
    jobs = plan_images(describe_images(SERVICES, settings), NOTHING, settings)["jobs"]
    sent = job_sources([job for job in jobs if job["id"] == "image-backend"], SERVICES, settings)
    assert sorted(sent) == [
        "services/backend/Dockerfile",
        "services/backend/src/remlab_backend/app.py",
        "services/backend/src/remlab_common/frames.py",
    ]


def test_locks_and_frontend_are_sent_for_their_jobs(repository: Path) -> None:
    settings = _settings(repository)
    jobs = plan_images(describe_images(SERVICES, settings), NOTHING, settings)["jobs"]
    sent = job_sources(jobs, SERVICES, settings)
    trees = [job["tag"] for job in jobs if job["kind"] == "python"]
    assert {"locks/uv.txt", *(f"locks/{tag}.txt" for tag in trees)} <= set(sent)
    assert "frontend/package.json" in sent


def test_an_unknown_architecture_is_refused_by_name(repository: Path) -> None:
    with pytest.raises(ValueError, match="riscv64"):
        _settings(repository, architecture="riscv64")


def test_a_mistyped_setting_is_refused(repository: Path) -> None:
    with pytest.raises(ValueError, match="miror"):
        _settings(repository, miror=[])
