"""The key that signs tokens, from PEM to what Canaille wants (a JSON Web Key, RFC 7517)."""

from __future__ import annotations

from joserfc.jwk import RSAKey


def signing_key(pem: str) -> dict[str, str]:
    """The private key as a JWK for RS256, which every OpenID Connect client understands.

    Its id is the key's thumbprint (RFC 7638), so it is the same after each start.
    """
    key = RSAKey.import_key(pem, {"use": "sig", "alg": "RS256"})
    key.ensure_kid()
    return {name: str(value) for name, value in key.as_dict(private=True).items() if isinstance(value, str)}
