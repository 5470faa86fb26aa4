"""Settings of the backend: environment variables BACKEND_*, LAB_* and two secrets."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, HttpUrl
from pydantic_settings import SettingsConfigDict

from remlab_backend import __version__
from remlab_common.devices import DeviceId, Devices
from remlab_common.settings import Secret, ServiceSettings, secret


class Camera(BaseModel):
    """A camera as configured: what the backend needs of an entry of `lab_cameras`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: DeviceId
    device: DeviceId | None = None
    title: dict[str, str]


class ProbedService(BaseModel):
    """A service whose state the operator's page shows: an entry of LAB_SERVICES."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    summary: str = ""
    probe: str | None = Field(default=None, description="http(s)://… or tcp://host:port")


class DatabaseSettings(ServiceSettings):
    """Where the logbook is kept; all that a migration needs."""

    model_config = SettingsConfigDict(env_prefix="BACKEND_")

    database_host: str = "database"
    database_port: int = Field(default=5432, ge=1, le=65535)
    database_name: str = "backend"
    database_user: str = "backend"
    database_password: Secret = secret("database_backend_password")
    database_deadline_seconds: float = Field(
        default=25.0, gt=0, description="how long a request waits for a database that is away"
    )
    database_command_timeout_seconds: float = Field(
        default=5.0, gt=0, description="a dead host sends no reset, so a command must not wait for ever"
    )
    database_probe_timeout_seconds: float = Field(default=0.4, gt=0)
    database_probe_interval_seconds: float = Field(default=0.05, gt=0)
    database_pool_size: int = Field(default=8, ge=1)
    database_waiting_requests: int = Field(
        default=2000, ge=1, description="requests that wait for the database; more get 503 at once"
    )
    migrate_timeout_seconds: float = Field(default=100.0, gt=0)


class Settings(DatabaseSettings):
    """Everything the server needs."""

    model_config = SettingsConfigDict(env_prefix="BACKEND_")

    host: str = "0.0.0.0"  # noqa: S104 inside its container; the front door is the only way in
    port: int = Field(default=8000, ge=0, le=65535)
    dist: Path = Path("/opt/remlab/dist")
    version: str = __version__
    broker_url: str = "nats://broker:4222"
    broker_user: str = "backend"
    broker_password: Secret = secret("broker_backend_password")
    command_timeout_seconds: float = Field(default=2.5, gt=0)
    media_url: HttpUrl = HttpUrl("http://media:8000/")
    legacy_page: bool = Field(
        default=False, description="accept commands from pages without a session (lab_legacy_page)"
    )
    extra_origins: list[str] = Field(
        default_factory=list, description="origins besides the lab's own whose pages may open Socket.IO"
    )
    keep_alive_seconds: int = Field(
        default=5, ge=1, description="longer than the front door's 2 s, or requests in the gap get 502"
    )
    connect_first_seconds: float = Field(
        default=3.0,
        ge=0,
        description="how long the start waits for broker and database before it serves without them",
    )
    graceful_seconds: int = Field(default=10, ge=1, description="time for running requests at the end")

    lab_title: str = Field(default="Remote laboratory", validation_alias="LAB_TITLE")
    lab_public_url: HttpUrl = Field(
        default=HttpUrl("http://localhost:8080"), validation_alias="LAB_PUBLIC_URL"
    )
    lab_language: str = Field(default="es", validation_alias="LAB_LANGUAGE")
    lab_devices: Devices = Field(default=Devices(()), validation_alias="LAB_DEVICES")
    lab_cameras: tuple[Camera, ...] = Field(default=(), validation_alias="LAB_CAMERAS")
    lab_services: tuple[ProbedService, ...] = Field(default=(), validation_alias="LAB_SERVICES")
