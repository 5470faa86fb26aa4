"""The port that devices connect to."""

import pytest
import websockets

from tests.infra.deployment import Deployment

UNKNOWN_DEVICE = 4404


async def test_the_device_port_speaks_nothing_but_websocket(deployment: Deployment) -> None:
    with pytest.raises(websockets.InvalidStatus):
        await websockets.connect(
            f"{deployment.device_url}/metrics", proxy=None, subprotocols=["mqtt"]
        ).__aenter__()


@pytest.mark.drives
async def test_an_unknown_device_is_closed_with_its_own_code(deployment: Deployment) -> None:
    url = f"{deployment.device_url}/no-such-device"
    async with websockets.connect(url, proxy=None, subprotocols=["arduino"]) as device:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await device.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == UNKNOWN_DEVICE
