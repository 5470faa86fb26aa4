"""Answers to a camera's challenge: Digest (RFC 2617, RFC 7616) or Basic, whichever it asks for."""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field

from .errors import PasswordRefusedError

_FIELD = re.compile(r'([\w-]+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')
_HASHES = {"MD5": "md5", "SHA-256": "sha256"}


@dataclass(slots=True)
class Credentials:
    """User name and password, and what the camera last asked for. The password is in no repr."""

    username: str
    password: str = field(repr=False)
    _scheme: str = ""
    _challenge: dict[str, str] = field(default_factory=dict, repr=False)
    _count: int = 0

    def challenged(self, challenges: list[str]) -> None:
        """Remember the strongest of the challenges (values of WWW-Authenticate) for the requests that follow.

        Raises PasswordRefusedError if there is none that can be answered.
        """
        parts = [challenge.partition(" ") for challenge in challenges]
        offers = [(scheme.lower(), _fields(rest)) for scheme, _, rest in parts]
        digests = [asked for scheme, asked in offers if scheme == "digest" and _algorithm(asked) in _HASHES]
        if digests:
            self._scheme, self._challenge = "digest", max(digests, key=_algorithm_rank)
        elif any(scheme == "basic" for scheme, _ in offers):
            self._scheme = "basic"
        else:
            raise PasswordRefusedError("the camera asks for a kind of login that is not known here")

    def authorization(self, method: str, url: str) -> str | None:
        """Return the value of the Authorization header, None as long as nobody asked."""
        if self._scheme == "basic":
            return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        return self._digest(method, url) if self._scheme == "digest" else None

    def _digest(self, method: str, url: str) -> str:
        asked = self._challenge
        algorithm = _algorithm(asked)

        def digest(text: str) -> str:
            return hashlib.new(_HASHES[algorithm], text.encode(), usedforsecurity=False).hexdigest()

        realm, nonce = asked.get("realm", ""), asked.get("nonce", "")
        secret = digest(f"{self.username}:{realm}:{self.password}")
        fields = {"username": self.username, "realm": realm, "nonce": nonce, "uri": url}
        middle = ""
        extra = ""
        if "auth" in re.split(r"[\s,]+", asked.get("qop", "")):
            self._count += 1
            client_nonce = secrets.token_hex(8)
            middle = f"{self._count:08x}:{client_nonce}:auth:"
            extra = f', qop=auth, nc={self._count:08x}, cnonce="{client_nonce}"'
        fields["response"] = digest(f"{secret}:{nonce}:{middle}{digest(f'{method}:{url}')}")
        if "opaque" in asked:
            fields["opaque"] = asked["opaque"]
        if "algorithm" in asked:
            extra += f", algorithm={algorithm}"
        return "Digest " + ", ".join(f'{name}="{value}"' for name, value in fields.items()) + extra


def _fields(text: str) -> dict[str, str]:
    return {name.lower(): quoted or bare for name, quoted, bare in _FIELD.findall(text)}


def _algorithm(fields: dict[str, str]) -> str:
    return fields.get("algorithm", "MD5").upper()


def _algorithm_rank(fields: dict[str, str]) -> int:
    return list(_HASHES).index(_algorithm(fields))
