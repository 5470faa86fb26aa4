"""Runs the simulator: `python3 -m remlab_simulator`."""

import signal
import sys

from remlab_common import logs
from remlab_common.settings import load
from remlab_simulator.server import create_server
from remlab_simulator.settings import SimulatorSettings


def main() -> None:
    """Run until SIGTERM; ends with 0 then."""
    settings = load(SimulatorSettings)
    logs.configure("simulator", level=settings.log_level)
    # uvicorn raises the signal again once it has shut down.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    create_server(settings).run()


if __name__ == "__main__":
    main()
