"""Works out on the controller which images the services need, and asks the builder which are missing.

Arguments: services (name → spec), settings (see remlab.image_settings), registry (as module lab_image_state
takes it). Returns images, jobs, missing, lines, references (name → {reference, tag}) and settings.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

# Action plugins run on the controller, where module_utils are not importable by themselves.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "module_utils"))

from remlab.image_jobs import REGISTRY, Present, ServiceImage, describe_images, plan_images
from remlab.image_settings import ImageSettings


class ActionModule(ActionBase):
    """The plan of the images."""

    _VALID_ARGS = frozenset({"services", "settings", "registry"})

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        given = self._task.args["settings"]
        try:
            settings = ImageSettings.from_json(given)
            images = describe_images(self._task.args["services"], settings)
        except (OSError, ValueError) as error:
            raise AnsibleActionFail(str(error)) from error
        state = self._execute_module(
            module_name="lab_image_state",
            module_args={
                "cache": settings.cache,
                "images": {
                    image.service: {"name": image.name, "tag": image.tag}
                    for image in images
                    if image.service != REGISTRY
                },
                "registry": self._task.args["registry"],
            },
            task_vars=task_vars,
        )
        if state.get("failed"):
            return dict(state)
        return _result(images, state, settings, given)


def _result(
    images: list[ServiceImage], state: dict[str, Any], settings: ImageSettings, given: dict[str, Any]
) -> dict[str, Any]:
    local = frozenset(state["local"])
    digests = dict(state["digests"])
    own = next((image for image in images if image.service == REGISTRY), None)
    if own is not None and own.reference in local:
        digests[REGISTRY] = ""
    plan = plan_images(
        images, Present(digests=digests, local=local, cached=frozenset(state["cached"])), settings
    )
    return {
        "changed": False,
        "images": {image.service: {"name": image.name, "tag": image.tag} for image in images},
        "references": {image.service: _reference(image, digests.get(image.service, "")) for image in images},
        "registry_problem": state["registry_problem"],
        "settings": given,
        **plan,
    }


def _reference(image: ServiceImage, digest: str) -> dict[str, str]:
    return {"tag": image.tag, "reference": f"{image.name}@{digest}" if digest else image.reference}
