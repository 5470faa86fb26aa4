"""Whether a stored SCRAM verifier was made from a password.

PostgreSQL stores `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` in
pg_authid.rolpassword, the last three in base64 (RFC 5803 and PostgreSQL's "pg_authid").
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

_VERIFIER = re.compile(r"SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)")


def made_from(password: str, verifier: str) -> bool:
    """False also for what is no verifier, and for passwords that SASL would rewrite first."""
    match = _VERIFIER.fullmatch(verifier)
    if not match or not password.isascii():
        return False
    iterations, salt, stored_key, _ = match.groups()
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(iterations))
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    return hmac.compare_digest(hashlib.sha256(client_key).digest(), base64.b64decode(stored_key))
