"""The pages as a browser gets them, through the front door."""

import re

import httpx
import pytest

from tests.infra.deployment import Deployment

YEAR_SECONDS = 31_536_000


@pytest.fixture
def assets(lab: httpx.Client) -> list[str]:
    """Paths of the hashed files that the home page asks for."""
    found = re.findall(r'(?:src|href)="(/assets/[^"]+)"', lab.get("/").text)
    assert found, "the home page names no file under /assets"
    return found


def test_the_home_page_is_html_that_is_asked_for_again_each_time(lab: httpx.Client) -> None:
    answer = lab.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "no-cache" in answer.headers["cache-control"]
    assert lab.get("/", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_a_hashed_asset_is_kept_for_a_year(lab: httpx.Client, assets: list[str]) -> None:
    answer = lab.get(assets[0])
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    age = re.search(r"max-age=(\d+)", answer.headers["cache-control"])
    assert age is not None
    assert int(age[1]) >= YEAR_SECONDS


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip"])
def test_an_asset_comes_compressed_as_asked(lab: httpx.Client, assets: list[str], encoding: str) -> None:
    script = next(path for path in assets if path.endswith(".js"))
    plain = lab.get(script, headers={"Accept-Encoding": "identity"})
    with lab.stream("GET", script, headers={"Accept-Encoding": encoding}) as answer:
        body = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == encoding
    assert "accept-encoding" in answer.headers["vary"].lower()
    assert len(body) < len(plain.content) / 2


def test_a_deep_link_survives_a_reload(lab: httpx.Client, client_route: str) -> None:
    answer = lab.get(client_route)
    assert answer.status_code == 200
    assert answer.text == lab.get("/").text


def test_an_unknown_page_leads_to_the_home_page(lab: httpx.Client) -> None:
    answer = lab.get("/no/such/page")
    assert answer.status_code in {302, 303, 307}
    assert httpx.URL(answer.headers["location"]).path == "/"


def test_an_unknown_path_of_the_api_is_404_as_json(lab: httpx.Client) -> None:
    answer = lab.get("/api/no-such-thing")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"]


def test_a_missing_asset_is_404_and_never_a_page(lab: httpx.Client) -> None:
    answer = lab.get("/assets/no-such-file.js")
    assert answer.status_code == 404
    assert "<html" not in answer.text.lower()


def test_the_pages_of_the_api_are_served(lab: httpx.Client) -> None:
    assert lab.get("/api/docs").status_code == 200
    assert "/api/lab" in lab.get("/api/openapi.json").json()["paths"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_what_operators_ask_is_not_reachable_through_the_front_door(lab: httpx.Client, path: str) -> None:
    assert lab.get(path).status_code != 200


def test_another_host_name_is_told_the_right_one(lab: httpx.Client, deployment: Deployment) -> None:
    answer = lab.get("/", headers={"Host": "another.example"})
    assert answer.status_code == 421
    assert deployment.public_url in answer.text


def test_the_lab_tells_its_title(lab: httpx.Client, deployment: Deployment) -> None:
    assert lab.get("/api/lab").json()["title"] == deployment.lab["title"]
