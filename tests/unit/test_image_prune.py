"""Pruning removes old images of a service, and never one that is wanted."""

from remlab.image_prune import LocalImage, superfluous


def _images(service: str, count: int) -> list[LocalImage]:
    return [
        LocalImage(repository=f"r/{service}", tag=str(day), created=f"2026-11-0{day}")
        for day in range(1, count + 1)
    ]


def test_the_oldest_images_of_each_service_go() -> None:
    images = [*_images("backend", 4), *_images("broker", 3)]
    assert superfluous(images, current=[], kept_per_service=2) == ["r/backend:1", "r/backend:2", "r/broker:1"]


def test_the_current_image_stays_however_old_it_is() -> None:
    assert superfluous(_images("backend", 4), current=["r/backend:1"], kept_per_service=2) == ["r/backend:2"]


def test_nothing_goes_while_there_are_few() -> None:
    assert superfluous(_images("backend", 2), current=[], kept_per_service=5) == []
