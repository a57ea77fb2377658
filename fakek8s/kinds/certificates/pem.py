"""PEM blocks as Go's encoding/pem finds them, and what X.509 makes of them.

Which of Go's many messages about malformed DER would fit is not told apart.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any

from fakek8s.kinds.certificates.asn1 import sequence, sequence_problem

_BEGIN = re.compile(r"(?:^|(?<=\n))-----BEGIN ([^\n]*?)-----[ \t\r]*\n")
_HEADER = re.compile(r"[^\n]*?:[^\n]*\n")


@dataclass(frozen=True, slots=True)
class Block:
    """One PEM block: its type, whether it has headers, its bytes."""

    kind: str
    headers: bool
    data: bytes


def blocks(text: str) -> list[Block]:
    """All well-formed blocks (pem.Decode until nothing is left); others are skipped."""
    found: list[Block] = []
    position = 0
    while match := _BEGIN.search(text, position):
        position = match.end()
        end = re.compile(rf"-----END {re.escape(match[1])}-----[ \t\r]*(?:\n|$)").search(
            text, position
        )
        if end is None:
            continue
        body = text[position : end.start()]
        headers = False
        while header := _HEADER.match(body):
            headers = True
            body = body[header.end() :]
        try:
            data = base64.b64decode("".join(body.split()), validate=True)
        except (binascii.Error, ValueError):
            continue
        found.append(Block(match[1], headers, data))
        position = end.end()
    return found


def certificate_problem(text: str) -> str:
    """What is wrong with an issued chain (validateCertificate); "" if nothing is."""
    if not text:
        return ""
    found = blocks(text)
    for block in found:
        if block.kind != "CERTIFICATE":
            return f'only CERTIFICATE PEM blocks are allowed, found "{block.kind}"'
        if block.headers:
            return "no PEM block headers are permitted"
        if load_certificate(block.data) is None:
            return f"x509: malformed {_malformed(block.data)}"
    return "" if found else "must contain at least one CERTIFICATE PEM block"


def _malformed(data: bytes) -> str:
    """What x509.ParseCertificate can't read: the certificate, or already what is to be signed."""
    inner = None if sequence_problem(data, "") else sequence(data)
    return "certificate" if inner is None or sequence(inner) is not None else "tbs certificate"


def request_problem(text: str) -> str:
    """What is wrong with a signing request in PEM (validateCSR); "" if nothing is."""
    found = blocks(text)
    if not found or found[0].kind != "CERTIFICATE REQUEST":
        return "PEM block type must be CERTIFICATE REQUEST"
    if wrong := sequence_problem(found[0].data, "certificateRequest"):
        return wrong
    request = load_request(found[0].data)
    if request is None:
        return "asn1: syntax error: data truncated"
    return "" if request.is_signature_valid else _signature_problem(request.public_key())


def _signature_problem(key: Any) -> str:
    """What x509.CheckSignature says of a key's signature that is none."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    if isinstance(key, ec.EllipticCurvePublicKey):
        return "x509: ECDSA verification failure"
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "x509: Ed25519 verification failure"
    return "crypto/rsa: verification error"


def load_certificate(data: bytes) -> Any:
    """A certificate from DER, None if it is none."""
    # Loading the library takes longer than all else a server does before its first answer.
    from cryptography import x509

    try:
        return x509.load_der_x509_certificate(data)
    except ValueError:
        return None


def load_request(data: bytes) -> Any:
    """A PKCS#10 request from DER, None if it is none."""
    from cryptography import x509

    try:
        return x509.load_der_x509_csr(data)
    except ValueError:
        return None


def authority_problem(block: Block) -> str:
    """Why a block of a trust bundle is no anchor; "" if it is one."""
    if block.kind != "CERTIFICATE":
        return f"has bad block type: {block.kind}"
    if block.headers:
        return "has PEM block headers"
    certificate = load_certificate(block.data)
    if certificate is None:
        return "does not parse as X.509"
    from cryptography import x509

    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return "does not have the CA bit set"
    except ValueError:
        return "does not parse as X.509"
    return "" if constraints.value.ca else "does not have the CA bit set"
