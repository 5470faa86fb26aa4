"""Settings of the gateway: environment variables GATEWAY_* and LAB_*, one secret."""

import socket

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from remlab_common.devices import Devices
from remlab_common.settings import Secret, ServiceSettings, secret


class GatewaySettings(ServiceSettings):
    """What the gateway lets its operator choose."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_")

    devices: Devices = Field(validation_alias="LAB_DEVICES")

    name: str = Field(default_factory=socket.gethostname)
    """How this gateway is called in its reports; unique among the lab's gateways."""

    host: str = "0.0.0.0"  # noqa: S104 devices come from outside the container
    port: int = 8765

    broker_url: str = "nats://broker:4222"
    broker_user: str = "gateway"
    broker_password: Secret = secret("broker_gateway_password")

    ping_interval_seconds: float = 4.0
    ping_timeout_seconds: float = 4.0
    """A device that leaves a ping unanswered for so long counts as gone."""

    confirm_seconds: float = 1.8
    """How long to wait for a command's echo; the bus promises an answer within 2 s."""
