"""What a run of the load is told."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """Rates are per second; limits decide the verdict."""

    url: str
    name_file: Path | None
    any_certificate: bool
    seconds: float | None
    reads_per_second: float
    writes_per_second: float
    log_device: str | None
    camera: str | None
    devices_url: str | None
    device_reconnect_seconds: float
    request_timeout_seconds: float
    max_request_seconds: float
    max_silence_seconds: float
    max_under_way: int
    events: Path | None
    result: Path | None
    ready_file: Path | None


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line of `python -m tests.load`."""
    return Options(**vars(_parser().parse_args(arguments)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.load", description="Constant load on a deployed lab, and a verdict at its end."
    )
    add = parser.add_argument
    add("--url", default="http://localhost:8080", help="the front door")
    add("--name-file", type=Path, help="where the name leads: its last line 'address port', read each second")
    add("--any-certificate", action="store_true", help="do not check the front door's certificate")
    add("--seconds", type=float, help="stop by itself (default: at SIGINT or SIGTERM)")
    add("--reads-per-second", type=float, default=300, help="GET of page, asset and devices in turn")
    add("--writes-per-second", type=float, default=100, help="logbook entries; they stay. 0: none")
    add("--log-device", help="whose logbook (default: a virtual device's)")
    add("--camera", help="which camera is watched (default: the first that is live)")
    add("--devices-url", help="ws://host:port; devices that nobody plays are then played by the load")
    add("--device-reconnect-seconds", type=float, default=0.5, help="how soon a played device comes back")
    add("--request-timeout-seconds", type=float, default=40, help="a request without answer has then failed")
    add("--max-request-seconds", type=float, default=5, help="a slower request spoils the verdict")
    add("--max-silence-seconds", type=float, default=10, help="a longer silence of a socket spoils it too")
    add("--max-under-way", type=int, default=5000, help="requests beyond that are not sent and have failed")
    add("--events", type=Path, help="file of lines 'time text', told beside the slowest request and failures")
    add("--result", type=Path, help="JSON file for the figures")
    add("--ready-file", type=Path, help="file that is made once everything is being watched")
    return parser
