"""The issuer of service account tokens: its key, JWTs signed with it, what it publishes of it.

Sources: kubernetes pkg/serviceaccount jwt.go and openidmetadata.go. Tokens are JWS in compact
form (RFC 7515) under RS256, the algorithm of kube-apiserver's RSA keys.
"""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from fakek8s.machinery.wire import jsontext

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

#: Who issues a cluster's tokens, and whom they are for unless they say otherwise.
ISSUER = "https://kubernetes.default.svc"

_ALGORITHM = "RS256"
_EXPONENT, _BITS = 65537, 2048


class InvalidToken(Exception):
    """A token of this issuer that is not to be trusted; the text is upstream's."""


class Issuer:
    """Signs and checks tokens. The key is made when it is first needed: few clusters need one."""

    def __init__(self, address: str = "", name: str = ISSUER) -> None:
        """`address` is where the server is reached: `https://192.0.2.1:6443`."""
        self.name = name
        self._address = address

    @cached_property
    def _key(self) -> RSAPrivateKey:
        from cryptography.hazmat.primitives.asymmetric import rsa

        return rsa.generate_private_key(_EXPONENT, _BITS)

    @cached_property
    def _key_id(self) -> str:
        """keyIDFromPublicKey: a digest of the public key."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        der = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return _encoded(sha256(der).digest())

    def sign(self, claims: dict[str, Any]) -> str:
        """A token with these claims and the issuer's name."""
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        header = jsontext.dump({"alg": _ALGORITHM, "kid": self._key_id})
        payload = jsontext.dump(_in_order({**claims, "iss": self.name}))
        signed = f"{_encoded(header)}.{_encoded(payload)}"
        return f"{signed}.{_encoded(self._key.sign(signed.encode(), PKCS1v15(), SHA256()))}"

    def claims(self, token: str) -> dict[str, Any] | None:
        """The claims of a token of this issuer; None if it says it is no such thing.

        Raises InvalidToken if it is not what it says.
        """
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        parts = token.split(".")
        if len(parts) != 3:
            return None
        header, claims = _object(parts[0]), _object(parts[1])
        if header is None or claims is None or claims.get("iss") != self.name:
            return None
        # Without a signature nobody has a key yet, whatever the header names.
        if header.get("kid", self._key_id) != self._key_id:
            raise InvalidToken("invalid signature, no keys found")
        signed, signature = ".".join(parts[:2]).encode(), _decoded(parts[2])
        try:
            if header.get("alg") != _ALGORITHM or signature is None:
                raise InvalidSignature
            self._key.public_key().verify(signature, signed, PKCS1v15(), SHA256())
        except InvalidSignature:
            failed = "go-jose/go-jose: error in cryptographic primitive"
            raise InvalidToken(failed) from None
        return claims

    def configuration(self) -> bytes:
        """The discovery document (OpenID Connect Discovery 1.0)."""
        return jsontext.dump(
            {
                "issuer": self.name,
                "jwks_uri": f"{self._address}/openid/v1/jwks",
                "response_types_supported": ["id_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [_ALGORITHM],
            }
        )

    def keys(self) -> bytes:
        """The public keys (RFC 7517)."""
        numbers = self._key.public_key().public_numbers()
        key = {
            "use": "sig",
            "kty": "RSA",
            "kid": self._key_id,
            "alg": _ALGORITHM,
            "n": _number(numbers.n),
            "e": _number(numbers.e),
        }
        return jsontext.dump({"keys": [key]})


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes | None:
    """What unpadded base64url stands for; None if it is none."""
    try:
        data = urlsafe_b64decode(f"{text}{'=' * (-len(text) % 4)}")
    except (ValueError, binascii.Error):
        return None
    return data if _encoded(data) == text else None


def _number(value: int) -> str:
    return _encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _object(text: str) -> dict[str, Any] | None:
    """The JSON object in a part of a token; None if there is none."""
    data = _decoded(text)
    if data is None:
        return None
    try:
        found = json.loads(data)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _in_order(value: Any) -> Any:
    """The value with all keys sorted, as Go writes maps."""
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value)}
    return value
