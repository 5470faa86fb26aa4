import json
from pathlib import Path

import pytest
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from remlab_common.devices import Devices
from remlab_common.settings import EXIT_CONFIGURATION, Secret, ServiceSettings, load, secret


class ExampleSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="EXAMPLE_")

    port: int = 8000
    devices: Devices = Field(validation_alias="LAB_DEVICES")
    password: Secret = secret("broker_example_password")


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REMLAB_SECRETS_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("LAB_DEVICES", json.dumps([{"id": "a", "title": {"es": "A"}, "kind": "k"}]))
    (tmp_path / "broker_example_password").write_text("a-real-one\n")
    return tmp_path


def test_settings_come_from_the_environment_and_secrets_from_files(
    secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXAMPLE_PORT", "9000")
    monkeypatch.setenv("LAB_LOG_LEVEL", "debug")
    settings = load(ExampleSettings)
    assert settings.port == 9000
    assert "a" in settings.devices
    assert settings.password.get_secret_value() == "a-real-one"
    assert settings.log_level == "DEBUG"
    assert "a-real-one" not in repr(settings)


def refusal(capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as end:
        load(ExampleSettings)
    assert end.value.code == EXIT_CONFIGURATION
    return capsys.readouterr().err


def test_a_missing_secret_is_named(secrets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (secrets / "broker_example_password").unlink()
    assert "broker_example_password: Field required" in refusal(capsys)


@pytest.mark.parametrize("placeholder", ["", "changeme", "CHANGE_ME\n", "password"])
def test_a_placeholder_secret_is_refused_without_being_shown(
    secrets: Path, capsys: pytest.CaptureFixture[str], placeholder: str
) -> None:
    (secrets / "broker_example_password").write_text(placeholder)
    message = refusal(capsys)
    assert "broker_example_password" in message
    assert "placeholder" in message


def test_a_setting_of_the_wrong_type_is_named_with_its_prefix(
    secrets: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXAMPLE_PORT", "many")
    assert "EXAMPLE_PORT: Input should be a valid integer" in refusal(capsys)


def test_a_list_that_is_not_json_is_named(
    secrets: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_DEVICES", "[{")
    assert "devices" in refusal(capsys)


def test_settings_load_without_a_folder_of_secrets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, secrets: Path
) -> None:
    monkeypatch.setenv("REMLAB_SECRETS_DIRECTORY", str(tmp_path / "nowhere"))
    monkeypatch.setenv("BROKER_EXAMPLE_PASSWORD", "from-the-environment")
    assert load(ExampleSettings).password.get_secret_value() == "from-the-environment"
