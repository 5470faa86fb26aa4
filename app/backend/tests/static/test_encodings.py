"""Which coding a client gets."""

import pytest

from remlab_backend.static.encodings import choose_encoding

ALL = ("br", "zstd", "gzip", "identity")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip, deflate, br, zstd", "br"),
        ("zstd, gzip", "zstd"),
        ("x-gzip", "gzip"),
        ("GZIP", "gzip"),
        ("br;q=0.1, gzip;q=0.9", "gzip"),
        ("br; q=0.5 , zstd ;q=0.5", "br"),
        ("br;q=0, gzip", "gzip"),
        ("*", "br"),
        ("*;q=0.5, br;q=0", "zstd"),
        ("identity", "identity"),
        ("identity;q=1, gzip;q=0.5", "identity"),
        ("gzip;q=0.5", "gzip"),
        ("deflate", "identity"),
        ("gzip;q=0", "identity"),
        ("br;q=x, gzip", "gzip"),
        ("br;q=2, gzip", "gzip"),
        ("*;q=0", "identity"),
        (",,;q=1,", "identity"),
    ],
)
def test_the_best_coding_that_the_client_likes_is_chosen(header: str | None, expected: str) -> None:
    assert choose_encoding(header, ALL) == expected


def test_only_what_is_stored_can_be_chosen() -> None:
    assert choose_encoding("br, zstd, gzip", ("identity", "gzip")) == "gzip"
    assert choose_encoding("br", ("identity",)) == "identity"
