"""The public key in a pod's request, a PKCS#10 request that says nothing but the key.

Upstream: pkg/apis/certificates/validation validateStubPKCS10Request.
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any

from fakek8s.kinds.certificates.pem import load_request
from fakek8s.machinery.causes import FieldError, invalid, invalid_unshown, too_long

if TYPE_CHECKING:
    from collections.abc import Iterator

Object = dict[str, Any]

_MOST_BYTES = 10 * 1024
_RSA_BITS = (3072, 4096)
_UNKNOWN = "unknown public key type; supported types are Ed25519, ECDSA, and RSA"
_GO_CURVES = {"secp224r1": "P-224", "secp256r1": "P-256", "secp384r1": "P-384"}
_CURVES = ("secp256r1", "secp384r1", "secp521r1")


def public_key(spec: Object) -> Any:
    """The key that a request's spec holds, None if there is none."""
    request = load_request(b64decode(spec.get("stubPKCS10Request") or ""))
    return None if request is None else request.public_key()


def stub_problem(stub: bytes, path: str) -> Iterator[FieldError]:
    """validateStubPKCS10Request."""
    if len(stub) > _MOST_BYTES:
        yield too_long(path, _MOST_BYTES)
        return
    request = load_request(stub)
    if request is None:
        yield invalid_unshown(path, "must be a valid PKCS#10 CSR")
        return
    if wrong := _kind_problem(request.public_key(), path):
        yield wrong
    elif not request.is_signature_valid:
        yield invalid_unshown(path, "invalid signature")


def _kind_problem(key: Any, path: str) -> FieldError | None:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(key, ed25519.Ed25519PublicKey):
        return None
    if isinstance(key, ec.EllipticCurvePublicKey):
        name = key.curve.name
        if name in _CURVES:
            return None
        shown = f"curve {_GO_CURVES.get(name, name)}"
        text = "elliptic public keys must use curve P256, P384, or P521"
        return invalid(path, shown, text)
    if isinstance(key, rsa.RSAPublicKey):
        bits = (key.key_size + 7) // 8 * 8
        if bits in _RSA_BITS:
            return None
        text = "RSA keys must have modulus size 3072 or 4096"
        return invalid(path, f"{bits}-bit modulus", text)
    return invalid_unshown(path, _UNKNOWN)
