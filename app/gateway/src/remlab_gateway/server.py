"""The process around a gateway: one port for devices, health and metrics."""

import contextlib
import socket
from collections.abc import AsyncIterator

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from remlab_common.health import health_router
from remlab_gateway.gateway import Gateway
from remlab_gateway.metrics import registry_for
from remlab_gateway.settings import GatewaySettings

MAX_MESSAGE_BYTES = 64 * 1024
GRACE_SECONDS = 5


def create_app(gateway: Gateway) -> ASGIApp:
    """Give the ASGI application.

    Devices' WebSockets go straight to the gateway: what a web framework does around each message
    would cost more than the message.
    """

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await gateway.start()
        yield
        await gateway.stop()

    async def broker_once_reached() -> str | None:
        # A new version that cannot reach the broker at all must not replace an old one that can;
        # once it has, a broker that goes away is no reason to restart the gateway.
        return gateway.broker.problem if gateway.broker.connections == 0 else None

    async def broker_reached() -> str | None:
        return gateway.broker.problem

    http = FastAPI(title="remlab gateway", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    http.include_router(
        health_router(
            alive={"broker at start": broker_once_reached},
            ready={"broker": broker_reached},
            registry=registry_for(gateway),
        )
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            with contextlib.suppress(WebSocketDisconnect):  # gone before it was accepted
                await gateway.serve(WebSocket(scope, receive, send))
        else:
            await http(scope, receive, send)

    return app


class GatewayServer(uvicorn.Server):
    """Sends devices away in good order before the server closes their sockets."""

    def __init__(self, settings: GatewaySettings) -> None:
        self.gateway = Gateway(settings)
        super().__init__(
            uvicorn.Config(
                create_app(self.gateway),
                host=settings.host,
                port=settings.port,
                ws="websockets-sansio",
                ws_max_size=MAX_MESSAGE_BYTES,
                ws_per_message_deflate=False,
                ws_ping_interval=settings.ping_interval_seconds,
                ws_ping_timeout=settings.ping_timeout_seconds,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close devices with 1001 (going away), then everything else."""
        await self.gateway.close_devices()
        await super().shutdown(sockets)
