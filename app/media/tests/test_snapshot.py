"""The last picture as JPEG."""

import asyncio
import io
from pathlib import Path

from PIL import Image

from app.media.tests.harness import PATIENCE_SECONDS, Arm, Media, camera_settings, serving
from remlab_simulator.camera import CameraServer
from remlab_simulator.camera.picture import read_strip


async def angle(media: Media) -> float:
    answer = await media.get("arm/snapshot.jpg")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    strip = read_strip(Image.open(io.BytesIO(answer.content)).convert("RGB"))
    assert strip
    return strip.angle_degrees


async def test_snapshot_follows_the_arm(media: Media, arm: Arm) -> None:
    await media.wait_for(live=True)
    assert await angle(media) == -90.0
    arm.angle_degrees = -12.0
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await angle(media) != -12.0:
            await asyncio.sleep(0.1)


async def test_snapshot_of_a_key_frame_is_made_once(media: Media) -> None:
    await media.wait_for(live=True)
    first, second = await asyncio.gather(*(media.get("arm/snapshot.jpg") for _ in range(2)))
    assert first.content == second.content


async def test_snapshot_of_a_lost_camera_is_503_with_the_reason(camera: CameraServer, secrets: Path) -> None:
    async with serving(camera_settings(camera.port, secret="wrong_password")) as media:
        await media.wait_for(state="unauthorised")
        answer = await media.get("arm/snapshot.jpg")
    assert answer.status_code == 503
    assert answer.json() == {
        "error": {"code": "camera_not_live", "message": "the camera refuses the user name or the password"}
    }


async def test_snapshot_of_an_unknown_camera_is_404_as_json(media: Media) -> None:
    answer = await media.get("unknown/snapshot.jpg")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"
