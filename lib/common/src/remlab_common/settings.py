"""Base of every service's settings: environment variables, and secrets as files.

Secrets are files in /run/secrets named like the secret (REMLAB_SECRETS_DIRECTORY says otherwise
in tests); an environment variable of the same name wins, for development.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

EXIT_CONFIGURATION = 78
"""sysexits.h: EX_CONFIG."""

_PLACEHOLDERS = frozenset({"", "admin", "changeme", "default", "password", "placeholder", "secret", "todo"})

LogLevel = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(lambda level: level.upper())
]
"""In any case of letters."""
ServiceSettingsT = TypeVar("ServiceSettingsT", bound="ServiceSettings")


def _refuse_placeholder(secret: SecretStr) -> SecretStr:
    letters = "".join(filter(str.isalnum, secret.get_secret_value())).lower()
    if letters in _PLACEHOLDERS:
        raise ValueError("is empty or a placeholder; put a real secret there")
    return secret


Secret = Annotated[SecretStr, AfterValidator(_refuse_placeholder)]
"""Type of a secret: hidden in logs, refused when it is empty or a well-known placeholder."""


def secret(name: str) -> Any:
    """Declare a field whose value is the secret `name`: `password: Secret = secret("x_password")`."""
    return Field(validation_alias=name)


class ServiceSettings(BaseSettings):
    """What every service reads. Subclasses set `env_prefix` for names of their own."""

    model_config = SettingsConfigDict(
        extra="ignore", frozen=True, populate_by_name=True, hide_input_in_errors=True
    )

    log_level: LogLevel = Field(default="INFO", validation_alias="LAB_LOG_LEVEL")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic gives it
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments, then the environment, then the folder of secrets if there is one."""
        folder = Path(os.environ.get("REMLAB_SECRETS_DIRECTORY", "/run/secrets"))
        if not folder.is_dir():
            return init_settings, env_settings
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, secrets_dir=folder)


def load(settings: type[ServiceSettingsT]) -> ServiceSettingsT:
    """Read the settings of a service, or end the process with a message that names what is wrong."""
    try:
        return settings()
    except ValidationError as error:
        _refuse(settings, [f"{_name(settings, e['loc'])}: {e['msg']}" for e in error.errors()])
    except SettingsError as error:
        _refuse(settings, [f"{error} ({error.__cause__})"])


def _name(settings: type[ServiceSettings], location: tuple[int | str, ...]) -> str:
    first, *rest = (str(part) for part in location) if location else ("settings",)
    field = settings.model_fields.get(first)
    prefix = settings.model_config.get("env_prefix", "") if field and not field.validation_alias else ""
    return " → ".join([f"{prefix}{first}".upper() if prefix else first, *rest])


def _refuse(settings: type[ServiceSettings], problems: list[str]) -> NoReturn:
    service = settings.__module__.partition(".")[0]
    for problem in problems:
        sys.stderr.write(f"{service} cannot start: {problem}\n")
    raise SystemExit(EXIT_CONFIGURATION)
