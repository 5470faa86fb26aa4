"""The generated secrets of a laboratory: one file each, on every manager.

Only what is missing is made. A value never leaves this module but into its file.
"""

from __future__ import annotations

import datetime
import os
import secrets
import string
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

# Letters and digits only: one that begins with a dash would be an option to whoever types it.
_PASSWORD_CHARACTERS = string.ascii_letters + string.digits
_PASSWORD_LENGTH = 32
_RSA_BITS = 3072
# The registry hashes the password again at each request, a quarter of a second each at the usual 12 rounds.
# Slowness protects guessable passwords; this one is 190 random bits.
_BCRYPT_ROUNDS = 6
_CERTIFICATE_YEARS = 10


class SecretError(ValueError):
    """A secret cannot be made, or the folder is not what it should be; says what to do."""


def missing(folder: Path, declared: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Names of the declared secrets that have no file yet."""
    return sorted(name for name in declared if not (folder / name).is_file())


def complete(folder: Path, declared: Mapping[str, Mapping[str, Any]], given: Mapping[str, str]) -> list[str]:
    """Writes the given values and makes what is missing.

    :param declared: secret name -> {kind, and what the kind needs}.
    :param given: values of the operator's own; they replace what is there.
    :returns: names of the secrets that were written.
    :raises SecretError: a kind needs a secret that is not declared, or they need each other.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    written = [name for name, value in given.items() if _write_if_other(folder / name, value.encode())]
    waiting = [name for name in missing(folder, declared) if name not in given]
    while waiting:
        ready = [name for name in waiting if not set(_needs(declared[name])) & set(waiting)]
        if not ready:
            raise SecretError(f"secrets need each other: {', '.join(waiting)}")
        for name in ready:
            _write(folder / name, _make(name, declared[name], folder))
        written += ready
        waiting = [name for name in waiting if name not in ready]
    return sorted(written)


def _needs(declaration: Mapping[str, Any]) -> list[str]:
    return [str(declaration[key]) for key in ("of", "key", "ca_key", "ca_certificate") if key in declaration]


def _make(name: str, declaration: Mapping[str, Any], folder: Path) -> bytes:
    def read(key: str) -> bytes:
        if key not in declaration:
            raise SecretError(f"secret {name} of kind {declaration['kind']} has no key '{key}'")
        try:
            return (folder / str(declaration[key])).read_bytes()
        except FileNotFoundError as error:
            raise SecretError(
                f"secret {name} needs {declaration[key]}, which no service generates"
            ) from error

    makers: dict[str, Callable[[], bytes]] = {
        "password": lambda: _password().encode(),
        "htpasswd": lambda: _htpasswd(str(declaration["user"]), read("of")),
        "rsa_private_key": _rsa_key,
        "ec_private_key": _ec_key,
        "ca_certificate": lambda: _ca_certificate(str(declaration["common_name"]), read("key")),
        "tls_certificate": lambda: _certificate(
            list(declaration["names"]), read("key"), read("ca_key"), read("ca_certificate")
        ),
    }
    return makers[declaration["kind"]]()


def _password() -> str:
    return "".join(secrets.choice(_PASSWORD_CHARACTERS) for _ in range(_PASSWORD_LENGTH))


def _htpasswd(user: str, password: bytes) -> bytes:
    import bcrypt

    return f"{user}:{bcrypt.hashpw(password, bcrypt.gensalt(_BCRYPT_ROUNDS)).decode()}\n".encode()


def _pem(key: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization

    pem: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem


def _rsa_key() -> bytes:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return _pem(rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS))


def _ec_key() -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec

    return _pem(ec.generate_private_key(ec.SECP256R1()))


def _builder(common_name: str, public_key: Any) -> Any:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        # A client whose clock is a little behind still accepts it.
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=365 * _CERTIFICATE_YEARS))
    )


def _load_key(pem: bytes) -> Any:
    from cryptography.hazmat.primitives import serialization

    return serialization.load_pem_private_key(pem, password=None)


def _ca_certificate(common_name: str, key_pem: bytes) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    key = _load_key(key_pem)
    certificate = (
        _builder(common_name, key.public_key())
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)]))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_key_usage(authority=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem: bytes = certificate.public_bytes(serialization.Encoding.PEM)
    return pem


def _certificate(names: list[str], key_pem: bytes, ca_key_pem: bytes, ca_pem: bytes) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509.oid import ExtendedKeyUsageOID

    key, ca_key, ca = _load_key(key_pem), _load_key(ca_key_pem), x509.load_pem_x509_certificate(ca_pem)
    certificate = (
        _builder(names[0], key.public_key())
        .issuer_name(ca.subject)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_key_usage(authority=False), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    pem: bytes = certificate.public_bytes(serialization.Encoding.PEM)
    return pem


def _key_usage(*, authority: bool) -> Any:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write_if_other(path: Path, value: bytes) -> bool:
    if path.is_file() and path.read_bytes() == value:
        return False
    _write(path, value)
    return True


def _write(path: Path, value: bytes) -> None:
    """Whole or not at all, and never readable by others, also when the run is killed here."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(descriptor, "wb") as file:
        file.write(value)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).chmod(0o600)
    Path(temporary).replace(path)
