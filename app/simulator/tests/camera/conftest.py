"""A camera that looks at an arm which the tests move."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import Enum

import pytest

from remlab_simulator.camera import CameraServer

USERNAME, PASSWORD = "lab", "a password: with @ and /"


class Mode(Enum):
    """What the firmware calls its states."""

    STANDBY = 0
    PID = 3


@dataclass
class Arm:
    """What a camera looks at."""

    angle_degrees: float = -90.0
    mode: Mode = Mode.STANDBY


@pytest.fixture
def arms() -> dict[str, Arm]:
    return {"aeropendulo": Arm(), "second": Arm(angle_degrees=-30.0)}


@pytest.fixture
async def camera(arms: dict[str, Arm]) -> AsyncIterator[CameraServer]:
    server = CameraServer(arms, host="127.0.0.1", port=0, username=USERNAME, password=PASSWORD)
    async with server:
        yield server


@pytest.fixture
def credentials() -> tuple[str, str]:
    return USERNAME, PASSWORD
