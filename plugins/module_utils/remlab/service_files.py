"""What a service file may say, and what it means when it says nothing.

One file per service under roles/lab_services/defaults/main/ holds one dict. This
module checks these dicts against a schema and fills in the defaults, so that
everything behind it can rely on each key being there.
"""

from __future__ import annotations

import difflib
from typing import Any

FOLDER = "roles/lab_services/defaults/main"


class ServiceFileError(ValueError):
    """A service file or the placement of a service is wrong; says where and what to do."""


def _object(properties: dict[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _map_of(value: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": value}


def _list_of(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


_TEXT = {"type": "string", "minLength": 1}
_TEXTS = _list_of(_TEXT)
_PATH = {"type": "string", "pattern": "^/"}
_PORT = {"type": "integer", "minimum": 1, "maximum": 65535}
_COUNT = {"type": "integer", "minimum": 1}
_BYTES = {"type": "integer", "minimum": 1}
_SCALAR = {"type": ["string", "number", "boolean"]}
_SECRET_KINDS = (
    "password",
    "htpasswd",
    "rsa_private_key",
    "ec_private_key",
    "ca_certificate",
    "tls_certificate",
)

SCHEMA: dict[str, Any] = _object(
    {
        "summary": _TEXT,
        "image": _object(
            {
                "packages": _TEXTS,
                "exclude": _TEXTS,
                "libraries": _TEXTS,
                "frontend": {"type": "boolean"},
                "arguments": _map_of(_SCALAR),
            }
        ),
        "command": _TEXTS,
        "environment": _map_of(_SCALAR),
        "lists_services_in": _TEXT,
        "secrets": _TEXTS,
        "generates": _map_of(
            {"type": "object", "properties": {"kind": {"enum": list(_SECRET_KINDS)}}, "required": ["kind"]}
        ),
        "volumes": _list_of(_object({"name": _TEXT, "path": _PATH}, ("name", "path"))),
        # Its data on another host: copied and then switched; copied while both run; by replication.
        "moves_by": {"enum": ["copy", "overlap", "postgresql"]},
        # Goes from host to host after all others.
        "moves_last": {"type": "boolean"},
        # Services that stop while this one switches, since they cannot wait by themselves.
        "pauses": _TEXTS,
        # Before it goes to another host: commands in that service's image that say which devices are driven (a line
        # of JSON, {"driven": {device: how}}), and that make them safe.
        "guard": _object(
            {"service": _TEXT, "look": _TEXTS, "make_safe": _TEXTS}, ("service", "look", "make_safe")
        ),
        # With overlap: how long the old one goes on beside the new one, and a command that is told of it.
        "overlap_seconds": {"type": "integer", "minimum": 0},
        "overlap_hook": _TEXTS,
        # The variable that says whether data has to be on the volume already: 1 but for the first start.
        "expects_data_in": _TEXT,
        "binds": _list_of(_object({"source": _PATH, "target": _PATH}, ("source", "target"))),
        "tmpfs": _list_of(_object({"path": _PATH, "size_mb": _COUNT}, ("path", "size_mb"))),
        "ports": _list_of(
            _object(
                {
                    "published": _PORT,
                    "target": _PORT,
                    "protocol": {"enum": ["tcp", "udp"]},
                    "scope": {"enum": ["public", "lab"]},
                },
                ("published", "target", "scope"),
            )
        ),
        "routes": _list_of(
            _object(
                {
                    "listener": {"enum": ["http", "device"]},
                    "path": _PATH,
                    "port": _PORT,
                    "strip_prefix": _PATH,
                    # One visitor's requests stay with one replica.
                    "sticky": {"type": "boolean"},
                },
                ("path", "port"),
            )
        ),
        "health": _object(
            {
                "command": _TEXTS,
                "interval_seconds": _COUNT,
                "timeout_seconds": _COUNT,
                "retries": _COUNT,
                "start_period_seconds": {"type": "integer", "minimum": 0},
            },
            ("command",),
        ),
        "migrate": _object({"command": _TEXTS, "timeout_seconds": _COUNT}, ("command",)),
        "update_order": {"enum": ["start-first", "stop-first"]},
        "stop_grace_seconds": _COUNT,
        "stop_signal": _TEXT,
        "limits": _object(
            {"memory_mb": _BYTES, "cpus": {"type": "number", "exclusiveMinimum": 0}, "pids": _COUNT},
            ("memory_mb", "cpus", "pids"),
        ),
        "exceptions": _object(dict.fromkeys(("init", "read_only", "user", "capabilities", "dns"), _TEXT)),
        "after": _TEXTS,
        "probe": {"type": "string", "pattern": "^(https?|tcp)://"},
    },
    required=("summary", "health", "limits"),
)

_DEFAULTS: dict[str, Any] = {
    "image": {"packages": [], "exclude": [], "libraries": [], "frontend": False, "arguments": {}},
    "command": [],
    "environment": {},
    "lists_services_in": "",
    "secrets": [],
    "generates": {},
    "volumes": [],
    "moves_by": "",
    "moves_last": False,
    "pauses": [],
    "guard": {},
    "overlap_seconds": 0,
    "overlap_hook": [],
    "expects_data_in": "",
    "binds": [],
    "tmpfs": [],
    "ports": [],
    "routes": [],
    "health": {"interval_seconds": 3, "timeout_seconds": 3, "retries": 3, "start_period_seconds": 30},
    "migrate": {},
    "update_order": "",
    "stop_grace_seconds": 10,
    "stop_signal": "",
    "exceptions": {},
    "after": [],
    "probe": "",
}


def service_specs(raw: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Checks every service file and fills in the defaults.

    :param raw: service name -> what its file says.
    :returns: service name -> complete specification, sorted by name.
    :raises ServiceFileError: names every mistake of every file at once.
    """
    found = mistakes(raw)
    if found:
        raise ServiceFileError("\n".join(found))
    return {name: _completed(raw[name]) for name in sorted(raw)}


def mistakes(raw: dict[str, Any]) -> list[str]:
    """One sentence for each mistake in the service files: the file, the key, what to write."""
    alone = [line for name in sorted(raw) for line in _mistakes(name, raw[name])]
    return alone or _mistakes_between({name: _completed(raw[name]) for name in sorted(raw)})


def _mistakes(name: str, spec: Any) -> list[str]:
    # Only the controller checks service files, and only it has this library.
    from jsonschema import Draft202012Validator

    errors = sorted(Draft202012Validator(SCHEMA).iter_errors(spec), key=lambda error: list(error.path))
    return [f"{FOLDER}/{name}.yml: {_sentence(error)}" for error in errors]


def _sentence(error: Any) -> str:
    where = ".".join(str(part) for part in error.path)
    prefix = f"{where}: " if where else ""
    if error.validator != "additionalProperties":
        return f"{prefix}{error.message}"
    known = sorted(error.schema["properties"])
    unknown = sorted(set(error.instance) - set(known))
    guesses = (difflib.get_close_matches(key, known, n=1) for key in unknown)
    named = [
        f"'{key}'" + (f" (did you mean '{guess[0]}'?)" if guess else "")
        for key, guess in zip(unknown, guesses, strict=True)
    ]
    return f"{prefix}unknown key {', '.join(named)}; known are {', '.join(known)}"


def _completed(spec: dict[str, Any]) -> dict[str, Any]:
    full = {key: spec.get(key, default) for key, default in _DEFAULTS.items()} | {
        key: value for key, value in spec.items() if key not in _DEFAULTS
    }
    full["image"] = _DEFAULTS["image"] | spec.get("image", {})
    full["health"] = _DEFAULTS["health"] | spec["health"]
    full["migrate"] = {"timeout_seconds": 120} | spec["migrate"] if spec.get("migrate") else {}
    full["ports"] = [{"protocol": "tcp"} | port for port in full["ports"]]
    full["routes"] = [
        {"listener": "http", "strip_prefix": "", "sticky": False} | route for route in full["routes"]
    ]
    # Two containers can share neither a volume's data nor a host's port, so these stop first.
    must_stop = bool(full["ports"] or full["volumes"])
    full["update_order"] = full["update_order"] or ("stop-first" if must_stop else "start-first")
    return full


def _mistakes_between(specs: dict[str, dict[str, Any]]) -> list[str]:
    owners: dict[str, str] = {}
    found = []
    for name, spec in specs.items():
        for secret in spec["generates"]:
            if secret in owners:
                found.append(
                    f"{FOLDER}/{name}.yml: generates.{secret}: {owners[secret]}.yml generates it already"
                )
            owners[secret] = name
        if spec["update_order"] == "start-first" and (spec["ports"] or spec["volumes"]):
            found.append(
                f"{FOLDER}/{name}.yml: update_order: a service with ports or volumes cannot overlap with "
                "its successor on one host; write stop-first or leave it out"
            )
        for key in ("after", "pauses"):
            found += [
                f"{FOLDER}/{name}.yml: {key}: there is no service '{other}'"
                for other in spec[key]
                if other not in specs
            ]
        if spec["guard"] and spec["guard"]["service"] not in specs:
            found.append(
                f"{FOLDER}/{name}.yml: guard.service: there is no service '{spec['guard']['service']}'"
            )
        if spec["moves_by"] in ("copy", "overlap") and not (
            "rsync" in spec["image"]["packages"] and "launch" in spec["image"]["libraries"]
        ):
            found.append(
                f"{FOLDER}/{name}.yml: moves_by: its image copies the volumes, so image.packages needs rsync and "
                "image.libraries needs launch"
            )
    return found


def in_order(specs: dict[str, dict[str, Any]]) -> list[str]:
    """The services' names, each behind those it comes after; otherwise by name.

    :raises ServiceFileError: when services wait for each other in a circle.
    """
    from graphlib import CycleError, TopologicalSorter

    graph = {name: sorted(set(specs[name]["after"]) & set(specs)) for name in sorted(specs)}
    sorter = TopologicalSorter(graph)
    try:
        sorter.prepare()
    except CycleError as error:
        raise ServiceFileError(
            f"services wait for each other (key 'after'): {' → '.join(error.args[1])}"
        ) from error
    ordered: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        ordered += ready
        sorter.done(*ready)
    return ordered
