"""Copies a volume from host to host: python3 -m remlab_launch.transfer send|receive …

`send` serves a volume, to be read only, on port 8730 and ends after an hour in which nobody
asked. `receive` makes one pass; it may be repeated, also after it was killed, and `--final`
makes the copy a volume that a service may start on. Both read the password from the secret
move_password. Runs without privileges in the image of the service that moves.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import NoReturn

from .rsync_client import STALL_SECONDS, Client, Pass, Source, Stalled
from .rsync_server import IDLE_SECONDS, PASSWORD, PORT, serve
from .surroundings import SECRETS, SurroundingsError, secret
from .volume_lock import COPIED, COPYING, OURS, VolumeInUse, lock, marked

# Exit codes; 0 is well, and 2 is argparse's for a call that makes no sense.
FAILED, REFUSED, STALLED, DIFFERS = 1, 3, 4, 5
# rsync(1), "EXIT VALUES": files that changed or went while they were read.
_PARTIAL, _VANISHED = 23, 24
_OVERLAP_TRIES = 3
_NEW = f"{COPYING}.new"


class TransferEnded(Exception):
    """The copy did not come about; carries the exit code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def main(arguments: Sequence[str]) -> int:
    """The exit code; what came of it goes to standard output, as one line of JSON if it went well."""
    options = _parser().parse_args(arguments)
    try:
        rsync = shutil.which("rsync")
        if rsync is None:
            raise SurroundingsError("there is no rsync in this image")
        if options.verb == "send":
            serve(
                rsync,
                options.volume,
                port=options.port,
                secrets=options.secrets,
                idle_seconds=options.idle_seconds,
            )
        else:
            signal.signal(signal.SIGTERM, _end)
            print(json.dumps(receive(rsync, options)), flush=True)
    except TransferEnded as error:
        print(error, flush=True)
        return error.code
    except VolumeInUse as error:
        print(error, flush=True)
        return REFUSED
    except Stalled as error:
        print(error, flush=True)
        return STALLED
    except (SurroundingsError, OSError) as error:
        print(f"transfer: {error}", flush=True)
        return FAILED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m remlab_launch.transfer", allow_abbrev=False)
    verbs = parser.add_subparsers(dest="verb", required=True)
    send, take = verbs.add_parser("send"), verbs.add_parser("receive")
    for verb in (send, take):
        verb.add_argument("--volume", type=Path, required=True)
        verb.add_argument("--port", type=int, default=PORT)
        verb.add_argument("--secrets", type=Path, default=SECRETS)
    send.add_argument("--idle-seconds", type=float, default=IDLE_SECONDS)
    take.add_argument("--from", dest="address", required=True)
    take.add_argument("--source", required=True, help="what is copied, in words that tell it from all else")
    take.add_argument("--limit-kb", type=int, default=0, help="KiB per second; 0 is no limit")
    take.add_argument("--stall-seconds", type=float, default=STALL_SECONDS)
    take.add_argument("--final", action="store_true", help="nobody writes at the source any more")
    take.add_argument("--overlap", action="store_true", help="with --final: somebody may still write there")
    return parser


def receive(rsync: str, options: argparse.Namespace) -> dict[str, object]:
    """One pass, under the volume's lock.

    :returns: the fields of ``Pass``; for a final one also ``check_seconds`` and, with an
        overlap, ``changed_meanwhile``.
    :raises TransferEnded: it failed, or the volume may not be written on.
    :raises Stalled: nothing came any more.
    :raises VolumeInUse: somebody else writes on the volume.
    """
    volume: Path = options.volume
    descriptor = lock(volume)
    try:
        _mark(volume, options.source)
        source = Source(options.address, options.port, secret(PASSWORD, options.secrets))
        client = Client(
            rsync,
            source,
            volume,
            lock=descriptor,
            limit_kb=options.limit_kb,
            stall_seconds=options.stall_seconds,
        )
        if not options.final:
            return asdict(_well(client.pull(), tolerated=(_PARTIAL, _VANISHED)))
        return _final(client, volume, overlap=options.overlap)
    finally:
        os.close(descriptor)


def _mark(volume: Path, source: str) -> None:
    """Says on the volume whose copy it is, before anything of it arrives.

    :raises TransferEnded: something else lies there.
    """
    copied = marked(volume, COPIED)
    if copied == source:
        # It was whole, but no service has started on it; the source may have gone on meanwhile.
        (volume / COPIED).rename(volume / COPYING)
    copying = marked(volume, COPYING)
    if copying == source:
        return
    if other := copying or copied:
        raise TransferEnded(REFUSED, f"{volume} is not empty: it holds a copy of {other}, not of {source}")
    there = sorted(path.name for path in volume.iterdir() if path.name not in (*OURS, _NEW))
    if there:
        shown = ", ".join(there[:5]) + (f" and {len(there) - 5} more" if len(there) > 5 else "")
        raise TransferEnded(
            REFUSED, f"{volume} is not empty and holds no copy of {source}: there are {shown}"
        )
    new = volume / _NEW
    new.write_text(source + "\n", encoding="utf-8")
    new.rename(volume / COPYING)
    _sync(volume)


def _final(client: Client, volume: Path, *, overlap: bool) -> dict[str, object]:
    tolerated = (_VANISHED, _PARTIAL) if overlap else ()
    for left in reversed(range(_OVERLAP_TRIES if overlap else 1)):
        done = _well(client.pull(), tolerated=tolerated)
        check = _well(client.compare(done.bytes_total), tolerated=tolerated)
        if not check.said and done.exit_code == check.exit_code == 0:
            break
        if not left and not overlap:
            raise TransferEnded(DIFFERS, f"{volume} still differs from its source:\n{check.said}")
    _finish(volume)
    result: dict[str, object] = {**asdict(done), "check_seconds": check.seconds}
    return result | ({"changed_meanwhile": check.said} if overlap else {})


def _well(done: Pass, *, tolerated: Sequence[int]) -> Pass:
    """:raises TransferEnded: rsync failed."""
    if done.exit_code == 0 or done.exit_code in tolerated:
        return done
    raise TransferEnded(FAILED, f"rsync ended with exit code {done.exit_code}:\n{done.said}")


def _finish(volume: Path) -> None:
    """Everything is on the disk before the marker says that everything is there."""
    times = volume.stat()
    for folder, folders, _ in os.walk(volume):
        _sync(Path(folder))
        folders[:] = [name for name in folders if not (Path(folder) / name).is_symlink()]
    (volume / COPYING).rename(volume / COPIED)
    os.utime(volume, ns=(times.st_atime_ns, times.st_mtime_ns))
    _sync(volume)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _end(_signal: int, _frame: FrameType | None) -> NoReturn:
    """Takes rsync along; the next pass goes on where this one ended."""
    raise SystemExit(FAILED)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
