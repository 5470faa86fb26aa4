"""Shapes of what the API takes and gives; names are those of the generated client."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from remlab_backend.devices import DeviceStatus, GatewayReport
from remlab_common.cameras import CameraState

MAX_TEXT_BYTES = 4096
MAX_AUTHOR_CHARACTERS = 128


class ErrorDetail(BaseModel):
    """What went wrong: `code` for programs, `message` for people."""

    code: str
    message: str


class Problem(BaseModel):
    """Body of every answer that is an error."""

    error: ErrorDetail


class Title(BaseModel):
    """A name in the lab's languages."""

    es: str
    en: str

    @classmethod
    def of(cls, title: dict[str, str], fallback: str) -> "Title":
        """Complete a configured title: what one language lacks is taken from the other."""
        es, en = title.get("es"), title.get("en")
        return cls(es=es or en or fallback, en=en or es or fallback)


class Lab(BaseModel):
    """The laboratory itself."""

    title: str
    public_url: str
    languages: list[str] = Field(description="the lab's own language first")
    commands_accepted: bool
    version: str


class Device(BaseModel):
    """A device, as configured and as it is now."""

    id: str
    title: Title
    kind: str
    default: bool
    virtual: bool
    limits: dict[str, tuple[float, float]]
    cameras: list[str]
    status: DeviceStatus | None


def _known_state(state: object) -> object:
    """Drop a state that only another version of the media service knows; the rest still holds."""
    return state if state in tuple(CameraState) else None


class CameraStatus(BaseModel):
    """What the media service says of a camera."""

    model_config = ConfigDict(extra="ignore")

    live: bool
    state: Annotated[CameraState | None, BeforeValidator(_known_state)] = None
    reason: str | None = Field(default=None, description="details in English, for whoever mends the camera")
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    age_seconds: float | None = None
    viewers: int = 0


class Camera(BaseModel):
    """A camera, as configured and as it is now."""

    id: str
    title: Title
    device: str | None
    status: CameraStatus | None


class GatewayStatus(GatewayReport):
    """A gateway that is alive."""


class ServiceStatus(BaseModel):
    """Whether a service of the lab answers. Says nothing of where it runs."""

    name: str
    summary: str
    healthy: bool
    detail: str | None
    latency_ms: float | None


def _storable(text: str) -> str:
    if len(text.encode()) > MAX_TEXT_BYTES:
        raise ValueError(f"is longer than {MAX_TEXT_BYTES} bytes")
    if "\x00" in text:
        raise ValueError("holds a null character")
    if not text.strip():
        raise ValueError("is empty")
    return text


Text = Annotated[str, AfterValidator(_storable)]


class LogText(BaseModel):
    """A new logbook entry."""

    model_config = ConfigDict(extra="forbid")

    text: Text = Field(max_length=MAX_TEXT_BYTES, description=f"up to {MAX_TEXT_BYTES} bytes of UTF-8")
    author: Annotated[str, AfterValidator(_storable)] | None = Field(
        default=None, max_length=MAX_AUTHOR_CHARACTERS
    )


class LogEntry(BaseModel):
    """A logbook entry. `created_at` is the database's time of its first arrival."""

    model_config = ConfigDict(from_attributes=True)

    uuid: str
    device: str
    text: str
    author: str | None
    created_at: datetime


class LogPage(BaseModel):
    """A page of the logbook, newest first; `next` is the value of `before` for the next page."""

    entries: list[LogEntry]
    next: str | None
