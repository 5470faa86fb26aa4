"""What the API tells of devices, gateways, cameras and services."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app.backend.tests.lab import DEVICES, RunningLab, lab_settings, running_gateway, running_lab
from remlab_backend.openapi import document
from remlab_backend.settings import DatabaseSettings
from remlab_common.cameras import CameraState
from tests.servers.nats import NatsServer, free_port

ROOT = Path(__file__).parents[4]


@asynccontextmanager
async def answering(status: str, body: bytes, port: int) -> AsyncIterator[None]:
    """Answer every HTTP request on `port` with the same."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()


async def test_the_lab_introduces_itself(lab: RunningLab) -> None:
    answer = (await lab.http.get("/api/lab")).json()
    assert answer["public_url"] == "http://localhost:8080"
    assert answer["commands_accepted"] is True
    assert answer["version"]


@pytest.mark.parametrize(("language", "languages"), [("es", ["es", "en"]), ("en", ["en", "es"])])
async def test_the_labs_own_language_comes_first(
    language: str,
    languages: list[str],
    shared_database: DatabaseSettings,
    dist: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LAB_LANGUAGE", language)
    async with running_lab(lab_settings(shared_database, broker=None, dist=dist)) as lab:
        assert (await lab.http.get("/api/lab")).json()["languages"] == languages


async def test_devices_are_listed_as_configured(lab: RunningLab) -> None:
    first, second = (await lab.http.get("/api/devices")).json()
    assert (first["id"], first["default"], first["cameras"]) == ("aeropendulo", True, ["cam"])
    assert first["limits"]["Kp"] == [0, 100]
    assert (second["id"], second["virtual"]) == ("sim", True)
    assert second["title"] == {"es": "Simulado", "en": "Simulado"}
    assert second["status"]["connected"] is False
    assert second["status"]["state"] == "unknown"
    assert [first["id"], second["id"]] == [device["id"] for device in DEVICES]


async def test_of_two_gateways_the_one_that_holds_the_device_is_believed(
    lab: RunningLab, nats_server: NatsServer
) -> None:
    async with running_gateway(nats_server) as gateway:
        await gateway.report(gateway="g1", connected=True)
        await gateway.report(gateway="g2", connected=False, connection=None, connected_at=None)
        async with asyncio.timeout(5):
            while True:
                status = (await lab.http.get("/api/devices/aeropendulo")).json()["status"]
                if status["connected"]:
                    break
        assert status["gateway"] == "g1"


async def test_a_gateway_that_went_silent_is_not_believed_any_more(
    lab: RunningLab, nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("remlab_backend.devices.REPORT_LIFETIME_SECONDS", 0.3)
    async with running_gateway(nats_server) as gateway:
        await gateway.client.publish(
            "remlab.gateway.status", json.dumps({"gateway": "g1", "started_at": 1}).encode()
        )
        await gateway.report()
        async with asyncio.timeout(5):
            while not (await lab.http.get("/api/gateways")).json():
                pass
            while (await lab.http.get("/api/gateways")).json():
                await asyncio.sleep(0.02)
        assert (await lab.http.get("/api/devices/aeropendulo")).json()["status"]["connected"] is False


async def test_nonsense_on_the_bus_is_counted_and_changes_nothing(
    lab: RunningLab, nats_server: NatsServer
) -> None:
    async with running_gateway(nats_server) as gateway:
        for subject in ("aeropendulo.remlab.status", "remlab.gateway.status", "aeropendulo.remlab.log"):
            for payload in (b"", b"nonsense", b"[]", b'{"device": 5}'):
                await gateway.client.publish(subject, payload)
        await gateway.report()
        async with asyncio.timeout(5):
            while not (await lab.http.get("/api/devices/aeropendulo")).json()["status"]["connected"]:
                pass
    metrics = (await lab.http.get("/metrics")).text
    assert 'backend_bad_messages_total{kind="status"} 8.0' in metrics


async def test_cameras_are_as_the_media_service_says(
    shared_database: DatabaseSettings, nats_server: NatsServer, dist: Path
) -> None:
    port = free_port()
    settings = lab_settings(
        shared_database, broker=nats_server, dist=dist, media_url=f"http://127.0.0.1:{port}/"
    )
    states = [{"id": "cam", "live": True, "reason": None, "width": 640, "height": 360, "fps": 15.0, "x": 1}]
    async with running_lab(settings) as lab:
        async with answering("200 OK", json.dumps(states).encode(), port):
            [camera] = (await lab.http.get("/api/cameras")).json()
        assert camera["status"]["live"] is True
        assert camera["status"]["width"] == 640
        assert camera["device"] == "aeropendulo"


@pytest.mark.parametrize(
    ("cameras", "told"),
    [
        *(([{"id": "cam", "live": False, "state": state}], state) for state in CameraState),
        ([{"id": "cam", "live": False, "state": "of a later version"}], None),
        ([{"id": "cam", "live": False}], None),
        ([], "not_served"),
        ("nonsense", "not_served"),
        (None, "media_away"),
    ],
)
async def test_a_cameras_state_is_a_word_that_pages_can_translate(
    shared_database: DatabaseSettings, dist: Path, cameras: object, told: str | None
) -> None:
    port = free_port()
    settings = lab_settings(shared_database, broker=None, dist=dist, media_url=f"http://127.0.0.1:{port}/")
    status = "200 OK" if cameras is not None else "503 Service Unavailable"
    async with running_lab(settings) as lab, answering(status, json.dumps(cameras).encode(), port):
        [camera] = (await lab.http.get("/api/cameras")).json()
    assert camera["status"]["live"] is False
    assert camera["status"]["state"] == told


@pytest.mark.parametrize("body", [None, b"nonsense", b"{}", b'[{"id": "cam"}]'])
async def test_a_media_service_that_is_away_or_confused_leaves_cameras_not_live(
    shared_database: DatabaseSettings, nats_server: NatsServer, dist: Path, body: bytes | None
) -> None:
    port = free_port()
    settings = lab_settings(
        shared_database, broker=nats_server, dist=dist, media_url=f"http://127.0.0.1:{port}/"
    )
    async with running_lab(settings) as lab:
        if body is None:
            [camera] = (await lab.http.get("/api/cameras")).json()
        else:
            async with answering("200 OK", body, port):
                [camera] = (await lab.http.get("/api/cameras")).json()
        assert camera["status"]["live"] is False
        assert camera["status"]["reason"]


async def test_services_are_asked_and_told_without_addresses(
    shared_database: DatabaseSettings, nats_server: NatsServer, dist: Path
) -> None:
    good, bad, locked, closed = free_port(), free_port(), free_port(), free_port()
    probes = {
        "good": f"http://127.0.0.1:{good}/readyz",
        "bad": f"http://127.0.0.1:{bad}/readyz",
        "locked": f"http://127.0.0.1:{locked}/v2/",
        "broker": f"tcp://127.0.0.1:{nats_server.port}",
        "closed": f"http://127.0.0.1:{closed}/",
        "closed-tcp": f"tcp://127.0.0.1:{closed}",
        "nameless": "http://no-such-host.invalid:1/",
        "unasked": "",
    }
    services = [{"name": name, "summary": name, "probe": probe} for name, probe in probes.items()]
    settings = lab_settings(shared_database, broker=nats_server, dist=dist, lab_services=services)
    async with (
        running_lab(settings) as lab,
        answering("200 OK", b"{}", good),
        answering("503 Service Unavailable", b"10.0.0.1", bad),
        answering("401 Unauthorized", b"", locked),
    ):
        answer = await lab.http.get("/api/services")
    states: dict[str, Any] = {state["name"]: state for state in answer.json()}
    healthy = {name for name, state in states.items() if state["healthy"]}
    assert healthy == {"good", "locked", "broker"}
    assert states["good"]["latency_ms"] >= 0
    assert all(state["detail"] for state in states.values())
    assert "127.0.0.1" not in answer.text
    assert "10.0.0.1" not in answer.text


def test_the_committed_description_of_the_api_is_current() -> None:
    """The frontend's client is generated from it: python3 -m remlab_backend.openapi writes it."""
    committed = ROOT / "frontend" / "openapi.json"
    assert json.loads(committed.read_text(encoding="utf-8")) == json.loads(document())
