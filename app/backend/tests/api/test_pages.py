"""The server's HTTP behaviour from outside: pages, files, redirects, errors (architecture §7)."""

import pytest

from app.backend.tests.lab import SCRIPT, RunningLab


async def test_home_is_the_page_and_is_asked_for_again(lab: RunningLab) -> None:
    answer = await lab.http.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"
    again = await lab.http.get("/", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_hashed_assets_are_kept_for_a_year(lab: RunningLab) -> None:
    answer = await lab.http.get(SCRIPT)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    ("accept", "encoding"),
    [("br, gzip", "br"), ("gzip", "gzip"), ("gzip;q=1, br;q=0.5", "gzip"), ("identity", None)],
)
async def test_assets_come_as_compressed_as_asked(lab: RunningLab, accept: str, encoding: str | None) -> None:
    answer = await lab.http.get(SCRIPT, headers={"Accept-Encoding": accept})
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.text.startswith("console.log")


@pytest.mark.parametrize("path", ["/labs", "/labs/", "/labs/aeropendulo"])
async def test_a_deep_link_is_the_page(lab: RunningLab, path: str) -> None:
    answer = await lab.http.get(path)
    assert answer.status_code == 200
    assert "<title>lab</title>" in answer.text


async def test_files_outside_of_assets_are_served(lab: RunningLab) -> None:
    answer = await lab.http.get("/imgs/plano%20del%20aerop%C3%A9ndulo.png")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/nothing/here", "/imgs", "/labs/other", "/%2e%2e/etc/passwd", "//x"])
async def test_anything_else_leads_home(lab: RunningLab, path: str) -> None:
    answer = await lab.http.get(f"{lab.url}{path}")
    assert answer.status_code == 307
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("path", ["/assets/missing-12345678.js", "/assets/"])
async def test_a_missing_asset_is_never_a_page(lab: RunningLab, path: str) -> None:
    answer = await lab.http.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/devices/", "/api/docs/nothing"])
async def test_unknown_below_api_is_404_as_json(lab: RunningLab, path: str) -> None:
    answer = await lab.http.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


async def test_a_wrong_method_is_refused(lab: RunningLab) -> None:
    assert (await lab.http.post("/")).status_code == 405
    assert (await lab.http.delete("/api/lab")).json()["error"]["code"] == "method_not_allowed"


async def test_head_tells_the_length_without_a_body(lab: RunningLab) -> None:
    full, head = await lab.http.get(SCRIPT), await lab.http.head(SCRIPT)
    assert head.content == b""
    for name in ("etag", "content-length", "content-encoding", "cache-control"):
        assert head.headers[name] == full.headers[name]


async def test_api_pages_come_from_here_alone(lab: RunningLab) -> None:
    page = await lab.http.get("/api/docs")
    assert page.status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
    for path in ("/api/docs/swagger-ui.css", "/api/docs/swagger-ui-bundle.js", "/api/docs/start.js"):
        assert path.rpartition("/")[2] in page.text
        assert (await lab.http.get(path)).status_code == 200
    assert (await lab.http.get("/api/openapi.json")).json()["info"]["title"] == "remlab"


async def test_health_readiness_and_metrics_answer(lab: RunningLab) -> None:
    assert (await lab.http.get("/healthz")).status_code == 200
    assert (await lab.http.get("/readyz")).json() == {"status": "ready", "problems": {}}
    await lab.http.get("/")
    metrics = (await lab.http.get("/metrics")).text
    assert "backend_static_shortcut_total" in metrics
    assert "backend_http_requests_total" in metrics
