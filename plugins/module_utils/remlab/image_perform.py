"""Does one job of a run on the builder: the link between jobs (data) and the functions that build."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import image_python
from .image_bases import Base, make_base
from .image_build import build_image, is_local
from .image_cache import ImageCache
from .image_commands import Commands
from .image_frontend import make_frontend
from .image_jobs import base_name
from .image_official import make_official_base
from .image_settings import ImageSettings


class Performer:
    """Performs jobs; `run` is the folder with the unpacked sources, `python` the interpreter for tools."""

    def __init__(self, *, settings: ImageSettings, run: Path, python: str) -> None:
        self._settings = settings
        self._run = run
        self._interpreter = python
        self._cache = ImageCache(Path(settings.cache))
        self._labels = {"remlab.project": settings.project}

    def __call__(self, job: Mapping[str, Any]) -> Any:
        """Do the job; raises BuildFailure."""
        settings = self._settings
        environment = image_python.environment(ca_bundle=settings.ca_bundle, index=settings.python_index)
        commands = Commands(self._run / f"{job['id']}.log", environment)
        perform = {
            "uv": self._uv,
            "base": self._base,
            "python": self._python,
            "frontend": self._frontend,
            "image": self._image,
        }[job["kind"]]
        return perform(job, commands)

    def _uv(self, job: Mapping[str, Any], commands: Commands) -> str:
        lock = self._run / "sources" / "locks" / "uv.txt"
        return str(
            image_python.make_uv(
                lock=lock, tag=job["tag"], python=self._interpreter, cache=self._cache, commands=commands
            )
        )

    def _base(self, job: Mapping[str, Any], commands: Commands) -> dict[str, Any]:
        settings = self._settings
        base = Base(
            **job["base"],
            name=base_name(job["base"]["tag"]),
            suite=settings.suite,
            created=f"{settings.epoch}T00:00:00Z",
            mirrors=settings.mirrors,
            keyring=settings.keyring,
            files=settings.files,
            python_packages=settings.python_packages,
            architecture=settings.architecture,
            environment=settings.environment,
            labels={**self._labels, "remlab.packages": " ".join(job["base"]["packages"])},
            uid=settings.uid,
            user=settings.user,
        )
        if settings.python_reference:
            return make_official_base(base, settings.python_reference, self._cache, commands)
        return make_base(base, self._cache, commands)

    def _python(self, job: Mapping[str, Any], commands: Commands) -> str:
        tree = image_python.make_tree(
            lock=self._run / "sources" / "locks" / f"{job['tag']}.txt",
            tag=job["tag"],
            version=self._settings.python_version,
            architecture=self._settings.architecture,
            uv=self._cache.tool("uv", job["uv_tag"]) / "bin" / "uv",
            cache=self._cache,
            commands=commands,
        )
        return str(tree)

    def _frontend(self, job: Mapping[str, Any], commands: Commands) -> str:
        dist = make_frontend(
            sources=self._run / "sources" / "frontend",
            tag=job["tag"],
            image=job["run_in"],
            node=self._cache.python(job["node_tag"]) if job["node_tag"] else None,
            npm_commands=self._settings.frontend_commands,
            ca_bundle=self._settings.ca_bundle,
            registry=self._settings.npm_registry,
            cache=self._cache,
            commands=commands,
        )
        return str(dist)

    def _image(self, job: Mapping[str, Any], commands: Commands) -> str:
        image = job["image"]
        if not is_local(image["reference"], commands):
            build_image(
                service=image["service"],
                name=image["reference"],
                base=image["base"],
                sources=self._run / "sources" / "services" / image["service"],
                site_packages=self._cache.python(image["python_tag"]) if image["python_tag"] else None,
                dist=self._cache.frontend(image["frontend_tag"]) / "dist" if image["frontend_tag"] else None,
                arguments=image["arguments"],
                labels={**self._labels, "remlab.service": image["service"], "remlab.image-tag": image["tag"]},
                cache=self._cache,
                commands=commands,
            )
        return str(image["reference"])
