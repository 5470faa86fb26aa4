"""Mistakes in the site's settings are found before any host is touched."""

from __future__ import annotations

from typing import Any

import pytest

from remlab.site_settings import mistakes

DEVICE = {"id": "pendulum", "default": True, "limits": {"Kp": [0, 100]}}
GOOD: dict[str, Any] = {
    "public_url": "http://localhost:8080",
    "tls": "off",
    "tls_files": {"lab_tls_certificate_file": "", "lab_tls_key_file": ""},
    "allow_plain_http": False,
    "acme_email": "",
    "devices": [DEVICE],
    "cameras": [{"id": "one", "device": "pendulum", "url": "rtsp://camera:554/stream"}],
}


def test_good_settings_have_no_mistake() -> None:
    assert mistakes(GOOD) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"public_url": "lab.example.org"}, "lab_public_url 'lab.example.org' is no address"),
        ({"public_url": "https://localhost:8080"}, "contradict each other"),
        ({"public_url": "http://lab.example.org"}, "passwords readable"),
        ({"tls": "on"}, "lab_tls 'on' is unknown"),
        ({"tls": "files", "public_url": "https://x"}, "needs lab_tls_certificate_file"),
        (
            {"tls": "files", "public_url": "https://x", "tls_files": {"lab_tls_key_file": "/no/such"}},
            "there is no file /no/such",
        ),
        ({"tls": "acme", "public_url": "https://x"}, "lab_acme_email"),
        ({"devices": [DEVICE, {"id": "pendulum"}]}, "two devices have the id 'pendulum'"),
        ({"devices": [DEVICE, {"id": "b", "default": True}]}, "exactly one device is the default"),
        ({"devices": [{"id": "a"}], "cameras": []}, "exactly one device is the default"),
        ({"devices": [DEVICE | {"id": "Mi péndulo"}], "cameras": []}, "may hold only"),
        ({"devices": [DEVICE | {"limits": {"Kp": [5, 1]}}]}, "limits.Kp"),
        ({"cameras": [{"id": "c", "url": "http://x"}]}, "rtsp://"),
        ({"cameras": [{"id": "c", "url": "rtsp://u:secret@x"}]}, "url holds a password"),
        ({"cameras": [{"id": "c", "url": "rtsp://x", "device": "none"}]}, "'none' is not in lab_devices"),
        ({"cameras": [{"id": "c", "url": "rtsp://x"}, {"id": "c", "url": "rtsp://y"}]}, "two cameras"),
    ],
)
def test_each_mistake_is_named_with_its_variable(change: dict[str, Any], said: str) -> None:
    found = mistakes(GOOD | change)
    assert any(said in sentence for sentence in found), found


def test_a_password_of_a_camera_is_not_repeated_in_the_error() -> None:
    found = mistakes(GOOD | {"cameras": [{"id": "c", "url": "rtsp://u:secret@x"}]})
    assert "secret@" not in " ".join(found)


def test_plain_http_beyond_localhost_needs_consent() -> None:
    public = {"public_url": "http://lab.example.org"}
    assert mistakes(GOOD | public | {"allow_plain_http": True}) == []
