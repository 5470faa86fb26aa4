"""Brings the database's schema up to date and makes the first administrator.

Runs as a job before a new version starts, and may run any number of times.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from remlab_launch.surroundings import SECRETS, SurroundingsError, refuse, secret

from .configuration import ADMIN, FILE, configuration, write_configuration

_PATIENCE_SECONDS = 60.0
_RETRY_SECONDS = 1.0


def main(secrets: Path = SECRETS) -> int:
    """Exit status 0 when schema and administrator are there."""
    try:
        settings = configuration(secrets=secrets)
        password = secret("auth_admin_password", secrets)
        write_configuration(settings)
    except SurroundingsError as error:
        refuse("auth's migration", error)
    os.environ["CANAILLE_CONFIG"] = str(FILE)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not _migrated(settings["CANAILLE"]["NAME"], password):
        if time.monotonic() >= deadline:
            print("the database does not answer", file=sys.stderr)
            return 1
        time.sleep(_RETRY_SECONDS)
    return 0


def _migrated(title: str, password: str) -> bool:
    """False while the database does not answer."""
    # Canaille reads its configuration while it is imported.
    from canaille import create_app
    from canaille.backends import Backend
    from sqlalchemy.exc import OperationalError

    app = create_app(init_backend=False)
    try:
        with app.app_context():
            Backend.instance.install(app)
            with Backend.instance.session():
                _make_administrator(title, password)
    except OperationalError as error:
        print(f"the database does not answer yet: {error.orig}", file=sys.stderr)
        return False
    return True


def _make_administrator(title: str, password: str) -> None:
    """Only if there is none: a password that was changed since is left as it is."""
    from canaille.app import models
    from canaille.backends import Backend

    if Backend.instance.get(models.User, user_name=ADMIN):
        return
    host = os.environ["LAB_PUBLIC_URL"].split("://", 1)[1].split(":", 1)[0].strip("/")
    administrator = models.User(
        user_name=ADMIN,
        formatted_name=f"{title}: administración",
        family_name="Administración",
        emails=[f"{ADMIN}@{host}"],
        preferred_language=os.environ.get("LAB_LANGUAGE", "es"),
        password=password,
    )
    Backend.instance.save(administrator)
    print(f"made the account {ADMIN}")


if __name__ == "__main__":
    raise SystemExit(main())
