"""Digest authentication as RTSP 1.0 cameras ask for it (RFC 2617 §3.2, MD5, without qop)."""

import hashlib
import hmac
import re
import secrets

REALM = "remlab camera"

_FIELD = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')


class Digest:
    """One connection's challenge: its nonce is worth nothing on another connection."""

    def __init__(self, *, username: str, password: str) -> None:
        self._username = username
        self._secret = _md5(f"{username}:{REALM}:{password}")
        self._nonce = secrets.token_hex(16)

    @property
    def challenge(self) -> str:
        """The value of WWW-Authenticate."""
        return f'Digest realm="{REALM}", nonce="{self._nonce}"'

    def accepts(self, authorization: str, *, method: str) -> bool:
        """Tell whether the value of an Authorization header proves the password for this method."""
        scheme, _, rest = authorization.partition(" ")
        if scheme.lower() != "digest":
            return False
        fields = {name: quoted or bare for name, quoted, bare in _FIELD.findall(rest)}
        if (fields.get("username"), fields.get("nonce")) != (self._username, self._nonce):
            return False
        what = _md5(f"{method}:{fields.get('uri', '')}")
        expected = _md5(f"{self._secret}:{self._nonce}:{what}")
        return hmac.compare_digest(expected, fields.get("response", ""))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
