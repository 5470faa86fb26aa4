"""Puts the server together: pages, API, Socket.IO, bus and database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.routing import APIRoute
from socketio import ASGIApp
from starlette.types import Receive, Scope, Send

from remlab_backend import __version__
from remlab_backend.api.cameras_client import CamerasClient
from remlab_backend.api.context import Context
from remlab_backend.api.docs import docs_router
from remlab_backend.api.gate import ApiGate
from remlab_backend.api.routes import router
from remlab_backend.api.service_probes import ServiceProbes
from remlab_backend.bus import Bus
from remlab_backend.commands import Commands
from remlab_backend.database.logbook import Logbook
from remlab_backend.database.writer import Writer
from remlab_backend.devices import LiveDevices
from remlab_backend.errors import install_error_handlers
from remlab_backend.metrics import Metrics
from remlab_backend.realtime.lab import LiveLab
from remlab_backend.realtime.stalled import cut_stalled
from remlab_backend.settings import Settings
from remlab_backend.static.catalogue import load_catalogue
from remlab_backend.static.fast_http import KnownRequests
from remlab_backend.static.site import StaticSite
from remlab_common.broker import Broker
from remlab_common.health import health_router

_OWN_PATHS = frozenset({"/api", "/healthz", "/readyz", "/metrics"})


def create_api(context: Context | None = None) -> FastAPI:
    """Return the API; without a context only its description works."""
    api = FastAPI(
        title="remlab",
        summary="A virtual and remote laboratory",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    api.include_router(router)
    api.include_router(docs_router())
    install_error_handlers(api)
    api.state.context = context
    return api


def _operation_id(route: APIRoute) -> str:
    return route.name


class Application:
    """The whole server as one ASGI application."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self.site = StaticSite(load_catalogue(settings.dist))
        self.known_requests = KnownRequests(self.site)
        self.writer = Writer(settings)
        self.context = self._build_context()
        api = create_api(self.context)
        api.include_router(self._health())
        self._api = ApiGate(api, self.metrics)
        self._socketio = cut_stalled(ASGIApp(self.live.server, socketio_path="/socket.io"))
        self._expose_metrics()

    @property
    def live(self) -> LiveLab:
        """The Socket.IO side."""
        return self.context.live

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send each request to the part that answers it (ASGI)."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        path: str = scope["path"]
        if path.startswith("/socket.io/") or path == "/socket.io":
            await self._socketio(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4404, "reason": "no such endpoint"})
        elif path.startswith("/api/") or path in _OWN_PATHS:
            await self._api(scope, receive, send)
        else:
            await self.site(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self.running():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run everything that works in the background."""
        context = self.context
        self.writer.start()
        await context.bus.start()
        self.live.start()
        # A new replica takes over people at once, so it first waits a moment for what they need.
        ready = asyncio.gather(context.bus.wait_connected(), self.writer.wait_available())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ready, self.settings.connect_first_seconds)
        try:
            yield
        finally:
            await self.live.close()
            await context.bus.close()
            await context.cameras.close()
            await context.services.close()
            await self.writer.close()

    def _build_context(self) -> Context:
        settings = self.settings
        devices = LiveDevices(settings.lab_devices)
        broker = Broker(
            settings.broker_url,
            name="backend",
            user=settings.broker_user,
            password=settings.broker_password.get_secret_value(),
        )
        bus = Bus(broker, devices, self.metrics)
        commands = Commands(
            devices,
            bus,
            self.metrics,
            accepted=settings.legacy_page,
            timeout_seconds=settings.command_timeout_seconds,
        )
        live = LiveLab(devices, commands, self.metrics, origin_allowed=self._origin_allowed)
        bus.on_frame = live.pass_on
        bus.on_status = live.refresh
        bus.on_entry = live.pass_on_entry
        return Context(
            settings=settings,
            metrics=self.metrics,
            devices=devices,
            bus=bus,
            commands=commands,
            live=live,
            logbook=Logbook(self.writer),
            cameras=CamerasClient(str(settings.media_url)),
            services=ServiceProbes(settings.lab_services),
        )

    def _origin_allowed(self, origin: str, environ: dict[str, Any]) -> bool:
        """Say whether a page from `origin` may open Socket.IO: the lab's own, and those allowed."""
        own = {str(self.settings.lab_public_url).rstrip("/"), *self.settings.extra_origins}
        return origin in own or urlsplit(origin).netloc == environ.get("HTTP_HOST")

    def _health(self) -> Any:
        async def pages() -> str | None:
            return None if self.site.has_pages else "the image holds no pages"

        async def broker() -> str | None:
            return self.context.bus.problem

        async def database() -> str | None:
            return self.writer.problem

        ready = {"pages": pages, "broker": broker, "database": database}
        return health_router(alive={}, ready=ready, registry=self.metrics.registry)

    def _expose_metrics(self) -> None:
        metrics, known, live = self.metrics, self.known_requests, self.live
        metrics.expose_count(
            "backend_static_shortcut", "Pages and assets answered at once", lambda: known.hits
        )
        metrics.expose("backend_static_known_requests", "Remembered requests", lambda: len(known.replies))
        metrics.expose("backend_database_waiting", "Requests at the database", lambda: self.writer.waiting)
        metrics.expose("backend_viewers", "Connected pages", lambda: len(live.viewers))
        metrics.expose_count(
            "backend_viewer_dropped_messages",
            "Telemetry left out for pages that read too slowly",
            lambda: live.fanout.dropped,
        )
