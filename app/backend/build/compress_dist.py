"""Compresses the frontend's build, beside each file: name.br, name.zst and name.gz.

    python3 compress_dist.py FOLDER

Runs while the image is built. A form that saves less than a twentieth is left out, so pictures
and fonts stay as they are. The same input gives the same bytes.
"""

import gzip
import sys
from collections.abc import Callable
from pathlib import Path

import brotli
import zstandard

SUFFIXES = {".html", ".js", ".mjs", ".css", ".json", ".svg", ".map", ".txt", ".md", ".ico", ".webmanifest"}
SUFFIXES |= {".wasm", ".xml", ".ttf"}
SMALLEST_BYTES = 256
WORTHWHILE_RATIO = 0.95


def _zstandard(content: bytes) -> bytes:
    # Browsers refuse zstd frames whose window is larger than 8 MB (RFC 9659).
    parameters = zstandard.ZstdCompressionParameters.from_level(19, window_log=23)
    return zstandard.ZstdCompressor(compression_params=parameters).compress(content)


COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    ".br": lambda content: brotli.compress(content, quality=11),
    ".zst": _zstandard,
    ".gz": lambda content: gzip.compress(content, compresslevel=9, mtime=0),
}


def compress(folder: Path) -> int:
    """Compress every file below `folder` that is worth it; return how many files that were."""
    count = 0
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix not in SUFFIXES or path.stat().st_size < SMALLEST_BYTES:
            continue
        content = path.read_bytes()
        for suffix, compressor in COMPRESSORS.items():
            smaller = compressor(content)
            if len(smaller) < WORTHWHILE_RATIO * len(content):
                path.with_name(path.name + suffix).write_bytes(smaller)
        count += 1
    return count


def main(arguments: list[str]) -> int:
    """Compress the folder named on the command line."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        sys.stderr.write("usage: compress_dist.py FOLDER\n")
        return 2
    sys.stdout.write(f"compressed {compress(Path(arguments[0]))} files\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
