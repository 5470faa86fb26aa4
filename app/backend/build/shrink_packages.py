"""Makes the tree of Python packages smaller: no build-time packages, no debugging symbols.

    python3 shrink_packages.py FOLDER [PACKAGE …]

Runs while the image is built. Wheels carry compiled modules with all their symbols, which is
more than half of what this service would weigh; the image has no `strip`, and none is needed:
what the loader reads are the segments that the program headers name, and the symbols, with the
section headers that describe them, lie behind the last of these (ELF-64 object file format).
"""

import shutil
import struct
import sys
from pathlib import Path

_ELF64_LITTLE_ENDIAN = b"\x7fELF\x02\x01"
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")


def strip(path: Path) -> int:
    """Cut symbols off a shared object; return how many bytes that saved (0 for anything else)."""
    content = path.read_bytes()
    if not content.startswith(_ELF64_LITTLE_ENDIAN):
        return 0
    fields = list(_HEADER.unpack_from(content))
    start, count = fields[5], fields[10]
    headers = (_PROGRAM_HEADER.unpack_from(content, start + n * _PROGRAM_HEADER.size) for n in range(count))
    # Offset and size in the file of each segment.
    end = max(start + count * _PROGRAM_HEADER.size, *(header[2] + header[5] for header in headers))
    fields[6], fields[12], fields[13] = 0, 0, 0  # there are no section headers any more
    path.write_bytes(_HEADER.pack(*fields) + content[_HEADER.size : end])
    return len(content) - end


def remove(folder: Path, package: str) -> None:
    """Remove a package: its folder or module and its metadata."""
    for pattern in (package, f"{package}-*.dist-info", f"{package}.py", f"_{package}.*.so"):
        for path in folder.glob(pattern):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def main(arguments: list[str]) -> int:
    """Shrink the folder named first, removing the packages named after it."""
    if not arguments or not Path(arguments[0]).is_dir():
        sys.stderr.write("usage: shrink_packages.py FOLDER [PACKAGE …]\n")
        return 2
    folder = Path(arguments[0])
    for package in arguments[1:]:
        remove(folder, package)
    saved = sum(strip(path) for path in sorted(folder.rglob("*.so")))
    sys.stdout.write(f"{saved / 1e6:.1f} MB of symbols removed\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
