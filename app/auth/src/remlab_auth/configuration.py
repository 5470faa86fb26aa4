"""Canaille's configuration, as its documentation's "Parameters" describes it.

The provider lives under a path of the laboratory's one origin. Its endpoints carry the
path, its issuer does not, so the discovery document stands at the root of the origin.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import tomlkit

from remlab_launch.surroundings import SECRETS, secret, setting, write_private

from .keys import signing_key

# The command `canaille` finds it by the environment variable CANAILLE_CONFIG.
FILE = Path("/tmp/canaille.toml")  # noqa: S108 - the container's own tmpfs
PATH = "/auth"
PORT = 8000
ADMIN = "admin"
# The group whose members may do what the first administrator may.
ADMIN_GROUP = "admins"
_LOG_LEVELS = {"debug": "DEBUG", "info": "INFO", "warning": "WARNING", "error": "ERROR"}


def configuration(environment: Mapping[str, str] = os.environ, secrets: Path = SECRETS) -> dict[str, Any]:
    """All settings that differ from Canaille's own.

    :raises SurroundingsError: a setting or secret is missing.
    """
    origin = urlsplit(setting("LAB_PUBLIC_URL", environment))
    return {
        "SERVER_NAME": origin.netloc,
        "PREFERRED_URL_SCHEME": origin.scheme,
        "APPLICATION_ROOT": PATH,
        "SECRET_KEY": secret("auth_secret_key", secrets),
        # Browsers accept that on http://localhost too.
        "SESSION_COOKIE_SECURE": True,
        "CANAILLE": _pages(setting("LAB_TITLE", environment), environment.get("LAB_LOG_LEVEL", "info")),
        "CANAILLE_SQL": _database(setting("AUTH_DATABASE", environment), secrets),
        "CANAILLE_OIDC": {
            "ACTIVE_JWKS": [signing_key(secret("auth_signing_key", secrets))],
            # The laboratory's own pages need nobody's consent.
            "TRUSTED_DOMAINS": [origin.hostname or ""],
        },
        "CANAILLE_HYPERCORN": {"ROOT_PATH": PATH, "PROXY_MODE": "legacy"},
    }


def write_configuration(settings: Mapping[str, Any], file: Path = FILE) -> Path:
    """Writes it where only this user can read it."""
    return write_private(file, tomlkit.dumps(settings))


def _pages(title: str, log_level: str) -> dict[str, Any]:
    everything = {
        "PERMISSIONS": ["manage_users", "manage_all_groups", "manage_oidc", "delete_account"],
        "READ": [],
        "WRITE": ["user_name", "groups", "lock_date"],
        "FILTER": [{"user_name": ADMIN}, {"groups": ADMIN_GROUP}],
    }
    return {
        "NAME": title,
        "LOGO": f"{PATH}/static/img/canaille-head.webp",
        "FAVICON": f"{PATH}/static/img/canaille-c.webp",
        # Accounts come from an administrator; without a mail server nobody can be sent a link.
        "ENABLE_REGISTRATION": False,
        "ENABLE_PASSWORD_RECOVERY": False,
        "EMAIL_CONFIRMATION": False,
        "CAPTCHA_ENABLED": False,
        # Whoever guesses waits longer after each try.
        "ENABLE_INTRUDER_LOCKOUT": True,
        "LOGGING": {
            "version": 1,
            "formatters": {"plain": {"format": "%(levelname)s %(name)s %(message)s"}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
            "root": {"level": _LOG_LEVELS.get(log_level, "INFO"), "handlers": ["stderr"]},
            # Alembic tells of each of its plugins.
            "loggers": {"alembic.runtime.plugins": {"level": "WARNING"}},
            "disable_existing_loggers": False,
        },
        "ACL": {"DEFAULT": {"PERMISSIONS": ["edit_self", "use_oidc"]}, "ADMIN": everything},
    }


def _database(address: str, secrets: Path) -> dict[str, Any]:
    """:param address: host:port/name of the database, whose role has the same name."""
    name = address.rpartition("/")[2]
    password = quote(secret(f"database_{name}_password", secrets), safe="")
    # A host that vanished without a word is noticed within 25 s, as the database does it.
    patience = "connect_timeout=3&keepalives_idle=10&keepalives_interval=5&keepalives_count=3"
    return {
        "DATABASE_URI": f"postgresql+psycopg2://{name}:{password}@{address}?{patience}",
        # Connections that broke while the database was away are replaced unnoticed.
        "POOL_PRE_PING": True,
        # The migration is a job of its own, before the new version starts.
        "AUTO_MIGRATE": False,
    }
