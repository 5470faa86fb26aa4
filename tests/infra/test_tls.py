"""The front door's ways of TLS, deployed one after the other on hosts that the tests made."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from remlab import secret_store
from tests.bad_input.playbooks import play
from tests.infra.deployment import Deployment

pytestmark = pytest.mark.drives


@pytest.fixture(scope="module")
def secure_url(deployment: Deployment, own_hosts: None) -> Iterator[str]:
    """The lab's address under TLS; afterwards a plain deploy puts the lab back."""
    yield f"https://{urlsplit(deployment.public_url).netloc}"
    outcome = play("site.yml", inventory=deployment.inventory)
    assert outcome.code == 0, outcome.output[-4000:]


def deploy(deployment: Deployment, url: str, **settings: Any) -> None:
    settings |= {"lab_public_url": url}
    outcome = play("site.yml", inventory=deployment.inventory, settings=settings)
    assert outcome.code == 0, outcome.output[-4000:]


def trusting(authority: str) -> httpx.Client:
    """A client that trusts this authority and no other."""
    context = ssl.create_default_context(cadata=authority)
    return httpx.Client(verify=context, timeout=20, trust_env=False)


def test_with_a_ca_of_its_own_the_lab_is_trusted_by_those_who_have_it(
    deployment: Deployment, secure_url: str
) -> None:
    deploy(deployment, secure_url, lab_tls="internal")
    with httpx.Client(verify=False, timeout=20, trust_env=False) as unsuspecting:
        authority = unsuspecting.get(f"{secure_url}/.well-known/remlab-ca.pem").text
    with trusting(authority) as client:
        assert client.get(f"{secure_url}/").status_code == 200
        issuer = client.get(f"{secure_url}/.well-known/openid-configuration").json()["issuer"]
    assert issuer.rstrip("/") == secure_url


def test_with_files_the_operators_certificate_is_shown(
    deployment: Deployment, secure_url: str, tmp_path: Path
) -> None:
    declared: dict[str, dict[str, Any]] = {
        "ca_key": {"kind": "ec_private_key"},
        "ca": {"kind": "ca_certificate", "key": "ca_key", "common_name": "a university's CA"},
        "key": {"kind": "ec_private_key"},
        "certificate": {
            "kind": "tls_certificate",
            "key": "key",
            "ca_key": "ca_key",
            "ca_certificate": "ca",
            "names": ["localhost"],
        },
    }
    secret_store.complete(tmp_path, declared, {})
    files = {
        "lab_tls_certificate_file": str(tmp_path / "certificate"),
        "lab_tls_key_file": str(tmp_path / "key"),
    }
    deploy(deployment, secure_url, lab_tls="files", **files)
    with trusting((tmp_path / "ca").read_text(encoding="ascii")) as client:
        assert client.get(f"{secure_url}/").status_code == 200
