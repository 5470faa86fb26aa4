"""The registry is asked over TLS with its password; what it lacks is no error, what it refuses is one."""

import base64
import datetime
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from remlab.registry_client import RegistryClient, RegistryUnavailable

DIGEST = "sha256:" + "a" * 64
TOKEN = "Basic " + base64.b64encode(b"remlab:right").decode()


class _Registry(BaseHTTPRequestHandler):
    """Answers as docker-registry does for the three questions that are asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def _answer(self) -> None:
        known = {"/v2/": "", "/v2/remlab/backend/manifests/1": DIGEST}
        status = 200 if self.path in known else 404
        if "manifest.v2+json" not in self.headers["Accept"]:
            status = 404
        if self.headers["Authorization"] != TOKEN:
            status = 401
        self.send_response(status)
        self.send_header("Content-Length", "0")
        if status == 200:
            self.send_header("Docker-Content-Digest", known[self.path])
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def port(certificate: Path) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Registry)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def _client(port: int, certificate: Path, password: str = "right") -> RegistryClient:
    return RegistryClient(host="localhost", port=port, ca_file=certificate, user="remlab", password=password)


def test_the_digest_of_an_image_is_told(port: int, certificate: Path) -> None:
    client = _client(port, certificate)
    client.check()
    assert client.digest("remlab/backend", "1") == DIGEST
    client.close()


def test_an_image_that_the_registry_lacks_has_no_digest(port: int, certificate: Path) -> None:
    client = _client(port, certificate)
    assert client.digest("remlab/backend", "2") is None
    client.close()


def test_a_wrong_password_is_told(port: int, certificate: Path) -> None:
    client = _client(port, certificate, "wrong")
    with pytest.raises(RegistryUnavailable, match="password"):
        client.check()
    client.close()


def test_a_registry_that_is_down_is_told(port: int, certificate: Path) -> None:
    client = _client(1, certificate)
    with pytest.raises(RegistryUnavailable, match="refused"):
        client.check()


def test_a_missing_authority_is_told_by_its_file(tmp_path: Path) -> None:
    with pytest.raises(RegistryUnavailable, match=r"ca\.crt is missing"):
        _client(1, tmp_path / "ca.crt")
