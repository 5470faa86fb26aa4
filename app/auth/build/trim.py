"""Takes from a tree of Python packages what this service never uses: python3 trim.py FOLDER.

Compiled modules lose their symbols, as in the backend's image: what the loader reads are the
segments that the program headers name, and symbols and section headers lie behind the last
of these (ELF-64 object file format).
"""

import shutil
import struct
import sys
from pathlib import Path

# Languages of the pages. Babel's root data stands for all that is not told apart.
_LANGUAGES = {"root", "en", "es"}
_NEVER_USED = (
    "dev",
    "doc",
    "tests",
    "*/tests",
    # Sources and type hints of compiled modules.
    "**/*.c",
    "**/*.h",
    "**/*.pxd",
    "**/*.pyi",
    "**/*.pyx",
    "alembic/testing",
    # Asks whether the domain of an e-mail address exists, which nobody wants here.
    "dns",
    "pycparser",
    "pydantic/v1",
    "sqlalchemy/testing",
)


_ELF64_LITTLE_ENDIAN = b"\x7fELF\x02\x01"
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")


def _language(name: str) -> str:
    return name.partition("_")[0].lower()


def trim(tree: Path) -> None:
    """Removes it."""
    for pattern in _NEVER_USED:
        for path in sorted(tree.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for file in (tree / "babel/locale-data").glob("*.dat"):
        if _language(file.stem) not in _LANGUAGES:
            file.unlink()
    for folder in (tree / "canaille/translations").glob("*/"):
        if _language(folder.name) not in _LANGUAGES:
            shutil.rmtree(folder)
    for library in [*tree.rglob("*.so"), *tree.rglob("*.so.*")]:
        strip(library)


def strip(path: Path) -> None:
    """Cuts the symbols off a shared object; leaves anything else as it is."""
    content = path.read_bytes()
    if not content.startswith(_ELF64_LITTLE_ENDIAN):
        return
    fields = list(_HEADER.unpack_from(content))
    start, count = fields[5], fields[10]
    headers = [_PROGRAM_HEADER.unpack_from(content, start + n * _PROGRAM_HEADER.size) for n in range(count)]
    # Offset and size in the file of each segment.
    end = max(start + count * _PROGRAM_HEADER.size, *(header[2] + header[5] for header in headers))
    # Where the section headers begin, how many they are, and which of them holds their names.
    fields[6] = fields[12] = fields[13] = 0
    path.write_bytes(_HEADER.pack(*fields) + content[_HEADER.size : end])


if __name__ == "__main__":
    trim(Path(sys.argv[1]))
