"""`python3 -m remlab_backend`: the backend's server."""

import logging
import signal
import sys

from remlab_backend.server import run
from remlab_backend.settings import Settings
from remlab_common import logs
from remlab_common.settings import load


def main() -> None:
    """Read the settings and serve."""
    settings = load(Settings)
    logs.configure("backend", level=settings.log_level)
    # One line per question that the operator's page asks would drown everything else.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # uvicorn passes the signal on once everything is ended in order: that is a success.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    run(settings)


if __name__ == "__main__":
    main()
