"""A role and a database for each service, and passwords that follow their secrets.

Done before the server starts, in PostgreSQL's single-user mode: whoever can connect
finds everything in place, and nothing has to run beside the server later.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from remlab_launch.surroundings import SurroundingsError

from .scram import made_from
from .settings import Settings

_STATE = """\
SELECT 'role ' || rolname || ' ' || coalesce(rolpassword, '-') AS found FROM pg_authid WHERE rolcanlogin
SELECT 'database ' || datname AS found FROM pg_database
"""
# Single-user mode prints a row's column as: 1: found = "value" (typeid = …).
_FOUND = re.compile(r'\bfound = "(role|database) (\S+)(?: (\S+))?"\t')


@dataclass(frozen=True)
class State:
    """Who and what is there."""

    # Role -> its stored verifier.
    verifiers: Mapping[str, str]
    databases: frozenset[str]


def provision(settings: Settings, configuration: Path) -> None:
    """Makes what is missing and takes over changed passwords; usually finds nothing to do.

    :raises SurroundingsError: PostgreSQL did not do it; its own words stand in the log.
    """
    if (settings.cluster / "standby.signal").exists():
        return  # A copy of another server takes roles and databases from there.
    statements = missing(_state(settings, configuration), settings)
    if not statements:
        return
    print(f"database: {len(statements)} roles, passwords or databases to bring up to date", flush=True)
    _single_user(settings, configuration, "\n".join(statements) + "\n")
    # Single-user mode goes on after an error and ends with status 0.
    if missing(_state(settings, configuration), settings):
        raise SurroundingsError("roles and databases could not be brought up to date, see above")


def missing(state: State, settings: Settings) -> list[str]:
    """The statements, one a line, that make the state what the settings want."""
    statements = []
    for role, password in settings.passwords.items():
        if role not in state.verifiers:
            statements.append(f"CREATE ROLE {role} LOGIN PASSWORD {_literal(password)};")
        elif not made_from(password, state.verifiers[role]):
            statements.append(f"ALTER ROLE {role} PASSWORD {_literal(password)};")
    absent = [name for name in settings.databases if name not in state.databases]
    return statements + [f"CREATE DATABASE {name} OWNER {name};" for name in absent]


def parsed(output: str) -> State:
    """The state from what single-user mode printed."""
    found = _FOUND.findall(output)
    return State(
        verifiers={name: verifier for kind, name, verifier in found if kind == "role"},
        databases=frozenset(name for kind, name, _ in found if kind == "database"),
    )


def _state(settings: Settings, configuration: Path) -> State:
    state = parsed(_single_user(settings, configuration, _STATE))
    if not state.verifiers:
        raise SurroundingsError("PostgreSQL did not say which roles it has, see above")
    return state


def _single_user(settings: Settings, configuration: Path, statements: str) -> str:
    command = [
        str(settings.programs / "postgres"),
        "--single",
        "-D",
        str(settings.cluster),
        # An error message must not repeat the statement with the password in it.
        *("-c", "log_min_error_statement=panic"),
        *("-c", f"config_file={configuration}"),
        # In the middle of a move: no copy can confirm a write here, and none is lost without.
        *("-c", "synchronous_standby_names="),
        "postgres",
    ]
    try:
        done = subprocess.run(command, input=statements, stdout=subprocess.PIPE, text=True, check=True)
    except subprocess.CalledProcessError as error:
        raise SurroundingsError(f"PostgreSQL ended with status {error.returncode}, see above") from error
    return done.stdout


def _literal(text: str) -> str:
    # Backslashes are plain characters in SQL's own literals.
    return "'" + text.replace("'", "''") + "'"
