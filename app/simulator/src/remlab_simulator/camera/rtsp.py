"""An RTSP server (RFC 2326) for viewers that take RTP inside the RTSP connection (TCP, interleaved)."""

import asyncio
import contextlib
import logging
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from .digest import Digest
from .feed import Feed

_METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER"
_PHRASES = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    461: "Unsupported Transport",
    501: "Not Implemented",
}
LARGEST_HEAD_BYTES = 16_384
_LARGEST_BODY_BYTES = 65_536
_SESSION_SECONDS = 60
# Whoever does not read for this long (about 15 s of video) is let go; nothing is buffered beyond it.
_LARGEST_BACKLOG_BYTES = 1_000_000
_INTERLEAVED = re.compile(r"interleaved=(\d+)(?:-(\d+))?")

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Request:
    """One RTSP request."""

    method: str
    url: str
    headers: dict[str, str]

    @property
    def path(self) -> str:
        """The path of the stream, without the track and without slashes around it."""
        path = unquote(urlsplit(self.url).path).strip("/")
        return path.removesuffix("/trackID=0")


@dataclass(slots=True)
class Response:
    """One RTSP response."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


class Session:
    """One connection: at most one stream is set up on it. It is a viewer of that stream's feed."""

    def __init__(self, writer: asyncio.StreamWriter, feeds: Mapping[str, Feed], digest: Digest) -> None:
        self._writer, self._feeds, self._digest = writer, feeds, digest
        self._id = ""
        self._feed: Feed | None = None
        self._channels = (0, 1)

    @property
    def playing(self) -> bool:
        """Whether a stream is set up."""
        return self._feed is not None

    def answer(self, request: Request) -> Response:
        """Carry out one request."""
        if request.method == "OPTIONS":
            return Response(headers={"Public": _METHODS})
        if not self._digest.accepts(request.headers.get("authorization", ""), method=request.method):
            return Response(401, {"WWW-Authenticate": self._digest.challenge})
        handler = {
            "DESCRIBE": self._describe,
            "SETUP": self._setup,
            "PLAY": self._play,
            "PAUSE": self._pause,
            "TEARDOWN": self._teardown,
            "GET_PARAMETER": self._keep_alive,
            "SET_PARAMETER": self._keep_alive,
        }.get(request.method)
        return handler(request) if handler else Response(501)

    def close(self) -> None:
        """Stop the stream."""
        if self._feed:
            self._feed.remove(self)
        self._feed = None

    def send_rtp(self, packet: bytes) -> None:
        """See `feed.Viewer`."""
        self._send(self._channels[0], packet)

    def send_rtcp(self, packet: bytes) -> None:
        """See `feed.Viewer`."""
        self._send(self._channels[1], packet)

    def _send(self, channel: int, packet: bytes) -> None:
        transport = self._writer.transport
        if transport.get_write_buffer_size() > _LARGEST_BACKLOG_BYTES:
            self.close()
            transport.abort()
        elif not transport.is_closing():
            transport.write(b"$" + bytes((channel,)) + len(packet).to_bytes(2, "big") + packet)

    def _describe(self, request: Request) -> Response:
        feed = self._feeds.get(request.path)
        if feed is None:
            return Response(404)
        headers = {"Content-Type": "application/sdp", "Content-Base": request.url.rstrip("/") + "/"}
        return Response(200, headers, feed.describe())

    def _setup(self, request: Request) -> Response:
        feed = self._feeds.get(request.path)
        if feed is None:
            return Response(404)
        transport = request.headers.get("transport", "")
        if "RTP/AVP/TCP" not in transport:
            return Response(461)
        self.close()
        if channels := _INTERLEAVED.search(transport):
            first = int(channels[1]) & 0xFF
            self._channels = (first, int(channels[2] or first + 1) & 0xFF)
        self._feed, self._id = feed, secrets.token_hex(8)
        return Response(
            200,
            {
                "Transport": f"RTP/AVP/TCP;unicast;interleaved={self._channels[0]}-{self._channels[1]}"
                f";ssrc={feed.packetiser.ssrc:08X}",
                "Session": f"{self._id};timeout={_SESSION_SECONDS}",
            },
        )

    def _play(self, request: Request) -> Response:
        if self._feed is None or not self._owns(request):
            return Response(454)
        packetiser = self._feed.packetiser
        url = f"{request.url.rstrip('/')}/trackID=0"
        self._feed.add(self)
        return Response(
            200,
            {
                "Session": self._id,
                "Range": "npt=now-",
                "RTP-Info": f"url={url};seq={packetiser.next_sequence}"
                f";rtptime={packetiser.timestamp(time.monotonic())}",
            },
        )

    def _pause(self, request: Request) -> Response:
        if self._feed is None or not self._owns(request):
            return Response(454)
        self._feed.remove(self)
        return Response(200, {"Session": self._id})

    def _teardown(self, request: Request) -> Response:
        if not self._owns(request):
            return Response(454)
        self.close()
        return Response(200, {"Connection": "close"})

    def _keep_alive(self, request: Request) -> Response:
        return Response(200, {"Session": self._id}) if self._owns(request) else Response(454)

    def _owns(self, request: Request) -> bool:
        return request.headers.get("session", "").partition(";")[0] == self._id


async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, session: Session) -> None:
    """Answer the requests of one connection until it ends."""
    try:
        while (request := await _next(reader, session)) is not None:
            response = session.answer(request)
            writer.write(_encode(response, request.headers.get("cseq", "0")))
            await writer.drain()
            if response.headers.get("Connection") == "close":
                return
    except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        logger.debug("camera connection ended: %s", error)
    finally:
        session.close()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _next(reader: asyncio.StreamReader, session: Session) -> Request | None:
    """Return the next request. Raises TimeoutError (an OSError) for a connection that does nothing."""
    async with asyncio.timeout(None if session.playing else _SESSION_SECONDS):
        return await _read(reader)


async def _read(reader: asyncio.StreamReader) -> Request | None:
    """Return the next request, None at the end. What the viewer reports over RTCP is skipped."""
    while (first := await reader.read(1)) == b"$":
        header = await reader.readexactly(3)
        await reader.readexactly(int.from_bytes(header[1:], "big"))
    if not first:
        return None
    head = (first + await reader.readuntil(b"\r\n\r\n")).decode("utf-8", "replace").lstrip("\r\n")
    request_line, _, rest = head.partition("\r\n")
    method, url, _version = request_line.split(" ")
    fields = (line.partition(":") for line in rest.splitlines())
    headers = {name.strip().lower(): value.strip() for name, _, value in fields}
    length = int(headers.get("content-length", "0"))
    if not 0 <= length <= _LARGEST_BODY_BYTES:
        raise ValueError(f"a body of {length} bytes")
    await reader.readexactly(length)
    return Request(method, url, headers)


def _encode(response: Response, sequence: str) -> bytes:
    body = response.body.encode()
    headers = {"CSeq": sequence, "Server": "remlab-simulator", **response.headers}
    if body:
        headers["Content-Length"] = str(len(body))
    lines = [f"RTSP/1.0 {response.status} {_PHRASES[response.status]}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
