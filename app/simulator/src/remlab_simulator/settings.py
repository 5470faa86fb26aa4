"""Settings of the simulator: environment variables SIMULATOR_* and LAB_*, one secret."""

from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from remlab_common.devices import DeviceId
from remlab_common.settings import Secret, ServiceSettings, secret


class SimulatorSettings(ServiceSettings):
    """What the simulator lets its operator choose."""

    model_config = SettingsConfigDict(env_prefix="SIMULATOR_")

    devices: tuple[DeviceId, ...] = Field(validation_alias="LAB_SIMULATED_DEVICES")
    """Ids of the devices to play."""

    gateway_url: str = "ws://edge:8765"
    """Through the front door, so that simulated devices travel the way of real ones."""

    reconnect_seconds: float = 5.0
    """As the firmware does."""

    frame_values: Literal[16, 15, 11] = 16
    """Values in a frame; 15 and 11 as older firmware sends."""

    fault_events: bool = False
    """Obey the events RESET and FAULT, which today's firmware ignores."""

    seed: int = 0
    """Of wind and noise; each device adds its place in the list."""

    host: str = "0.0.0.0"  # noqa: S104 health and metrics, inside the lab's network only
    port: int = 8000

    cameras: bool = True
    camera_port: int = 8554
    camera_username: str = "lab"
    camera_password: Secret = secret("simulator_camera_password")

    @model_validator(mode="after")
    def _refuse_repetition(self) -> Self:
        if len(set(self.devices)) < len(self.devices):
            raise ValueError("LAB_SIMULATED_DEVICES names a device twice")
        return self
