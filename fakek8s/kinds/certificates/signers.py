"""Who may do what for a signer: sign, approve, attest.

Upstream: pkg/certauthorization IsAuthorizedForSignerName.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fakek8s.kind import Operation


def may(op: Operation, verb: str, signer: str) -> bool:
    """Whether the writer may, for the signer itself or for all of its domain."""
    for name in (signer, f"{signer.partition('/')[0]}/*"):
        attributes = {
            "verb": verb,
            "group": "certificates.k8s.io",
            "version": "*",
            "resource": "signers",
            "name": name,
        }
        allowed, _ = op.settings["authorize"](op.user, attributes)
        if allowed:
            return True
    return False
