"""Socket.IO from outside: a real client, a real broker."""

import asyncio
import json
import struct
import time
from typing import Any

import pytest
import socketio

from app.backend.tests.lab import RunningLab, lab_settings, running_gateway, running_lab
from remlab_backend.settings import DatabaseSettings
from remlab_common.frames import EXAMPLE_FRAME, KEYS
from tests.servers.nats import NatsServer

OLD_FRAME = struct.pack("<11f", 3, -45.5, 15, 1, 60.5, 812, 813, 100, 7, 1, 2)


async def until_connected(lab: RunningLab, device: str = "aeropendulo") -> None:
    """Wait until the backend has heard that a device is connected."""
    async with asyncio.timeout(5):
        while not (await lab.http.get(f"/api/devices/{device}")).json()["status"]["connected"]:
            await asyncio.sleep(0.01)


async def test_a_page_that_watches_gets_the_frames_of_its_device(
    lab: RunningLab, nats_server: NatsServer
) -> None:
    async with running_gateway(nats_server) as gateway, lab.page() as page:
        answer = await page.call("watch", {"device": "aeropendulo"})
        assert answer["ok"]
        assert answer["status"]["device"] == "aeropendulo"
        await gateway.frame(received_ms=1234567890123)
        assert await page.next("telemetry") == {
            "device": "aeropendulo",
            "sequence": 1,
            "connection": "c1",
            "simulated": True,
            "received_ms": 1234567890123,
            "values": [2, -45.5, 15, 0, 60.5, 812, 812, 0, 0, 1, 0, 0, 0, 7, 0, 0],
        }
        assert page.queue("aeropendulo_state").empty()


async def test_an_old_firmware_has_null_for_what_it_does_not_send(
    lab: RunningLab, nats_server: NatsServer
) -> None:
    async with running_gateway(nats_server) as gateway, lab.page() as page:
        await page.call("watch", {"device": "aeropendulo"})
        await gateway.frame(OLD_FRAME)
        values = dict(zip(KEYS, (await page.next("telemetry"))["values"], strict=True))
        assert (values["mode"], values["Kp"], values["Kd"]) == (3, 7, 2)
        assert values["ctrl_mode"] is None


async def test_the_old_page_gets_its_16_keys_without_asking(lab: RunningLab, nats_server: NatsServer) -> None:
    async with running_gateway(nats_server) as gateway, lab.page(legacy=True) as page:
        await gateway.frame()
        state = await page.next("aeropendulo_state")
        assert list(state) == list(KEYS)
        assert (state["mode"], state["yk"], state["Kp"]) == (2, -45.5, 7)
        assert page.queue("telemetry").empty()


async def test_the_old_page_works_by_polling_too(lab: RunningLab, nats_server: NatsServer) -> None:
    """Spoken by hand: the Socket.IO client ends a long poll only when its time is up."""
    url = "/socket.io/?EIO=4&transport=polling"
    opening = await lab.http.get(url)
    url += f"&sid={json.loads(opening.text[1:])['sid']}"
    assert (await lab.http.post(url, content="40")).status_code == 200
    assert (await lab.http.get(url)).text.startswith("40{")
    async with running_gateway(nats_server) as gateway:
        polling = asyncio.create_task(lab.http.get(url))
        await gateway.frame()
        event, state = json.loads((await polling).text.removeprefix("42"))
    assert event == "aeropendulo_state"
    assert list(state) == list(KEYS)


async def test_frames_of_other_devices_and_unknown_lengths_are_not_passed_on(
    lab: RunningLab, nats_server: NatsServer
) -> None:
    async with (
        running_gateway(nats_server) as gateway,
        running_gateway(nats_server, device="sim") as other,
        running_gateway(nats_server, device="stranger") as stranger,
        lab.page() as page,
    ):
        await page.call("watch", {"device": "aeropendulo"})
        await other.frame()
        await stranger.frame()
        await gateway.frame(b"12345")
        await gateway.frame()
        assert (await page.next("telemetry"))["sequence"] == 2
        assert page.queue("telemetry").empty()
        assert 'backend_bad_messages_total{kind="frame"} 1.0' in (await lab.http.get("/metrics")).text


async def test_after_unwatch_nothing_more_comes(lab: RunningLab, nats_server: NatsServer) -> None:
    async with (
        running_gateway(nats_server) as gateway,
        running_gateway(nats_server, device="sim") as other,
        lab.page() as page,
    ):
        await page.call("watch", {"device": "aeropendulo"})
        await page.call("watch", {"device": "sim"})
        await page.call("unwatch", {"device": "aeropendulo"})
        await gateway.frame()
        await gateway.client.flush()
        await asyncio.sleep(0)
        await other.frame()
        assert (await page.next("telemetry"))["device"] == "sim"
        assert page.queue("telemetry").empty()


@pytest.mark.parametrize("request_", [{"device": "no-such"}, {}, None, "aeropendulo", {"device": ["x"]}])
async def test_watching_what_does_not_exist_says_so(lab: RunningLab, request_: Any) -> None:
    async with lab.page() as page:
        answer = await page.call("watch", request_)
        assert answer["ok"] is False
        assert answer["error"]


async def test_status_comes_on_change_and_every_two_seconds(lab: RunningLab, nats_server: NatsServer) -> None:
    async with running_gateway(nats_server) as gateway, lab.page() as page:
        await page.call("watch", {"device": "aeropendulo"})
        await gateway.report()
        async with asyncio.timeout(5):
            while not (status := await page.next("device_status"))["connected"]:
                pass
        assert status["state"] == "unknown"
        await gateway.frame()
        async with asyncio.timeout(5):
            while (status := await page.next("device_status"))["state"] != "ready":
                pass
        assert status["stale"] is False
        began = time.monotonic()
        async with asyncio.timeout(5):
            while not (status := await page.next("device_status"))["stale"]:
                pass
        assert 0.5 < time.monotonic() - began < 3
        assert status["age_seconds"] >= 1.5


async def test_a_command_comes_back_with_the_gateways_answer(
    lab: RunningLab, nats_server: NatsServer
) -> None:
    async with running_gateway(nats_server) as gateway, lab.page() as page:
        commands = await gateway.answer(outcome="confirmed")
        await gateway.report()
        await until_connected(lab)
        answer = await page.call("command", {"device": "aeropendulo", "key": "Kp", "value": 4.3})
        assert (answer["outcome"], answer["key"]) == ("confirmed", "Kp")
        assert await commands.get() == ("Kp", struct.pack("<f", 4.3))


async def test_commands_of_one_page_keep_their_order(lab: RunningLab, nats_server: NatsServer) -> None:
    async with running_gateway(nats_server) as gateway, lab.page(legacy=True) as page:
        commands = await gateway.answer(outcome="confirmed")
        await gateway.report()
        await until_connected(lab)
        sent = [("ctrl_mode", 1), ("event", 3), ("Kp", 1), ("Ki", 2), ("Kd", 3)] * 5
        for key, value in sent:
            await page.client.emit(key, value)
        async with asyncio.timeout(5):
            received = [await commands.get() for _ in sent]
        assert [(key, struct.unpack("<f", data)[0]) for key, data in received] == sent


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"device": "no-such", "key": "Kp", "value": 1}, "unknown_device"),
        ({"device": "aeropendulo", "key": "Kx", "value": 1}, "unknown_key"),
        ({"device": "aeropendulo", "key": "Kp", "value": "1"}, "not_a_number"),
        ({"device": "aeropendulo", "key": "Kp", "value": True}, "not_a_number"),
        ({"device": "aeropendulo", "key": "Kp", "value": float("nan")}, "not_a_number"),
        ({"device": "aeropendulo", "key": "Kp", "value": float("inf")}, "not_a_number"),
        ({"device": "aeropendulo", "key": "Kp", "value": 1e300}, "not_a_number"),
        ({"device": "aeropendulo", "key": "Kp", "value": 100.1}, "out_of_range"),
        ({"device": "aeropendulo", "key": "vel_man", "value": -601}, "out_of_range"),
        ({"device": "aeropendulo", "key": "event", "value": 7}, "out_of_range"),
        ({"device": "aeropendulo", "key": "event", "value": 1.5}, "out_of_range"),
        ({"device": "sim", "key": "Kp", "value": 1}, "not_connected"),
        ({"device": "aeropendulo", "key": "Kp", "value": 1}, "not_connected"),
        ({}, "unknown_device"),
        ("Kp", "unknown_device"),
        (None, "unknown_device"),
    ],
)
async def test_a_command_that_cannot_be_is_refused_with_its_reason(
    lab: RunningLab, nats_server: NatsServer, request_: Any, code: str
) -> None:
    async with running_gateway(nats_server) as gateway, lab.page() as page:
        await gateway.report()
        await until_connected(lab)
        if code == "not_connected" and isinstance(request_, dict) and request_["device"] == "aeropendulo":
            await gateway.report(connected=False)
            async with asyncio.timeout(5):
                while (await lab.http.get("/api/devices/aeropendulo")).json()["status"]["connected"]:
                    await asyncio.sleep(0.01)
        answer = await page.call("command", request_)
        assert (answer["outcome"], answer["code"]) == ("refused", code)
        assert answer["reason"]


async def test_a_gateway_that_does_not_answer_leaves_a_command_unconfirmed(
    shared_database: DatabaseSettings, nats_server: NatsServer, dist: Any
) -> None:
    settings = lab_settings(shared_database, broker=nats_server, dist=dist, command_timeout_seconds=0.2)
    async with running_lab(settings) as lab, running_gateway(nats_server) as gateway, lab.page() as page:
        await gateway.client.subscribe("aeropendulo.esp32.Kp", cb=_ignore)
        await gateway.report()
        await until_connected(lab)
        answer = await page.call("command", {"device": "aeropendulo", "key": "Kp", "value": 1})
        assert answer["outcome"] == "unconfirmed"
        assert "0.2 s" in answer["reason"]


async def _ignore(_: Any) -> None:
    pass


async def test_the_old_page_hears_why_a_command_was_refused(lab: RunningLab, nats_server: NatsServer) -> None:
    async with running_gateway(nats_server) as gateway, lab.page(legacy=True) as page:
        await gateway.report()
        await until_connected(lab)
        await page.client.emit("vel_man", 601)
        refusal = await page.next("command_refused")
        assert refusal["key"] == "vel_man"
        assert "-600" in refusal["reason"]


async def test_commands_are_closed_where_the_old_page_is_not_allowed(
    shared_database: DatabaseSettings, nats_server: NatsServer, dist: Any
) -> None:
    settings = lab_settings(shared_database, broker=nats_server, dist=dist, legacy_page=False)
    async with running_lab(settings) as lab, lab.page() as page, lab.page(legacy=True) as old:
        answer = await page.call("command", {"device": "aeropendulo", "key": "event", "value": 1})
        assert (answer["outcome"], answer["code"]) == ("refused", "commands_closed")
        await old.client.emit("event", 1)
        assert (await old.next("command_refused"))["key"] == "event"
        assert (await lab.http.get("/api/lab")).json()["commands_accepted"] is False


async def test_telemetry_comes_back_by_itself_after_the_broker_was_away(
    lab: RunningLab, nats_server: NatsServer
) -> None:
    async with lab.page() as page:
        await page.call("watch", {"device": "aeropendulo"})
        nats_server.stop()
        async with asyncio.timeout(10):
            while (await lab.http.get("/readyz")).status_code == 200:
                await asyncio.sleep(0.02)
        assert (await lab.http.get("/")).status_code == 200
        assert (await lab.http.get("/healthz")).status_code == 200
        answer = await page.call("command", {"device": "aeropendulo", "key": "event", "value": 1})
        assert (answer["outcome"], answer["code"]) == ("refused", "bus_away")
        await asyncio.to_thread(nats_server.start)
        async with asyncio.timeout(10):
            while (await lab.http.get("/readyz")).status_code != 200:
                await asyncio.sleep(0.02)
        async with running_gateway(nats_server) as gateway:
            await gateway.frame()
            assert (await page.next("telemetry"))["sequence"] == 1


async def test_a_page_of_another_site_may_not_connect(lab: RunningLab) -> None:
    client = socketio.AsyncClient(reconnection=False)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(lab.url, headers={"Origin": "https://elsewhere.example"})
    for origin in ("http://localhost:8080", lab.url):
        client = socketio.AsyncClient(reconnection=False)
        await client.connect(lab.url, headers={"Origin": origin})
        await client.disconnect()


async def test_a_frame_reaches_the_page_within_50_ms(lab: RunningLab, nats_server: NatsServer) -> None:
    async with running_gateway(nats_server) as gateway, lab.page() as page:
        await page.call("watch", {"device": "aeropendulo"})
        delays = []
        for _ in range(40):
            began = time.monotonic()
            await gateway.frame(EXAMPLE_FRAME)
            await page.next("telemetry")
            delays.append(time.monotonic() - began)
        assert sorted(delays)[-2] < 0.05, delays
