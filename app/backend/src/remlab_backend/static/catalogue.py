"""What the frontend's build holds, read once at start."""

import hashlib
import json
import logging
import mimetypes
import re
from dataclasses import dataclass, field
from pathlib import Path

from remlab_backend.static.encodings import IDENTITY, SUFFIXES
from remlab_backend.static.replies import Headers, Reply

logger = logging.getLogger(__name__)

# Larger files (a PDF, a film) are streamed from the disk instead of being held in memory.
HELD_FILE_BYTES = 1024 * 1024

# Vite names its files <name>-<8 or more characters of the content's hash>.<extension>.
_HASHED_NAME = re.compile(r"^/assets/(?:.*/)?[^/]+[-.][\w-]{8,}\.[\w.]+$")
_IMMUTABLE = b"public, max-age=31536000, immutable"
_REVALIDATE = b"no-cache"

# Python's table depends on the machine's mime.types, so what matters is named here.
_CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".ico": "image/x-icon",
    ".webp": "image/webp",
    ".avif": "image/avif",
}


@dataclass(frozen=True, slots=True)
class Variant:
    """One stored form of a file (plain or compressed) with its ready-made answers."""

    etag: str
    get: Reply
    head: Reply
    not_modified: Reply


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file of the build: its forms by content coding, `identity` always among them."""

    variants: dict[str, Variant]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every file by its URL path, and the paths that the page itself routes."""

    files: dict[str, StaticFile] = field(default_factory=dict)
    routes: frozenset[str] = frozenset()

    @property
    def index(self) -> StaticFile | None:
        """The page, or None where no frontend was built into the image."""
        return self.files.get("/index.html")


def load_catalogue(dist: Path) -> Catalogue:
    """Read the build under `dist`; a folder that is missing gives an empty catalogue."""
    root = dist.resolve()
    paths = sorted(path for path in root.rglob("*") if _is_public(path, root))
    compressed = {path for path in paths if _plain_form(path) in set(paths)}
    files = {
        "/" + path.relative_to(root).as_posix(): _load_file(path, root)
        for path in paths
        if path not in compressed
    }
    if "/index.html" not in files:
        logger.warning("no index.html under %s: there are no pages to serve", dist)
    return Catalogue(files=files, routes=_load_routes(root / "routes.json"))


def _is_public(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return path.is_file() and not hidden and path.resolve().is_relative_to(root)


def _plain_form(path: Path) -> Path | None:
    return path.with_suffix("") if path.suffix in SUFFIXES.values() else None


def _load_routes(path: Path) -> frozenset[str]:
    if not path.is_file():
        return frozenset()
    routes = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(routes, list) or not all(isinstance(route, str) for route in routes):
        raise ValueError(f"{path} has to be a JSON list of paths")
    return frozenset(route.rstrip("/") or "/" for route in routes)


def _load_file(path: Path, root: Path) -> StaticFile:
    url = "/" + path.relative_to(root).as_posix()
    stored = {IDENTITY: path}
    for coding, suffix in SUFFIXES.items():
        candidate = path.with_name(path.name + suffix)
        if candidate.is_file():
            stored[coding] = candidate
    digest = hashlib.blake2b(path.read_bytes(), digest_size=12).hexdigest()
    common = (
        (b"content-type", _content_type(path).encode()),
        (b"cache-control", _IMMUTABLE if _HASHED_NAME.match(url) else _REVALIDATE),
        (b"x-content-type-options", b"nosniff"),
        *(((b"vary", b"Accept-Encoding"),) if len(stored) > 1 else ()),
    )
    return StaticFile({coding: _variant(form, coding, digest, common) for coding, form in stored.items()})


def _variant(path: Path, coding: str, digest: str, common: Headers) -> Variant:
    etag = f'"{digest}"' if coding == IDENTITY else f'"{digest}-{coding}"'
    size = path.stat().st_size
    headers = (*common, (b"etag", etag.encode()))
    full = (*headers, (b"content-length", str(size).encode()))
    if coding != IDENTITY:
        full = (*full, (b"content-encoding", coding.encode()))
    held = size <= HELD_FILE_BYTES
    return Variant(
        etag=etag,
        get=Reply(200, full, body=path.read_bytes() if held else b"", file=None if held else path),
        head=Reply(200, full),
        not_modified=Reply(304, headers),
    )


def _content_type(path: Path) -> str:
    known = _CONTENT_TYPES.get(path.suffix.lower())
    return known or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
