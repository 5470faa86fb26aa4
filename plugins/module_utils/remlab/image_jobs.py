"""From service files to images and to the jobs that make them. Reads sources; changes nothing.

`describe_images` gives each service its tag; `plan_images` compares that with what registry and builder have
and lists the jobs that are left.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .image_files import fingerprint, source_files
from .image_settings import ImageSettings
from .image_tags import BaseInputs, ServiceInputs, base_tag, frontend_tag, python_tree_tag, service_tag

LOCK_NAME = "requirements.lock"
#: The service that keeps the images. It cannot hold its own: that is loaded on its host and named by its tag.
REGISTRY = "registry"
#: Entries of app/<service>/ that are no part of the image's context.
NOT_IN_CONTEXT = ("tests", "pyproject.toml", LOCK_NAME, "src", "README.md")
#: Entries of frontend/ that do not change what the build makes.
NOT_IN_FRONTEND = ("dist", "coverage", "README.md")


@dataclass(frozen=True, kw_only=True)
class ServiceImage:
    """A service's image before it is built. Empty tags mean that it has no such part."""

    service: str
    name: str
    tag: str
    base_tag: str
    packages: tuple[str, ...]
    exclude: tuple[str, ...]
    python_tag: str
    frontend_tag: str
    arguments: dict[str, str]

    @property
    def reference(self) -> str:
        """The name with its tag."""
        return f"{self.name}:{self.tag}"


@dataclass(frozen=True, kw_only=True)
class Present:
    """What registry and builder have already."""

    digests: Mapping[str, str]  # service → digest in the registry
    local: frozenset[str]  # names with tags of the engine's images
    cached: frozenset[str]  # ids of jobs whose result lies in the builder's cache


def context_files(repository: Path, service: str, libraries: Sequence[str]) -> dict[str, Path]:
    """Return the files of a service's build context, without site-packages/ and dist/."""
    folder = repository / "app" / service
    files = source_files(folder, leave_out=NOT_IN_CONTEXT)
    for source in (*(repository / "lib" / name / "src" for name in libraries), folder / "src"):
        files.update({f"src/{name}": path for name, path in source_files(source).items()})
    return files


def frontend_files(settings: ImageSettings) -> dict[str, Path]:
    """Return the sources of the frontend."""
    return source_files(Path(settings.frontend_folder), leave_out=NOT_IN_FRONTEND)


def lock_file(repository: Path, service: str) -> Path:
    """Return where the service's lock file lies, if it has Python packages."""
    return repository / "app" / service / LOCK_NAME


def job_sources(
    jobs: Sequence[Mapping[str, Any]], services: Mapping[str, Mapping[str, Any]], settings: ImageSettings
) -> dict[str, Path]:
    """Return path in the run's sources → file, for all that the jobs need from the repository."""
    repository = Path(settings.repository)
    files: dict[str, Path] = {}
    for job in jobs:
        if job["kind"] == "uv":
            files["locks/uv.txt"] = Path(settings.uv_lock)
        elif job["kind"] == "python":
            files[f"locks/{job['tag']}.txt"] = Path(job["lock"])
        elif job["kind"] == "frontend":
            files.update({f"frontend/{name}": path for name, path in frontend_files(settings).items()})
        elif job["kind"] == "image":
            service = job["image"]["service"]
            libraries = services[service].get("image", {}).get("libraries", ())
            context = context_files(repository, service, libraries)
            files.update({f"services/{service}/{name}": path for name, path in context.items()})
    return files


def describe_images(services: Mapping[str, Mapping[str, Any]], settings: ImageSettings) -> list[ServiceImage]:
    """Return the image of each service, with the tag that its sources give it now."""
    needs_frontend = any(spec.get("image", {}).get("frontend") for spec in services.values())
    frontend = _frontend_tag(settings) if needs_frontend else ""
    return [
        _describe(name, spec.get("image", {}), settings, frontend) for name, spec in sorted(services.items())
    ]


def plan_images(images: Sequence[ServiceImage], present: Present, settings: ImageSettings) -> dict[str, Any]:
    """Return {missing, jobs, lines}: services to publish, jobs before that, and the plan in words."""
    missing = [image for image in images if image.service not in present.digests]
    to_build = [image for image in missing if image.reference not in present.local]
    jobs: dict[str, dict[str, Any]] = {}
    for image in to_build:
        for job in _jobs_of(image, present, settings):
            jobs.setdefault(job["id"], job)
    for job in jobs.values():
        job["needs"] = [need for need in job["needs"] if need in jobs]
    # The registry first: it starts while the other images are being built, and they wait for it.
    first = _with_needs(f"image-{REGISTRY}", jobs)
    ordered = sorted(jobs.values(), key=lambda job: (job["id"] not in first, _ORDER.index(job["kind"])))
    return {
        "missing": [image.service for image in missing],
        "jobs": ordered,
        "lines": _lines(images, missing, to_build),
    }


_ORDER = ("uv", "base", "python", "frontend", "image")


def _with_needs(identity: str, jobs: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Return the ids of a job and of all that it needs, directly or not; none if there is no such job."""
    if identity not in jobs:
        return set()
    return {identity}.union(*(_with_needs(need, jobs) for need in jobs[identity]["needs"]))


def base_name(tag: str) -> str:
    """Return the name under which the builder's engine has a base."""
    return f"remlab/base:{tag}"


def _describe(service: str, image: Mapping[str, Any], settings: ImageSettings, frontend: str) -> ServiceImage:
    repository = Path(settings.repository)
    libraries = list(image.get("libraries", ()))
    packages, exclude = tuple(image.get("packages", ())), tuple(image.get("exclude", ()))
    arguments = {key: str(value) for key, value in image.get("arguments", {}).items()}
    base = base_tag(base_inputs(settings, packages, exclude))
    files = context_files(repository, service, libraries)
    if "Dockerfile" not in files:
        raise ValueError(f"service {service} has no app/{service}/Dockerfile, from which its image is built")
    lock = lock_file(repository, service)
    python = _python_tag(lock.read_bytes(), settings) if lock.is_file() else ""
    used_frontend = frontend if image.get("frontend") else ""
    sources = {name: path for name, path in files.items() if name.startswith("src/")}
    tag = service_tag(
        ServiceInputs(
            base=base,
            context=fingerprint({name: path for name, path in files.items() if name not in sources}),
            sources=fingerprint(sources),
            requirements=python,
            frontend=used_frontend,
            arguments={**arguments, "project": settings.project},
        )
    )
    return ServiceImage(
        service=service,
        name=f"{settings.registry}/remlab/{service}",
        tag=tag,
        base_tag=base,
        packages=packages,
        exclude=exclude,
        python_tag=python,
        frontend_tag=used_frontend,
        arguments=arguments,
    )


def base_inputs(settings: ImageSettings, packages: Sequence[str], exclude: Sequence[str]) -> BaseInputs:
    """Return what a base with these packages is made from; without packages it is the Python base."""
    return BaseInputs(
        suite=settings.suite,
        epoch=settings.epoch,
        architecture=settings.architecture,
        packages=packages,
        exclude=exclude,
        python_packages=settings.python_packages,
        files=settings.files if packages else {},
        python_reference=settings.python_reference,
        project=settings.project,
    )


def _python_tag(lock: bytes, settings: ImageSettings) -> str:
    return python_tree_tag(
        requirements=lock, python_version=settings.python_version, architecture=settings.architecture
    )


def _node_tag(settings: ImageSettings) -> str:
    """Return the tag of the tree that has Node.js, or nothing if an image named by the operator has it."""
    return "" if settings.node_reference else _python_tag(Path(settings.node_lock).read_bytes(), settings)


def _frontend_tag(settings: ImageSettings) -> str:
    node = settings.node_reference or _node_tag(settings)
    return frontend_tag(
        sources=fingerprint(frontend_files(settings)), node=node, commands=settings.frontend_commands
    )


def _jobs_of(image: ServiceImage, present: Present, settings: ImageSettings) -> list[dict[str, Any]]:
    base = f"base-{image.base_tag}"
    python = f"python-{image.python_tag}" if image.python_tag else ""
    frontend = f"frontend-{image.frontend_tag}" if image.frontend_tag else ""
    jobs = _base_jobs(image.packages, image.exclude, present, settings)
    if python and python not in present.cached:
        jobs += _tree_jobs(image.python_tag, lock_file(Path(settings.repository), image.service), settings)
    if frontend and frontend not in present.cached:
        jobs += _frontend_jobs(image.frontend_tag, present, settings)
    described = {**asdict(image), "reference": image.reference, "base": base_name(image.base_tag)}
    jobs.append(
        {
            "id": f"image-{image.service}",
            "kind": "image",
            "label": f"image of {image.service}",
            "needs": [need for need in (base, python, frontend) if need],
            "image": described,
        }
    )
    return jobs


def _base_jobs(
    packages: Sequence[str], exclude: Sequence[str], present: Present, settings: ImageSettings
) -> list[dict[str, Any]]:
    python_tag = base_tag(base_inputs(settings, (), ()))
    tag = base_tag(base_inputs(settings, packages, exclude))
    if base_name(tag) in present.local:
        return []
    jobs = [_base_job(tag, python_tag, packages, exclude)]
    if tag != python_tag and not (
        base_name(python_tag) in present.local and f"base-{python_tag}" in present.cached
    ):
        jobs.insert(0, _base_job(python_tag, python_tag, (), ()))
    return jobs


def _base_job(tag: str, python_tag: str, packages: Sequence[str], exclude: Sequence[str]) -> dict[str, Any]:
    return {
        "id": f"base-{tag}",
        "kind": "base",
        "label": f"base with {', '.join(packages)}" if packages else "base with Python",
        "needs": [f"base-{python_tag}"] if tag != python_tag else [],
        "base": {"tag": tag, "python_tag": python_tag, "packages": list(packages), "exclude": list(exclude)},
    }


def _tree_jobs(tag: str, lock: Path, settings: ImageSettings) -> list[dict[str, Any]]:
    uv_tag = hashlib.sha256(Path(settings.uv_lock).read_bytes()).hexdigest()[:16]
    label = f"Python packages of {lock.parent.name}" if lock.name == LOCK_NAME else "Node.js"
    uv = {"id": "uv", "kind": "uv", "label": "installer of Python packages", "needs": [], "tag": uv_tag}
    tree = {"id": f"python-{tag}", "kind": "python", "label": label, "needs": ["uv"], "tag": tag}
    return [uv, {**tree, "uv_tag": uv_tag, "lock": str(lock)}]


def _frontend_jobs(tag: str, present: Present, settings: ImageSettings) -> list[dict[str, Any]]:
    node = _node_tag(settings)
    python_tag = base_tag(base_inputs(settings, (), ()))
    jobs = [] if settings.node_reference else _base_jobs((), (), present, settings)
    if node and f"python-{node}" not in present.cached:
        jobs += _tree_jobs(node, Path(settings.node_lock), settings)
    needs = [f"base-{python_tag}", f"python-{node}"]
    image = settings.node_reference or base_name(python_tag)
    job = {"id": f"frontend-{tag}", "kind": "frontend", "label": "frontend", "needs": needs, "tag": tag}
    return [*jobs, {**job, "node_tag": node, "run_in": image}]


def _lines(
    images: Sequence[ServiceImage], missing: Sequence[ServiceImage], to_build: Sequence[ServiceImage]
) -> list[str]:
    building, publishing = {image.service for image in to_build}, {image.service for image in missing}
    lines = []
    for image in images:
        if image.service in building:
            lines.append(
                f"{image.service}: build image {image.tag[:8]}, the registry has none from these sources"
            )
        elif image.service in publishing:
            lines.append(f"{image.service}: push image {image.tag[:8]}, it is built already")
        else:
            lines.append(f"{image.service}: image {image.tag[:8]} is there")
    return lines
