"""A simulated camera that looks at an arm which the tests move, and the service that pulls it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from app.media.tests.harness import PASSWORD, USERNAME, Arm, Media, camera_settings, serving
from remlab_simulator.camera import CameraServer


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "camera_password").write_text(PASSWORD + "\n")
    (tmp_path / "wrong_password").write_text("wrong")
    monkeypatch.setenv("REMLAB_SECRETS_DIRECTORY", str(tmp_path))
    return tmp_path


@pytest.fixture
def arm() -> Arm:
    return Arm()


@pytest.fixture
def film(arm: Arm) -> Callable[..., CameraServer]:
    """Make a camera that looks at the arm."""

    def make(port: int = 0) -> CameraServer:
        return CameraServer({"arm": arm}, host="127.0.0.1", port=port, username=USERNAME, password=PASSWORD)

    return make


@pytest.fixture
async def camera(film: Callable[..., CameraServer]) -> AsyncIterator[CameraServer]:
    async with film() as running:
        yield running


@pytest.fixture
async def media(camera: CameraServer, secrets: Path) -> AsyncIterator[Media]:
    """The service with one camera."""
    async with serving(camera_settings(camera.port)) as running:
        yield running
