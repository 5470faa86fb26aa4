"""The H.264 track in a session description (RFC 4566, RFC 6184 §8.2.1)."""

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from .errors import RefusedError


@dataclass(frozen=True, slots=True)
class Track:
    """A video track: where it is set up, and the parameter sets that the description carries."""

    control: str
    payload_type: int
    clock_hz: int
    parameter_sets: tuple[bytes, ...]


def find_track(description: str) -> Track:
    """Return the first H.264 track. Raises RefusedError, naming what there is instead."""
    other: list[str] = []
    for lines in _video_sections(description):
        attributes = [line[2:].partition(":") for line in lines if line.startswith("a=")]
        maps = [value.split(None, 1) for name, _, value in attributes if name == "rtpmap"]
        for number, encoding in (entry for entry in maps if len(entry) == 2):
            name, _, clock = encoding.partition("/")
            if name.upper() == "H264":
                control = next((value for key, _, value in attributes if key == "control"), "")
                formats = [value for key, _, value in attributes if key == "fmtp"]
                clock_hz = int(clock.split("/")[0] or 90_000)
                return Track(control.strip(), int(number), clock_hz, _parameter_sets(formats, number))
            other.append(name)
    offered = ", ".join(other) or "no video"
    raise RefusedError(f"the camera sends {offered}; browsers are given H.264 only (set the camera to H.264)")


def control_url(base: str, control: str) -> str:
    """Return the URL of a track: `control` may be absolute, relative to `base`, or missing."""
    if "://" in control:
        return control
    if control in ("", "*"):
        return base
    if control.startswith("/"):
        return urlunsplit(urlsplit(base)._replace(path=control, query=""))
    return f"{base.rstrip('/')}/{control}"


def _video_sections(description: str) -> list[list[str]]:
    sections: list[list[str]] = []
    for line in description.splitlines():
        if line.startswith("m="):
            sections.append([])
        if sections:
            sections[-1].append(line.strip())
    return [section for section in sections if section[0].startswith("m=video")]


def _parameter_sets(formats: list[str], payload_type: str) -> tuple[bytes, ...]:
    for value in formats:
        number, _, parameters = value.partition(" ")
        if number != payload_type:
            continue
        for parameter in parameters.split(";"):
            name, _, sets = parameter.strip().partition("=")
            if name == "sprop-parameter-sets":
                return tuple(filter(None, map(_decoded, sets.split(","))))
    return ()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.strip())
    except binascii.Error:
        return b""
