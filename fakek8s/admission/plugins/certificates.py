"""The plugins about certificates: who may approve, sign and attest for a signer, and whom for.

Source: kubernetes plugin/pkg/admission/certificates (approval, signing, subjectrestriction,
ctbattest) and pkg/certauthorization.
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any

from fakek8s.admission.plugin import Plugin, refuse
from fakek8s.kinds.certificates.pem import blocks, load_request
from fakek8s.kinds.certificates.signers import may
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from fakek8s.kind import Operation

Object = dict[str, Any]

_REQUESTS = frozenset({"certificatesigningrequests.certificates.k8s.io"})
_BUNDLES = frozenset({"clustertrustbundles.certificates.k8s.io"})
_CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client"
_MASTERS = "system:masters"
_PEM_TYPE = "CERTIFICATE REQUEST"
#: What garbage collection changes: IsOnlyMutatingGCFields.
_COLLECTED = ("ownerReferences", "finalizers", "managedFields")


def _signer(obj: Object | None) -> str:
    return str(((obj or {}).get("spec") or {}).get("signerName", ""))


def _approval(request: Object, op: Operation) -> None:
    signer = _signer(op.old)
    if not may(op, "approve", signer):
        why = f"user not permitted to approve requests with signerName {quote(signer)}"
        raise refuse(op, request, why)


def _signing(request: Object, op: Operation) -> None:
    status = request.get("status") or {}
    before = (op.old or {}).get("status") or {}
    fields = ("certificate", "conditions")
    if all((status.get(f) or None) == (before.get(f) or None) for f in fields):
        return
    signer = _signer(op.old)
    if not may(op, "sign", signer):
        why = f"user not permitted to sign requests with signerName {quote(signer)}"
        raise refuse(op, request, why)


def _subject(request: Object, op: Operation) -> None:
    if _signer(request) != _CLIENT_SIGNER:
        return
    from cryptography.x509.oid import NameOID

    text = b64decode(request["spec"].get("request") or "").decode(errors="replace")
    block = next(iter(blocks(text)), None)
    found = load_request(block.data) if block and block.kind == _PEM_TYPE else None
    if found is None:
        raise refuse(op, request, f"failed to parse CSR: PEM block type must be {_PEM_TYPE}")
    groups = found.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    if any(group.value == _MASTERS for group in groups):
        why = f"use of {_CLIENT_SIGNER} signer with {_MASTERS} group is not allowed"
        raise refuse(op, request, why)


def _attest(bundle: Object, op: Operation) -> None:
    signer = _signer(bundle)
    if not signer or (op.old is not None and _collected(bundle) == _collected(op.old)):
        return
    if not may(op, "attest", signer):
        why = f"user not permitted to attest for signerName {quote(signer)}"
        raise refuse(op, bundle, why)


def _collected(obj: Object) -> Object:
    """The object without what garbage collection changes."""
    metadata = {k: v for k, v in obj["metadata"].items() if k not in _COLLECTED}
    return {**obj, "metadata": metadata}


APPROVAL = Plugin(
    name="CertificateApproval",
    resources=_REQUESTS,
    subresources=frozenset({"approval"}),
    verbs=frozenset({"update"}),
    validate=_approval,
)
SIGNING = Plugin(
    name="CertificateSigning",
    resources=_REQUESTS,
    subresources=frozenset({"status"}),
    verbs=frozenset({"update"}),
    validate=_signing,
)
SUBJECT = Plugin(
    name="CertificateSubjectRestriction",
    resources=_REQUESTS,
    verbs=frozenset({"create"}),
    validate=_subject,
)
ATTEST = Plugin(name="ClusterTrustBundleAttest", resources=_BUNDLES, validate=_attest)
