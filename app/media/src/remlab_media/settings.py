"""Settings of the media service: the lab's cameras, and the passwords that belong to them."""

import os
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, RootModel, SecretStr, field_validator, model_validator

from remlab_common.settings import ServiceSettings

CameraId = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$")]
"""Part of addresses, so only what is safe there."""


class CameraSettings(BaseModel):
    """One camera of the lab. `url` holds no user name and no password."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    id: CameraId
    device: str = ""
    title: dict[str, str] = Field(default_factory=dict)
    url: str = Field(repr=False)
    username: str = ""
    password_secret: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]*$")] = ""

    @field_validator("url")
    @classmethod
    def _only_rtsp(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme != "rtsp" or not parts.hostname:
            raise ValueError("has to be rtsp://host[:port]/path")
        if "@" in parts.netloc:
            raise ValueError("names a user: put it into username, and the password into a secret")
        return url

    def password(self) -> SecretStr:
        """Read the password. Raises ValueError, naming the secret, if there is none."""
        if not self.password_secret:
            return SecretStr("")
        file = Path(os.environ.get("REMLAB_SECRETS_DIRECTORY", "/run/secrets"), self.password_secret)
        try:
            return SecretStr(file.read_text().rstrip("\n"))
        except OSError as error:
            problem = f"camera {self.id}: secret {self.password_secret} is not readable ({error.strerror})"
            raise ValueError(problem) from None


class Cameras(RootModel[tuple[CameraSettings, ...]]):
    """All cameras, each id once."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        ids = [camera.id for camera in self.root]
        if twice := sorted({name for name in ids if ids.count(name) > 1}):
            raise ValueError(f"more than one camera is called {', '.join(twice)}")
        return self


class MediaSettings(ServiceSettings):
    """What the media service reads from its environment."""

    cameras: Cameras = Field(default=Cameras(()), validation_alias="LAB_CAMERAS")
    port: int = Field(default=8000, ge=0, le=65535, validation_alias="MEDIA_PORT")
