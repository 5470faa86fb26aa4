"""The endpoints: each asks one part of the server and shapes its answer."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from remlab_backend.api.context import Context, CurrentContext, KnownDevice
from remlab_backend.api.schemas import (
    Camera,
    Device,
    GatewayStatus,
    Lab,
    LogEntry,
    LogPage,
    LogText,
    Problem,
    ServiceStatus,
    Title,
)
from remlab_backend.database.logbook import Entry
from remlab_backend.devices import LiveDevice
from remlab_backend.errors import InvalidRequestError

LANGUAGES = ("es", "en")
PAGE_ENTRIES = 20
MAX_PAGE_ENTRIES = 100

_NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "No such device"}}
_AWAY: dict[int | str, dict[str, Any]] = {
    422: {"model": Problem, "description": "Not understood"},
    503: {"model": Problem, "description": "The database is away; Retry-After says when to try again"},
}

router = APIRouter(prefix="/api", tags=["lab"])


@router.get("/lab")
async def get_lab(context: CurrentContext) -> Lab:
    """Tell what laboratory this is."""
    settings = context.settings
    return Lab(
        title=settings.lab_title,
        public_url=str(settings.lab_public_url).rstrip("/"),
        languages=sorted(LANGUAGES, key=lambda language: language != settings.lab_language),
        commands_accepted=context.commands.accepted,
        version=settings.version,
    )


@router.get("/devices")
async def list_devices(context: CurrentContext) -> list[Device]:
    """List the lab's devices and how they are."""
    return [_device(live, context) for live in context.devices]


@router.get("/devices/{device_id}", responses=_NOT_FOUND)
async def get_device(live: KnownDevice, context: CurrentContext) -> Device:
    """Tell about one device."""
    return _device(live, context)


@router.get("/cameras")
async def list_cameras(context: CurrentContext) -> list[Camera]:
    """List the lab's cameras and how they are."""
    cameras = context.settings.lab_cameras
    states = await asyncio.gather(*(context.cameras.state(camera.id) for camera in cameras))
    return [
        Camera(id=each.id, title=Title.of(each.title, each.id), device=each.device, status=state)
        for each, state in zip(cameras, states, strict=True)
    ]


@router.get("/gateways")
async def list_gateways(context: CurrentContext) -> list[GatewayStatus]:
    """List the gateways that are alive, and what came to them that they do not know."""
    return [GatewayStatus(**report.model_dump()) for report in context.devices.gateways()]


@router.get("/services")
async def list_services(context: CurrentContext) -> list[ServiceStatus]:
    """Tell which of the lab's services answer."""
    return await context.services.states()


@router.get("/devices/{device_id}/log", responses={**_NOT_FOUND, **_AWAY})
async def list_log(
    live: KnownDevice,
    context: CurrentContext,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE_ENTRIES)] = PAGE_ENTRIES,
    before: Annotated[str | None, Query(description="`next` of the page before")] = None,
) -> LogPage:
    """Read the logbook of a device, newest first."""
    entries, following = await context.logbook.page(
        device=live.device.id, limit=limit, before=None if before is None else _position(before)
    )
    return LogPage(
        entries=[_entry(entry) for entry in entries], next=None if following is None else str(following)
    )


@router.put(
    "/devices/{device_id}/log/{uuid}",
    responses={
        200: {"model": LogEntry, "description": "Was there already"},
        201: {"model": LogEntry, "description": "Is new"},
        409: {"model": Problem, "description": "The uuid belongs to an entry that says something else"},
        **_NOT_FOUND,
        **_AWAY,
    },
)
async def put_log(
    live: KnownDevice, uuid: UUID, content: LogText, context: CurrentContext, response: Response
) -> LogEntry:
    """Write into the logbook of a device; repeating the same request changes nothing."""
    stored, created = await context.logbook.write(
        uuid=uuid, device=live.device.id, text=content.text, author=content.author
    )
    context.metrics.log_writes.labels("created" if created else "repeated").inc()
    entry = _entry(stored)
    if created:
        response.status_code = 201
        news = entry.model_dump(mode="json")
        context.live.pass_on_entry(news)
        await context.bus.announce_entry(live.device.id, news)
    return entry


def _device(live: LiveDevice, context: Context) -> Device:
    device = live.device
    return Device(
        id=device.id,
        title=Title.of(device.title, device.id),
        kind=device.kind,
        default=device.default,
        virtual=device.virtual,
        limits=device.limits,
        cameras=[camera.id for camera in context.settings.lab_cameras if camera.device == device.id],
        status=live.status(),
    )


def _entry(entry: Entry) -> LogEntry:
    return LogEntry(
        uuid=str(entry.uuid),
        device=entry.device,
        text=entry.text,
        author=entry.author,
        created_at=entry.created_at,
    )


def _position(before: str) -> int:
    if not (before.isascii() and before.isdigit()) or int(before) >= 2**63:
        raise InvalidRequestError("query.before: is not the `next` of a page")
    return int(before)
