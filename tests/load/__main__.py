"""`python -m tests.load`: load on a lab until SIGINT or SIGTERM, then the verdict; exit 0 if nothing was lost."""

import asyncio
import json
import signal
import sys
from pathlib import Path

from tests.load import options as command_line
from tests.load.lab import NothingToWatch
from tests.load.options import Options
from tests.load.outcome import Outcome
from tests.load.run import run
from tests.load.verdict import report

EXIT_LOST, EXIT_NOTHING_TO_WATCH = 1, 3


def main() -> int:
    """Run once; the result is the exit code."""
    options = command_line.parse()
    try:
        outcome = _run_loop(options)
    except NothingToWatch as error:
        print(f"load: {error}", file=sys.stderr)
        return EXIT_NOTHING_TO_WATCH
    if options.result is not None:
        options.result.write_text(json.dumps(outcome.as_json(), indent=1), encoding="utf-8")
    print(report(outcome))
    return 0 if outcome.good else EXIT_LOST


def _run_loop(options: Options) -> Outcome:
    try:
        import uvloop  # half the CPU; there is none for every system
    except ImportError:
        return asyncio.run(_until_told(options))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_until_told(options))


async def _until_told(options: Options) -> Outcome:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)

    def ready() -> None:
        if options.seconds is not None:
            loop.call_later(options.seconds, stop.set)
        _touch(options.ready_file)
        print(f"Watching {options.url} …", flush=True)

    return await run(options, stop, ready)


def _touch(path: Path | None) -> None:
    if path is not None:
        path.touch()


if __name__ == "__main__":
    sys.exit(main())
