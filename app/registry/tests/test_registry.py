"""The registry itself, with the configuration that the container gives it."""

import shutil
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from remlab import secret_store
from remlab_launch.surroundings import SurroundingsError
from remlab_registry.configuration import Settings, rendered, settings
from remlab_registry.health import status

_REPOSITORY = Path(__file__).parents[3]
_NAME = "registry.remlab.internal"
_PATIENCE_SECONDS = 10.0


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The secrets that the service file declares, made as a deploy makes them."""
    file = _REPOSITORY / "roles/lab_services/defaults/main/registry.yml"
    declared = yaml.safe_load(file.read_text())["lab_service_registry"]["generates"]
    folder = tmp_path_factory.mktemp("secrets")
    secret_store.complete(folder, declared, {})
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def port(secrets: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    program = shutil.which("docker-registry")
    if not program:
        pytest.skip("docker-registry is not installed here; molecule tests the deployed one")
    folder, port = tmp_path_factory.mktemp("registry"), _free_port()
    declared = settings(secrets)
    moved = Settings(
        declared.certificate,
        declared.key,
        declared.htpasswd,
        declared.upload_secret,
        storage=folder / "images",
        listen=f"127.0.0.1:{port}",
    )
    (folder / "registry.yml").write_text(rendered(moved))
    with subprocess.Popen(
        [program, "serve", str(folder / "registry.yml")], stderr=subprocess.DEVNULL
    ) as process:
        _await(port)
        yield port
        process.terminate()


def _await(port: int) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.02)
    pytest.fail("the registry did not begin to listen")


def _asked(secrets: Path, port: int, password: str | None, path: str = "/v2/") -> int:
    request = urllib.request.Request(f"https://localhost:{port}{path}")
    if password is not None:
        request.add_header("Authorization", "Basic " + b64encode(f"remlab:{password}".encode()).decode())
    context = ssl.create_default_context(cafile=str(secrets / "registry_ca_certificate"))
    # The certificate names the registry, and this test reaches it as localhost.
    context.check_hostname = False
    try:
        with urllib.request.urlopen(request, context=context) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_registry_lets_in_who_has_the_password(port: int, secrets: Path) -> None:
    assert _asked(secrets, port, (secrets / "registry_password").read_text()) == 200


@pytest.mark.parametrize("password", [None, "", "wrong"])
def test_registry_lets_nobody_else_in(port: int, secrets: Path, password: str | None) -> None:
    assert _asked(secrets, port, password) == 401


def test_health_checks_the_certificate_that_clients_see(port: int, secrets: Path) -> None:
    assert status(secrets / "registry_ca_certificate", _NAME, port=port) == 401
    with pytest.raises(ssl.SSLCertVerificationError):
        status(secrets / "registry_ca_certificate", "another.name", port=port)


def test_missing_secret_is_named(tmp_path: Path) -> None:
    with pytest.raises(SurroundingsError, match="registry_tls_certificate cannot be read"):
        settings(tmp_path)


def test_upload_secret_is_the_same_after_a_restart(secrets: Path) -> None:
    assert settings(secrets).upload_secret == settings(secrets).upload_secret


def test_images_can_be_deleted_and_no_cache_outlives_them(secrets: Path) -> None:
    storage = yaml.safe_load(rendered(settings(secrets)))["storage"]
    assert storage["delete"] == {"enabled": True}
    assert "cache" not in storage
