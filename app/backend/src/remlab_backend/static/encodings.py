"""Content codings: which of a file's stored forms a client gets (RFC 9110 §12.5.3)."""

from collections.abc import Collection

# Best compression first: the order decides between codings that the client likes equally.
SUFFIXES = {"br": ".br", "zstd": ".zst", "gzip": ".gz"}
IDENTITY = "identity"

_ALIASES = {"x-gzip": "gzip"}
# A client that lists codings wants one of them; the plain form is what remains.
_UNLISTED_IDENTITY_QUALITY = 0.0005


def choose_encoding(accept_encoding: str | None, available: Collection[str]) -> str:
    """Return the coding to send: one of `available`, or `identity`.

    Where the client refuses everything there is, the plain form is sent all the same, which
    the RFC allows and which serves people better than 406.
    """
    if accept_encoding is None:
        return IDENTITY
    qualities = _parse(accept_encoding)
    best, best_quality = IDENTITY, _quality(IDENTITY, qualities)
    for coding in reversed(SUFFIXES):
        if coding in available:
            quality = _quality(coding, qualities)
            if quality > 0 and quality >= best_quality:
                best, best_quality = coding, quality
    return best


def _quality(coding: str, qualities: dict[str, float]) -> float:
    if coding in qualities:
        return qualities[coding]
    if coding == IDENTITY:
        return 0.0 if qualities.get("*") == 0.0 else _UNLISTED_IDENTITY_QUALITY
    return qualities.get("*", 0.0)


def _parse(header: str) -> dict[str, float]:
    qualities: dict[str, float] = {}
    for item in header.split(","):
        token, *parameters = (part.strip().lower() for part in item.split(";"))
        if token:
            qualities[_ALIASES.get(token, token)] = _weight(parameters)
    return qualities


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                weight = float(value.strip())
            except ValueError:
                return 0.0
            return weight if 0.0 <= weight <= 1.0 else 0.0
    return 1.0
