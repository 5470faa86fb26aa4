import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter

from remlab_common.health import health_router


class Checks:
    alive: str | None = None
    ready: str | None = None

    async def is_alive(self) -> str | None:
        return self.alive

    async def is_ready(self) -> str | None:
        return self.ready


@pytest.fixture
def checks() -> Checks:
    return Checks()


@pytest.fixture
def client(checks: Checks) -> httpx.AsyncClient:
    registry = CollectorRegistry()
    Counter("frames", "Frames seen.", registry=registry).inc(3)
    app = FastAPI()
    app.include_router(
        health_router(alive={"loop": checks.is_alive}, ready={"broker": checks.is_ready}, registry=registry)
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service")


async def test_a_service_in_order_is_alive_and_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).status_code == 200
    answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "problems": {}}


async def test_a_service_without_broker_is_alive_but_not_ready(
    client: httpx.AsyncClient, checks: Checks
) -> None:
    checks.ready = "the broker is away"
    assert (await client.get("/healthz")).status_code == 200
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["problems"] == {"broker": "the broker is away"}


async def test_a_service_that_is_not_alive_is_not_ready_either(
    client: httpx.AsyncClient, checks: Checks
) -> None:
    checks.alive = "a thread died"
    assert (await client.get("/healthz")).status_code == 503
    assert (await client.get("/readyz")).status_code == 503


async def test_metrics_are_in_the_format_of_prometheus(client: httpx.AsyncClient) -> None:
    answer = await client.get("/metrics")
    assert "frames_total 3.0" in answer.text
    assert answer.headers["content-type"].startswith("text/plain")
