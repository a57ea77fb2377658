"""What is wrong with a PEM certificate and its private key, in the words of Go's crypto/tls.

Upstream: crypto/tls X509KeyPair. Malformed DER gives Go's general message: which of its many
precise ones would fit is not told apart.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.x509 import Certificate

_BLOCK = re.compile(
    rb"-----BEGIN ([^\n-][^\n]*?)-----\r?\n.*?-----END \1-----[ \t]*\r?(?:\n|$)", re.DOTALL
)
_NO_CERTIFICATE = "tls: failed to find any PEM data in certificate input"
_SWITCHED = (
    "tls: failed to find certificate PEM data in certificate input, but did find a private key; "
    "PEM inputs may have been switched"
)
_NO_CERTIFICATE_AMONG = (
    'tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of '
    "the following types: {}"
)
_NO_KEY = "tls: failed to find any PEM data in key input"
_CERTIFICATE_AS_KEY = "tls: found a certificate rather than a key in the PEM for the private key"
_NO_KEY_AMONG = (
    'tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping '
    "PEM blocks of the following types: {}"
)


def problem(certificate: bytes, key: bytes) -> str:
    """What keeps the pair from being used; "" if nothing does."""
    chain, other = _blocks(certificate, lambda kind: kind == "CERTIFICATE")
    if not chain:
        if not other:
            return _NO_CERTIFICATE
        if len(other) == 1 and other[0].endswith("PRIVATE KEY"):
            return _SWITCHED
        return _NO_CERTIFICATE_AMONG.format(f"[{' '.join(other)}]")
    keys, other = _blocks(key, lambda kind: f" {kind}".endswith(" PRIVATE KEY"))
    if not keys:
        if not other:
            return _NO_KEY
        if other == ["CERTIFICATE"]:
            return _CERTIFICATE_AS_KEY
        return _NO_KEY_AMONG.format(f"[{' '.join(other)}]")
    return _mismatch(chain[0], keys[0])


def _blocks(text: bytes, wanted: Callable[[str], bool]) -> tuple[list[bytes], list[str]]:
    """The blocks of a wanted type, and the types of the others."""
    found: list[bytes] = []
    other: list[str] = []
    for match in _BLOCK.finditer(text):
        kind = match[1].decode("utf-8", "replace")
        if wanted(kind):
            found.append(match[0])
        else:
            other.append(kind)
    return found, other


def _mismatch(certificate: bytes, key: bytes) -> str:
    # Loading the library takes longer than all else a server does before its first answer.
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        leaf = x509.load_pem_x509_certificate(certificate)
    except ValueError:
        return "x509: malformed certificate"
    try:
        private = load_pem_private_key(key, None)
    except (ValueError, TypeError):
        return "tls: failed to parse private key"
    return _compare(leaf, private.public_key())


def _compare(leaf: Certificate, derived: Any) -> str:
    public = leaf.public_key()
    if type(public) is not type(derived):
        return "tls: private key type does not match public key type"
    return "" if public == derived else "tls: private key does not match public key"
