"""Answers to challenges, checked against the examples of the RFCs."""

import base64
import secrets

import pytest

from remlab_media.rtsp.credentials import Credentials
from remlab_media.rtsp.errors import PasswordRefusedError

RFC_2617 = (
    'Digest realm="testrealm@host.com", qop="auth,auth-int", '
    'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
)
RFC_7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)


def test_digest_agrees_with_the_example_of_rfc_2617(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "token_hex", lambda _: "0a4f113b")
    credentials = Credentials("Mufasa", "Circle Of Life")
    credentials.challenged([RFC_2617])
    answer = credentials.authorization("GET", "/dir/index.html")
    assert 'response="6629fae49393a05397450978507c4ef1"' in str(answer)


def test_sha_256_agrees_with_the_example_of_rfc_7616(monkeypatch: pytest.MonkeyPatch) -> None:
    client_nonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    monkeypatch.setattr(secrets, "token_hex", lambda _: client_nonce)
    credentials = Credentials("Mufasa", "Circle of Life")
    credentials.challenged([RFC_7616.replace("SHA-256", "MD5"), RFC_7616])
    answer = credentials.authorization("GET", "/dir/index.html")
    assert 'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"' in str(answer)


def test_password_is_not_sent_readable_where_digest_is_offered() -> None:
    credentials = Credentials("lab", "secret")
    credentials.challenged(['Basic realm="x"', 'Digest realm="x", nonce="y"'])
    assert str(credentials.authorization("DESCRIBE", "rtsp://x")).startswith("Digest ")


def test_basic_is_answered_where_nothing_else_is_offered() -> None:
    credentials = Credentials("lab", "secret")
    credentials.challenged(['Basic realm="x"'])
    answer = credentials.authorization("DESCRIBE", "rtsp://x")
    assert answer == "Basic " + base64.b64encode(b"lab:secret").decode()


def test_nothing_is_sent_before_the_camera_asks() -> None:
    assert Credentials("lab", "secret").authorization("OPTIONS", "rtsp://x") is None


def test_unknown_kind_of_login_is_refused() -> None:
    with pytest.raises(PasswordRefusedError):
        Credentials("lab", "secret").challenged(['Digest realm="x", nonce="y", algorithm=SHA-512'])


def test_password_is_in_no_representation() -> None:
    assert "secret" not in repr(Credentials("lab", "secret"))
