"""What several tests of the backend need: settings and running servers."""

from typing import Any

from remlab_backend.settings import DatabaseSettings

from tests.servers.postgres import PASSWORD, PostgresServer


def database_settings(server: PostgresServer, database: str, **changes: Any) -> DatabaseSettings:
    """Return settings that lead to `database` on `server`."""
    return DatabaseSettings(
        database_host=server.host,
        database_port=server.port,
        database_name=database,
        database_user=database,
        database_password=PASSWORD,
        **changes,
    )
