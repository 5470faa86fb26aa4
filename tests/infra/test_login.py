"""The OpenID Connect provider, under the lab's own address."""

from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.infra.deployment import Deployment


@pytest.fixture
def discovery(lab: httpx.Client, needs: Any) -> dict[str, Any]:
    needs("auth")
    answer = lab.get("/.well-known/openid-configuration")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_provider_is_named_as_the_lab_is_reached(
    discovery: dict[str, Any], deployment: Deployment
) -> None:
    assert discovery["issuer"].rstrip("/") == deployment.public_url


@pytest.mark.parametrize("endpoint", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_the_endpoints_lie_behind_the_front_door(
    discovery: dict[str, Any], deployment: Deployment, endpoint: str
) -> None:
    parts = urlsplit(discovery[endpoint])
    assert parts.netloc == deployment.authority
    assert parts.path.startswith("/auth/")


def test_the_keys_that_tokens_are_checked_with_are_there(
    lab: httpx.Client, discovery: dict[str, Any]
) -> None:
    keys = lab.get(urlsplit(discovery["jwks_uri"]).path).json()["keys"]
    assert keys
    assert not [key for key in keys if "d" in key], "a private key is published"


def test_the_login_page_asks_who_one_is(lab: httpx.Client, discovery: dict[str, Any]) -> None:
    answer = lab.get("/auth/login", follow_redirects=True)
    assert answer.status_code == 200
    assert "<form" in answer.text
