"""Secrets: made when missing, kept otherwise, readable by root alone."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from cryptography import x509

from remlab.secret_store import SecretError, complete, missing

DECLARED: dict[str, dict[str, Any]] = {
    "htpasswd": {"kind": "htpasswd", "user": "remlab", "of": "password"},
    "password": {"kind": "password"},
    "ca_key": {"kind": "ec_private_key"},
    "ca": {"kind": "ca_certificate", "key": "ca_key", "common_name": "a CA"},
    "key": {"kind": "ec_private_key"},
    "certificate": {
        "kind": "tls_certificate",
        "key": "key",
        "ca_key": "ca_key",
        "ca_certificate": "ca",
        "names": ["registry.internal", "registry"],
    },
}


def test_everything_that_is_missing_is_made_and_nothing_twice(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    assert complete(folder, DECLARED, {}) == sorted(DECLARED)
    before = {name: (folder / name).read_bytes() for name in DECLARED}
    (folder / "password").unlink()
    assert missing(folder, DECLARED) == ["password"]
    assert complete(folder, DECLARED, {}) == ["password"]
    assert (folder / "ca").read_bytes() == before["ca"]
    assert (folder / "password").read_bytes() != before["password"]


def test_files_are_for_root_alone(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    complete(folder, DECLARED, {})
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in DECLARED} == {0o600}


def test_a_password_is_plain_to_shells_and_to_option_parsers(tmp_path: Path) -> None:
    made = {name: {"kind": "password"} for name in map(str, range(200))}
    complete(tmp_path, made, {})
    assert all((tmp_path / name).read_text().isalnum() for name in made)


def test_the_password_file_holds_the_password_as_bcrypt(tmp_path: Path) -> None:
    complete(tmp_path, DECLARED, {})
    user, hashed = (tmp_path / "htpasswd").read_text().strip().split(":", 1)
    assert user == "remlab"
    assert bcrypt.checkpw((tmp_path / "password").read_bytes(), hashed.encode())


def test_the_certificate_is_signed_by_the_ca_for_its_names(tmp_path: Path) -> None:
    complete(tmp_path, DECLARED, {})
    ca = x509.load_pem_x509_certificate((tmp_path / "ca").read_bytes())
    certificate = x509.load_pem_x509_certificate((tmp_path / "certificate").read_bytes())
    certificate.verify_directly_issued_by(ca)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["registry.internal", "registry"]


def test_a_value_of_the_operators_replaces_the_generated_one(tmp_path: Path) -> None:
    complete(tmp_path, DECLARED, {})
    assert complete(tmp_path, DECLARED, {"password": "mine"}) == ["password"]
    assert complete(tmp_path, DECLARED, {"password": "mine"}) == []
    assert (tmp_path / "password").read_text() == "mine"


def test_a_secret_that_needs_an_undeclared_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="needs nowhere, which no service generates"):
        complete(tmp_path, {"h": {"kind": "htpasswd", "user": "x", "of": "nowhere"}}, {})
