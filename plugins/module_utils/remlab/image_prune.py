"""Which of the builder's images nothing needs any more.

The registry keeps every image, so this frees disk space on the builder and can lose nothing: what is needed
again is pulled, or built from the cache. Only the registry's own image is nowhere else, and a container uses it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LocalImage:
    """An image of the builder's engine."""

    repository: str
    tag: str
    created: str  # sorts by time

    @property
    def reference(self) -> str:
        """The name with its tag."""
        return f"{self.repository}:{self.tag}"


def superfluous(
    images: Iterable[LocalImage], *, current: Collection[str], kept_per_service: int
) -> list[str]:
    """Return the references of images to remove: of each service all but the newest and the current ones."""
    by_repository: dict[str, list[LocalImage]] = {}
    for image in images:
        by_repository.setdefault(image.repository, []).append(image)
    return [
        image.reference
        for _, own in sorted(by_repository.items())
        for image in _oldest_first(own)[: max(0, len(own) - kept_per_service)]
        if image.reference not in current
    ]


def _oldest_first(images: Sequence[LocalImage]) -> list[LocalImage]:
    return sorted(images, key=lambda image: (image.created, image.tag))
