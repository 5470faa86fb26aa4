"""Says what a long module is doing, in a file that the controller reads meanwhile."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import IO

# On a memory file system; it lasts as long as the run that writes it.
PROGRESS_FILE = Path("/run/remlab/progress")


class Progress:
    """Each line is readable at once; the file is emptied at the beginning."""

    def __init__(self, path: Path = PROGRESS_FILE) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def __enter__(self) -> Progress:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("w", encoding="utf-8")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    def tell(self, line: str) -> None:
        if self._file is not None:
            self._file.write(line + "\n")
            self._file.flush()
