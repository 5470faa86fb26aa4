import asyncio
from collections.abc import AsyncIterator

import pytest
from nats.aio.msg import Msg
from nats.errors import NoRespondersError

from remlab_common.broker import Broker
from tests.servers.nats import NatsServer

PATIENCE_SECONDS = 10


@pytest.fixture
async def brokers(nats_server: NatsServer) -> AsyncIterator[tuple[Broker, Broker]]:
    """Two connected services: a gateway and a backend."""
    pair = (
        Broker(nats_server.url, name="g", user="gateway", password="gateway-pw", no_echo=True),
        Broker(nats_server.url, name="b", user="backend", password="backend-pw"),
    )
    tasks = [asyncio.create_task(broker.run()) for broker in pair]
    async with asyncio.timeout(PATIENCE_SECONDS):
        for broker in pair:
            await broker.wait_connected()
    yield pair
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def collect(broker: Broker, subject: str) -> "asyncio.Queue[Msg]":
    received: asyncio.Queue[Msg] = asyncio.Queue()
    await broker.subscribe(subject, received.put)
    await broker.flush()
    return received


async def until(broker: Broker, *, connected: bool) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while broker.is_connected != connected:
            await asyncio.sleep(0.01)


async def test_messages_arrive_with_their_headers(brokers: tuple[Broker, Broker]) -> None:
    gateway, backend = brokers
    received = await collect(backend, "a.esp32.state")
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await gateway.publish("a.esp32.state", b"frame", headers={"Remlab-Sequence": "1"})
        message = await received.get()
    assert message.data == b"frame"
    assert message.headers == {"Remlab-Sequence": "1"}


async def test_a_request_without_listener_fails_at_once(brokers: tuple[Broker, Broker]) -> None:
    _, backend = brokers
    with pytest.raises(NoRespondersError):
        await backend.request("a.esp32.Kp", b"", timeout_seconds=PATIENCE_SECONDS)


async def test_subscriptions_work_again_after_the_broker_was_away(
    brokers: tuple[Broker, Broker], nats_server: NatsServer
) -> None:
    gateway, backend = brokers
    received = await collect(backend, "a.esp32.state")
    nats_server.stop()
    await until(gateway, connected=False)
    await until(backend, connected=False)
    assert gateway.problem is not None
    assert await gateway.publish("a.esp32.state", b"lost") is False

    nats_server.start()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await gateway.wait_connected()
        await backend.wait_connected()
        assert gateway.problem is None
        assert await gateway.publish("a.esp32.state", b"back")
        assert (await received.get()).data == b"back"
    assert received.empty(), "what was published while the broker was away must not come later"


async def test_an_ended_subscription_stays_ended_after_a_reconnection(
    brokers: tuple[Broker, Broker], nats_server: NatsServer
) -> None:
    gateway, backend = brokers
    received = await collect(backend, "kept")
    unsubscribe = await backend.subscribe("ended", received.put)
    await unsubscribe()
    nats_server.stop()
    await until(backend, connected=False)
    nats_server.start()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await gateway.wait_connected()
        await backend.wait_connected()
        await gateway.publish("ended", b"")
        await gateway.publish("kept", b"")
        assert (await received.get()).subject == "kept"


async def test_a_wrong_password_is_reported_and_tried_again(nats_server: NatsServer) -> None:
    broker = Broker(nats_server.url, name="g", user="gateway", password="wrong")
    task = asyncio.create_task(broker.run())
    async with asyncio.timeout(PATIENCE_SECONDS):
        while broker.problem is None or "uthorization" not in broker.problem:
            await asyncio.sleep(0.01)
    nats_server.stop()
    nats_server.users["gateway"] = "wrong"
    nats_server.start()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await broker.wait_connected()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_broker_that_cannot_be_reached_is_reported_with_the_cause(unused_tcp_port: int) -> None:
    broker = Broker(f"nats://127.0.0.1:{unused_tcp_port}", name="g", user="gateway", password="x")
    task = asyncio.create_task(broker.run())
    async with asyncio.timeout(PATIENCE_SECONDS):
        while broker.problem is None or "Connect call failed" not in broker.problem:
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("reachable", [False, True])
async def test_an_end_is_heeded_whatever_the_client_is_doing(
    nats_server: NatsServer, *, reachable: bool
) -> None:
    """The client library swallows a cancellation that comes while it connects."""
    url = nats_server.url if reachable else "nats://127.0.0.1:9"
    deaf = []
    for moment in range(40):
        task = asyncio.create_task(Broker(url, name="b", user="backend", password="backend-pw").run())
        for _ in range(moment):
            await asyncio.sleep(0)
        task.cancel()
        ended, _ = await asyncio.wait([task], timeout=2)
        if not ended:
            deaf.append(moment)
            task.cancel()
    assert deaf == []
