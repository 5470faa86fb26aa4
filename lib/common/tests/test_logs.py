import io
import json
import logging
from collections.abc import Iterator

import pytest

from remlab_common import logs


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure("example", level="INFO", stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_record_is_one_line_of_json_with_its_extras(output: io.StringIO) -> None:
    logging.getLogger("remlab").info("device %s connected", "a", extra={"device": "a"})
    entry = json.loads(output.getvalue())
    assert entry["message"] == "device a connected"
    assert entry["device"] == "a"
    assert entry["level"] == "info"
    assert entry["service"] == "example"


def test_an_exception_stays_on_the_line(output: io.StringIO) -> None:
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        logging.getLogger("remlab").exception("failed")
    lines = output.getvalue().splitlines()
    assert len(lines) == 1
    assert "ValueError" in json.loads(lines[0])["exception"]


def test_levels_below_the_configured_one_are_left_out(output: io.StringIO) -> None:
    logging.getLogger("remlab").debug("quiet")
    logging.getLogger("uvicorn.error").info("chatter")
    assert output.getvalue() == ""
