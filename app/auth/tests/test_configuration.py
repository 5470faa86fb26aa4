"""What the provider is told, from the container's settings and secrets."""

import tomllib
from pathlib import Path

import pytest

from remlab import secret_store
from remlab_auth.configuration import configuration, write_configuration
from remlab_auth.keys import signing_key
from remlab_launch.surroundings import SurroundingsError

_ENVIRONMENT = {
    "LAB_PUBLIC_URL": "http://localhost:8080",
    "LAB_TITLE": "Laboratorio",
    "AUTH_DATABASE": "database:5432/auth",
}


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("secrets")
    declared = {"auth_secret_key": {"kind": "password"}, "auth_signing_key": {"kind": "rsa_private_key"}}
    secret_store.complete(folder, declared, {})
    (folder / "database_auth_password").write_text("p@ss/word")
    return folder


def test_provider_is_named_by_the_public_address(secrets: Path) -> None:
    settings = configuration(_ENVIRONMENT | {"LAB_PUBLIC_URL": "https://lab.example.org"}, secrets)
    assert (settings["SERVER_NAME"], settings["PREFERRED_URL_SCHEME"]) == ("lab.example.org", "https")
    assert settings["CANAILLE_OIDC"]["TRUSTED_DOMAINS"] == ["lab.example.org"]


def test_port_belongs_to_the_name(secrets: Path) -> None:
    assert configuration(_ENVIRONMENT, secrets)["SERVER_NAME"] == "localhost:8080"


def test_password_is_quoted_in_the_address_of_the_database(secrets: Path) -> None:
    address = configuration(_ENVIRONMENT, secrets)["CANAILLE_SQL"]["DATABASE_URI"]
    assert address.startswith("postgresql+psycopg2://auth:p%40ss%2Fword@database:5432/auth?")


def test_nobody_can_register(secrets: Path) -> None:
    assert configuration(_ENVIRONMENT, secrets)["CANAILLE"]["ENABLE_REGISTRATION"] is False


def test_configuration_is_written_as_toml_for_its_owner_only(secrets: Path, tmp_path: Path) -> None:
    settings = configuration(_ENVIRONMENT, secrets)
    file = write_configuration(settings, tmp_path / "canaille.toml")
    assert tomllib.loads(file.read_text()) == settings
    assert file.stat().st_mode & 0o777 == 0o400


def test_signing_key_keeps_its_id(secrets: Path) -> None:
    pem = (secrets / "auth_signing_key").read_text()
    first, second = signing_key(pem), signing_key(pem)
    assert first == second
    assert (first["kty"], first["alg"], first["use"]) == ("RSA", "RS256", "sig")
    assert first["kid"]


def test_missing_secret_is_named(tmp_path: Path) -> None:
    with pytest.raises(SurroundingsError, match="auth_secret_key cannot be read"):
        configuration(_ENVIRONMENT, tmp_path)
