"""Runs the gateway: `python3 -m remlab_gateway`."""

import signal
import sys

from remlab_common import logs
from remlab_common.settings import load
from remlab_gateway.server import GatewayServer
from remlab_gateway.settings import GatewaySettings


def main() -> None:
    """Serve until SIGTERM; ends with 0 then."""
    settings = load(GatewaySettings)
    logs.configure("gateway", level=settings.log_level)
    # uvicorn raises the signal again once it has shut down.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    GatewayServer(settings).run()


if __name__ == "__main__":
    main()
