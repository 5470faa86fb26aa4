"""Mistakes in what is set for the whole site, found before any host is touched."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_TLS_WAYS = ("off", "internal", "files", "acme")
_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
# An id is part of a NATS subject, a URL and a metric's label.
_DEVICE_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


def mistakes(settings: Mapping[str, Any]) -> list[str]:
    """One sentence for each mistake: the variable, what is wrong, what to do.

    :param settings: public_url, tls, tls_files (existing paths or ""), allow_plain_http,
        acme_email, devices and cameras.
    """
    return [
        *_of_address(settings),
        *_of_tls(settings),
        *_of_devices(settings["devices"]),
        *_of_cameras(settings["cameras"], settings["devices"]),
    ]


def _of_address(settings: Mapping[str, Any]) -> Iterator[str]:
    url = urlsplit(settings["public_url"])
    scheme = "http" if settings["tls"] == "off" else "https"
    if url.scheme not in ("http", "https") or not url.hostname or url.path not in ("", "/") or url.query:
        yield (
            f"lab_public_url '{settings['public_url']}' is no address of a site; "
            "write for example http://localhost:8080 or https://lab.example.org"
        )
        return
    if url.scheme != scheme:
        yield (
            f"lab_public_url '{settings['public_url']}' and lab_tls '{settings['tls']}' contradict each other: "
            f"with lab_tls '{settings['tls']}' the address begins with {scheme}://"
        )
    plain = settings["tls"] == "off" and url.hostname not in _LOCAL_NAMES
    if plain and not settings["allow_plain_http"]:
        yield (
            f"lab_tls 'off' on {url.hostname} would send passwords readable over the network; set lab_tls to "
            "internal, files or acme, or lab_allow_plain_http: true if something before the lab adds TLS"
        )


def _of_tls(settings: Mapping[str, Any]) -> Iterator[str]:
    if settings["tls"] not in _TLS_WAYS:
        yield f"lab_tls '{settings['tls']}' is unknown; it is one of {', '.join(_TLS_WAYS)}"
    if settings["tls"] == "files":
        for name in ("lab_tls_certificate_file", "lab_tls_key_file"):
            path = settings["tls_files"].get(name)
            if not path:
                yield f"lab_tls 'files' needs {name}: the path of a PEM file on the machine that runs ansible"
            elif not Path(path).is_file():
                yield f"{name}: there is no file {path} on the machine that runs ansible"
    if settings["tls"] == "acme" and not settings["acme_email"]:
        yield "lab_tls 'acme' needs lab_acme_email: where the certificate authority writes to before a certificate ends"


def _of_devices(devices: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    ids = [str(device.get("id", "")) for device in devices]
    for identifier in sorted(set(ids)):
        if not _DEVICE_ID.fullmatch(identifier):
            yield f"lab_devices: id '{identifier}' may hold only a-z, 0-9, - and _, and begins with a letter or digit"
        if ids.count(identifier) > 1:
            yield f"lab_devices: two devices have the id '{identifier}'; each needs its own"
    defaults = [device["id"] for device in devices if device.get("default")]
    if devices and len(defaults) != 1:
        named = ", ".join(defaults) or "none"
        yield f"lab_devices: exactly one device is the default, for firmware that names no device; now: {named}"
    for device in devices:
        for key, limits in (device.get("limits") or {}).items():
            if not (isinstance(limits, Sequence) and len(limits) == 2 and limits[0] < limits[1]):
                yield f"lab_devices: {device['id']}: limits.{key} has to be [lowest, highest], not {limits}"


def _of_cameras(cameras: Sequence[Mapping[str, Any]], devices: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    ids = [str(camera.get("id", "")) for camera in cameras]
    known = {device.get("id") for device in devices}
    for identifier in sorted({one for one in ids if ids.count(one) > 1}):
        yield f"lab_cameras: two cameras have the id '{identifier}'; each needs its own"
    for camera in cameras:
        url = urlsplit(str(camera.get("url", "")))
        if url.scheme not in ("rtsp", "rtsps"):
            yield f"lab_cameras: {camera.get('id')}: url has to begin with rtsp://"
        if url.password:
            yield (
                f"lab_cameras: {camera.get('id')}: url holds a password; put it into a secret and name that "
                "in password_secret (docs/connect-a-camera.md)"
            )
        if camera.get("device") and camera["device"] not in known:
            yield f"lab_cameras: {camera.get('id')}: device '{camera['device']}' is not in lab_devices"
