"""Keeps what anybody may send from filling the log with tracebacks.

engineio logs each exception while a message is handled as an error of ours. One that arises
before any handler of ours runs, in socketio's own decoding and dispatching, was made by the
sender: it is left out.
"""

import logging
from types import TracebackType

_OURS = "remlab_backend"


class SenderErrors(logging.Filter):
    """Drops records of exceptions that no code of this package took part in."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is worth a line."""
        if not record.exc_info or record.exc_info[2] is None:
            return True
        return _reaches_ours(record.exc_info[2])


def _reaches_ours(traceback: TracebackType | None) -> bool:
    while traceback is not None:
        if str(traceback.tb_frame.f_globals.get("__name__", "")).startswith(_OURS):
            return True
        traceback = traceback.tb_next
    return False


def ignore_sender_errors() -> None:
    """Install the filter (once, however often it is called)."""
    log = logging.getLogger("engineio.server")
    if not any(isinstance(each, SenderErrors) for each in log.filters):
        log.addFilter(SenderErrors())
