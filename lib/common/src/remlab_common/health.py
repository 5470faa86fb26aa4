"""Endpoints that every service has on its own port: /healthz, /readyz and /metrics.

The front door never exposes them. A check gives None when all is well, otherwise one sentence
that says what is wrong.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

Check = Callable[[], Awaitable[str | None]]


async def _problems(checks: Mapping[str, Check]) -> dict[str, str]:
    answers = {name: await check() for name, check in checks.items()}
    return {name: problem for name, problem in answers.items() if problem is not None}


def _answer(state: str, problems: Mapping[str, str]) -> JSONResponse:
    body: dict[str, Any] = {"status": "failing" if problems else state, "problems": dict(problems)}
    return JSONResponse(body, status_code=503 if problems else 200)


def health_router(
    *, alive: Mapping[str, Check], ready: Mapping[str, Check], registry: CollectorRegistry
) -> APIRouter:
    """Give the three endpoints.

    `alive` decides whether the engine restarts the container, so it must not depend on other
    services that may be away; `ready` tells operators whether the service can do its work.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> Response:
        return _answer("alive", await _problems(alive))

    @router.get("/readyz")
    async def readyz() -> Response:
        return _answer("ready", await _problems({**alive, **ready}))

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router
