"""Whether every acknowledged row is there exactly once, and none that nobody wrote."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Row(NamedTuple):
    """A logbook entry as the lab gives it back."""

    uuid: str
    text: str


class Rows(NamedTuple):
    """What the logbook holds of what was written; lists of uuids."""

    acknowledged: int
    lost: list[str]
    doubled: list[str]
    altered: list[str]
    """There, but with another text."""
    invented: list[str]
    """Carries the mark of this run, and this run never sent it."""
    unanswered_present: int
    """Whose answer never came, and that were stored nevertheless: allowed."""

    @property
    def good(self) -> bool:
        return not (self.lost or self.doubled or self.altered or self.invented)


def compare(*, sent: Mapping[str, str], acknowledged: set[str], found: Iterable[Row], mark: str) -> Rows:
    """Compare what was sent (uuid -> text) with what was found. Rows without `mark` are somebody else's."""
    counts: Counter[str] = Counter()
    altered, invented = set(), set()
    for row in found:
        if row.uuid in sent:
            counts[row.uuid] += 1
            if row.text != sent[row.uuid]:
                altered.add(row.uuid)
        elif mark in row.text:
            invented.add(row.uuid)
    return Rows(
        acknowledged=len(acknowledged),
        lost=sorted(acknowledged - counts.keys()),
        doubled=sorted(uuid for uuid, count in counts.items() if count > 1),
        altered=sorted(altered),
        invented=sorted(invented),
        unanswered_present=len(counts.keys() - acknowledged),
    )
