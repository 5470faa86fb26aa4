"""Signals from a simulated device to a page, and commands the other way."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import socketio

from tests.infra.deployment import Deployment

# The 16 signals in the order of the device's frame (device protocol, section 1).
KEYS = tuple(
    "mode yk rk uk ek M1 M2 vel_man pos_man ctrl_mode ref_type freq amp Kp Ki Kd".split()  # noqa: SIM905
)
STANDBY, READY = 0, 2
POWERON, POWEROFF = 1, 2
PATIENCE_SECONDS = 15


class Page:
    """A page's connection, which keeps everything it hears."""

    def __init__(self, client: socketio.AsyncClient) -> None:
        self.client = client
        self.heard: dict[str, list[Any]] = {}
        self._news = asyncio.Condition()
        client.on("*", self._hear)

    async def _hear(self, event: str, data: Any) -> None:
        async with self._news:
            self.heard.setdefault(event, []).append(data)
            self._news.notify_all()

    async def until(self, event: str, wanted: Callable[[Any], bool], *, first: int = 0) -> Any:
        """The first message of this kind, from index `first` on, that is as wanted."""

        def found() -> Any:
            return next((one for one in self.heard.get(event, [])[first:] if wanted(one)), None)

        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._news:
                await self._news.wait_for(lambda: found() is not None)
        except TimeoutError:
            last = self.heard.get(event, ["nothing"])[-1]
            raise AssertionError(f"waited {PATIENCE_SECONDS} s for {event}; the last was {last}") from None
        return found()


@asynccontextmanager
async def page_of(deployment: Deployment, auth: dict[str, str] | None = None) -> AsyncIterator[Page]:
    client = socketio.AsyncClient(reconnection=False, ssl_verify=not deployment.own_authority)
    page = Page(client)
    await client.connect(deployment.public_url, auth=auth, transports=["websocket"], wait_timeout=10)
    try:
        yield page
    finally:
        await client.disconnect()


@pytest.fixture
def simulated(deployment: Deployment, device: str, needs: Any) -> str:
    needs("backend", "gateway", "simulator")
    if device not in deployment.lab["simulated_devices"]:
        pytest.skip(f"{device} is not simulated here")
    return device


async def test_an_old_page_hears_the_default_device_with_all_its_signals(
    deployment: Deployment, needs: Any
) -> None:
    needs("backend", "gateway", "simulator")
    async with page_of(deployment) as page:
        state = await page.until("aeropendulo_state", lambda one: True)
        assert set(state) == set(KEYS)
        await page.until("aeropendulo_state", lambda one: True, first=5)


async def test_frames_of_a_device_arrive_in_order_and_without_a_gap(
    deployment: Deployment, simulated: str
) -> None:
    async with page_of(deployment, {"client": "remlab"}) as page:
        answer = await page.client.call("watch", {"device": simulated})
        assert answer["ok"], answer
        await page.until("telemetry", lambda one: one["device"] == simulated, first=30)
        frames = [one for one in page.heard["telemetry"] if one["device"] == simulated]
        assert all(len(one["values"]) == len(KEYS) for one in frames)
        sequences = [one["sequence"] for one in frames]
        assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))


async def test_an_unknown_device_cannot_be_watched(deployment: Deployment, needs: Any) -> None:
    needs("backend")
    async with page_of(deployment, {"client": "remlab"}) as page:
        answer = await page.client.call("watch", {"device": "no-such-device"})
        assert not answer["ok"]
        assert answer["error"]


@pytest.mark.drives
async def test_a_command_changes_the_state_of_the_device(deployment: Deployment, simulated: str) -> None:
    if not deployment.lab["legacy_page"]:
        pytest.skip("this lab takes no commands from tests (lab_legacy_page)")
    async with page_of(deployment, {"client": "remlab"}) as page:
        await page.client.call("watch", {"device": simulated})

        async def command(key: str, value: float) -> Any:
            return await page.client.call(
                "command", {"device": simulated, "key": key, "value": value}, timeout=10
            )

        await command("event", POWEROFF)
        assert (await command("event", POWERON))["outcome"] == "confirmed"
        heard = len(page.heard.get("telemetry", []))
        await page.until("telemetry", lambda one: one["values"][0] == READY, first=heard)
        assert (await command("event", POWEROFF))["outcome"] == "confirmed"
        heard = len(page.heard["telemetry"])
        await page.until("telemetry", lambda one: one["values"][0] == STANDBY, first=heard)


@pytest.mark.drives
async def test_a_command_out_of_its_limits_is_refused_with_a_reason(
    deployment: Deployment, simulated: str
) -> None:
    async with page_of(deployment, {"client": "remlab"}) as page:
        command = {"device": simulated, "key": "Kp", "value": 1e9}
        answer = await page.client.call("command", command, timeout=10)
        assert answer["outcome"] == "refused"
        assert answer["reason"]
