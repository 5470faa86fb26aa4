"""Two front doors while one takes over from the other: which answered when."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from types import TracebackType

_POLL_SECONDS = 0.2
_ANSWER_SECONDS = 2.0
_GOOD = 200

Address = tuple[str, int]


def answers(address: Address, host: str) -> bool:
    """Whether a front door shows its page."""
    connection = http.client.HTTPConnection(*address, timeout=_ANSWER_SECONDS)
    try:
        connection.request("GET", "/", headers={"Host": host})
        return connection.getresponse().status == _GOOD
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Doors:
    """Asks both again and again. Times are seconds of the monotonic clock; None: never."""

    def __init__(self, old: Address, new: Address, *, host: str, answers: Callable[[], None]) -> None:
        """
        :param host: the lab's public name and port.
        :param answers: called once, when the new one answers for the first time.
        """
        self._old, self._new, self._host, self._tell = old, new, host, answers
        self.new_since: float | None = None
        self.old_until: float | None = None
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=one, daemon=True) for one in (self._ask_old, self._ask_new)]

    def __enter__(self) -> Doors:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.see_to_the_end()

    def see_to_the_end(self) -> None:
        """Stop asking."""
        self._ended.set()
        for thread in self._threads:
            thread.join()

    @property
    def overlap_seconds(self) -> float:
        """For how long both answered; negative where neither did."""
        if self.new_since is None or self.old_until is None:
            return float("-inf")
        return self.old_until - self.new_since

    def _ask_old(self) -> None:
        while not self._ended.wait(_POLL_SECONDS):
            if answers(self._old, self._host):
                self.old_until = time.monotonic()

    def _ask_new(self) -> None:
        while self.new_since is None and not self._ended.wait(_POLL_SECONDS):
            if answers(self._new, self._host):
                self.new_since = time.monotonic()
                self._tell()
