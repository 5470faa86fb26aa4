"""The media service over HTTP: list, stream and snapshot of each camera."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response, WebSocket
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocketDisconnect

from remlab_common.health import health_router

from . import metrics
from .camera import Camera
from .cameras import running
from .settings import CameraSettings
from .snapshot import Snapshots
from .viewer import Viewer

CLOSE_UNKNOWN_CAMERA = 4404
SEND_TIMEOUT_SECONDS = 10.0
_CODES = {404: "not_found", 405: "method_not_allowed", 503: "camera_not_live"}

logger = logging.getLogger(__name__)

router = APIRouter(prefix="/media")


def create_app(
    cameras: tuple[CameraSettings, ...], *, send_timeout_seconds: float = SEND_TIMEOUT_SECONDS
) -> FastAPI:
    """Return the application. Its lifespan keeps the cameras connected."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running(cameras) as app.state.cameras:
            yield

    app = FastAPI(title="remlab media", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.cameras = {}
    app.state.snapshots = Snapshots()
    app.state.send_timeout_seconds = send_timeout_seconds
    app.add_exception_handler(StarletteHTTPException, _as_json)
    app.include_router(router)
    app.include_router(
        health_router(alive={}, ready={}, registry=metrics.registry(lambda: app.state.cameras))
    )
    return app


async def _cameras(connection: HTTPConnection) -> Mapping[str, Camera]:
    """Look the cameras up; a plain function would cost a thread for each request."""
    cameras: Mapping[str, Camera] = connection.app.state.cameras
    return cameras


Cameras = Annotated[Mapping[str, Camera], Depends(_cameras)]


@router.get("/cameras")
async def list_cameras(cameras: Cameras, response: Response) -> list[dict[str, object]]:
    """Say of each camera whether it is live, and if not, why."""
    response.headers["Cache-Control"] = "no-store"
    return [camera.status() for camera in cameras.values()]


@router.get("/cameras/{name}/snapshot.jpg")
async def snapshot(name: str, cameras: Cameras, request: Request) -> Response:
    """Give the last key frame as JPEG; 503 with the reason while there is none."""
    if name not in cameras:
        raise HTTPException(404, "there is no such camera")
    camera = cameras[name]
    if not camera.live:
        raise HTTPException(503, camera.reason)
    snapshots: Snapshots = request.app.state.snapshots
    jpeg = await snapshots.jpeg(camera)
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.websocket("/cameras/{name}/stream")
async def stream(websocket: WebSocket, name: str, cameras: Cameras) -> None:
    """Send the camera's pictures until the browser leaves or reads too slowly."""
    await websocket.accept()
    if name not in cameras:
        await websocket.close(CLOSE_UNKNOWN_CAMERA, "there is no such camera")
        return
    viewer = Viewer()
    cameras[name].add(viewer)
    sending = asyncio.create_task(_send(websocket, viewer))
    receiving = asyncio.create_task(_wait_for_disconnect(websocket))
    try:
        await asyncio.wait((sending, receiving), return_when=asyncio.FIRST_COMPLETED)
    finally:
        cameras[name].remove(viewer)
        for task in (sending, receiving):
            task.cancel()
        await asyncio.gather(sending, receiving, return_exceptions=True)


async def _send(websocket: WebSocket, viewer: Viewer) -> None:
    """Send what the viewer's queue gives; end when one message takes too long."""
    timeout: float = websocket.app.state.send_timeout_seconds
    try:
        while True:
            message = await viewer.next()
            async with asyncio.timeout(timeout):
                if isinstance(message, str):
                    await websocket.send_text(message)
                else:
                    await websocket.send_bytes(message)
    except TimeoutError:
        logger.info("viewer reads too slowly", extra={"seconds": timeout, "skipped": viewer.dropped})
    except (WebSocketDisconnect, RuntimeError):
        # Starlette raises RuntimeError for a connection that the server itself has closed.
        return


async def _wait_for_disconnect(websocket: WebSocket) -> None:
    """Read until the browser leaves; nothing that it says means anything yet."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


async def _as_json(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StarletteHTTPException)
    body = {"error": {"code": _CODES.get(error.status_code, "error"), "message": error.detail}}
    return JSONResponse(body, status_code=error.status_code, headers=error.headers)
