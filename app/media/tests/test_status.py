"""What the list says of cameras that cannot be shown, and what it keeps to itself."""

import logging
from pathlib import Path

import pytest

from app.media.tests.harness import PASSWORD, Media, camera_settings, serving
from remlab_common.logs import JsonFormatter
from remlab_media.settings import CameraSettings
from remlab_simulator.camera import CameraServer


async def test_wrong_password_is_said_as_such(
    camera: CameraServer, secrets: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving(camera_settings(camera.port, secret="wrong_password")) as media:
        status = await media.wait_for(state="unauthorised")
    assert status["reason"] == "the camera refuses the user name or the password"
    assert "wrong" not in caplog.text.replace("wrong_password", "")


async def test_missing_secret_is_said_without_its_name(camera: CameraServer, secrets: Path) -> None:
    async with serving(camera_settings(camera.port, secret="absent")) as media:
        status = await media.wait_for(state="unauthorised")
    assert status["reason"] == "the camera's password is missing on the server"


async def test_unknown_path_is_refused_with_the_reason(camera: CameraServer, secrets: Path) -> None:
    async with serving(camera_settings(camera.port, path="elsewhere")) as media:
        status = await media.wait_for(state="refused")
    assert status["reason"] == "the camera has no stream under the configured path (404)"


async def test_one_bad_camera_leaves_the_others_alone(camera: CameraServer, secrets: Path) -> None:
    bad = camera_settings(camera.port, name="bad", secret="wrong_password")
    async with serving(bad, camera_settings(camera.port)) as media:
        await media.wait_for("arm", live=True)
        await media.wait_for("bad", live=False, state="unauthorised")


async def test_camera_that_announces_but_sends_nothing_is_called_blocked(
    camera: CameraServer, secrets: Path
) -> None:
    camera.freeze()
    async with serving(camera_settings(camera.port)) as media:
        status = await media.wait_for(state="blocked")
    assert "RTP blocked" in str(status["reason"])


async def test_neither_address_nor_password_is_shown_or_logged(
    media: Media, camera: CameraServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await media.wait_for(live=True)
    await camera.stop()
    await media.wait_for(live=False)
    logged = [JsonFormatter("media").format(record) for record in caplog.records if is_ours(record)]
    assert "camera lost" in logged[-1]
    for kept in (PASSWORD, "rtsp://", "127.0.0.1"):
        assert kept not in "\n".join([str(await media.status()), *logged])


def is_ours(record: logging.LogRecord) -> bool:
    return record.name.startswith("remlab_media")


def test_settings_refuse_a_password_in_the_url() -> None:
    with pytest.raises(ValueError, match="names a user") as refused:
        CameraSettings(id="arm", url="rtsp://lab:secret@camera/stream2")
    assert "secret@" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://camera/x", "rtsp:///x", "camera"])
def test_settings_refuse_what_is_not_rtsp(url: str) -> None:
    with pytest.raises(ValueError, match="rtsp://host"):
        CameraSettings(id="arm", url=url)
