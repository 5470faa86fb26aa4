"""The health check of services that speak HTTP."""

import http.server
import threading
from collections.abc import Iterator

import pytest

from remlab_launch.probe import main, parsed_status, parts_of


class _Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        well = self.path == "/healthz" and self.headers["Host"] != "other"
        self.send_response(200 if well else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()
        thread.join()


def test_probe_succeeds_when_the_service_is_well(server: str) -> None:
    assert main([f"{server}/healthz"]) == 0


def test_probe_fails_when_the_service_says_it_is_not_well(server: str) -> None:
    assert main([f"{server}/other"]) == 1


def test_probe_asks_with_the_host_that_it_was_given(server: str) -> None:
    assert main([f"{server}/healthz", "other"]) == 1


def test_probe_fails_and_says_why_when_nobody_listens(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["http://127.0.0.1:1/healthz"]) == 1
    assert "refused" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("http://127.0.0.1:8222/healthz", ("127.0.0.1", 8222, "/healthz")),
        ("http://auth", ("auth", 80, "/")),
    ],
)
def test_address_is_taken_apart(url: str, parts: tuple[str, int, str]) -> None:
    assert parts_of(url) == parts


@pytest.mark.parametrize("url", ["https://auth/", "auth:80", "http://auth:http/"])
def test_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="can be asked"):
        parts_of(url)


@pytest.mark.parametrize("line", [b"", b"INFO {}\r\n", b"HTTP/1.1\r\n"])
def test_answer_that_is_not_http_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match="not an HTTP answer"):
        parsed_status(line)
