"""PodCertificateRequests: a kubelet asks for a pod's certificate.

Upstream: pkg/registry/certificates/podcertificaterequest, pkg/apis/certificates/validation
ValidatePodCertificateRequest*.
"""

from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour
from fakek8s.kinds.certificates.keys import public_key, stub_problem
from fakek8s.kinds.certificates.pem import blocks, load_certificate
from fakek8s.kinds.certificates.signers import may
from fakek8s.kinds.shared import doors
from fakek8s.kinds.shared.conditions import condition_list_rules
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.kinds.shared.podtemplate.internal import Fields, internal
from fakek8s.kinds.shared.podtemplate.projected import domain_key_rules, signer_name_rules
from fakek8s.kinds.shared.status import status
from fakek8s.kinds.shared.written import as_written
from fakek8s.machinery import names
from fakek8s.machinery.causes import (
    FieldError,
    forbidden,
    invalid,
    invalid_unshown,
    not_supported,
    required,
    too_long,
)
from fakek8s.machinery.meta import ANNOTATION_LIMIT, IMMUTABLE
from fakek8s.machinery.printing import quote
from fakek8s.machinery.rules import subdomain_name
from fakek8s.machinery.timestamps import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation

Object = dict[str, Any]

_VERDICTS = ("Issued", "Denied", "Failed")
_DAY = 24 * 60 * 60  # seconds
_UID_LENGTH = 128
_CHAIN_LENGTH = 100 * 1024
_REFRESH = timedelta(minutes=10)
_SPEC: Fields = (
    ("SignerName", "signerName", ""),
    ("PodName", "podName", ""),
    ("PodUID", "podUID", ""),
    ("ServiceAccountName", "serviceAccountName", ""),
    ("ServiceAccountUID", "serviceAccountUID", ""),
    ("NodeName", "nodeName", ""),
    ("NodeUID", "nodeUID", ""),
    ("MaxExpirationSeconds", "maxExpirationSeconds", None),
    ("PKIXPublicKey", "pkixPublicKey", None),
    ("ProofOfPossession", "proofOfPossession", None),
    ("StubPKCS10Request", "stubPKCS10Request", None),
    ("UnverifiedUserAnnotations", "unverifiedUserAnnotations", None),
)


def default_expiry(obj: Object) -> None:
    """SetDefaults_PodCertificateRequestSpec: a day."""
    spec = obj.setdefault("spec", {})
    if spec.get("maxExpirationSeconds") is None:
        spec["maxExpirationSeconds"] = _DAY


def spec_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidatePodCertificateRequestCreate."""
    if op.old is not None:
        return
    spec = obj["spec"]
    signer = spec.get("signerName", "")
    yield from signer_name_rules(signer, "spec.signerName")
    annotations: Object = spec.get("unverifiedUserAnnotations") or {}
    for key in annotations:
        yield from domain_key_rules(key.lower(), "spec.unverifiedUserAnnotations")
    size = sum(names.byte_length(key) + names.byte_length(annotations[key]) for key in annotations)
    if size > ANNOTATION_LIMIT:
        yield too_long("spec.unverifiedUserAnnotations", ANNOTATION_LIMIT)
    for name in ("pod", "serviceAccount", "node"):
        value, uid = spec.get(f"{name}Name", ""), spec.get(f"{name}UID", "")
        for message in subdomain_name(value, False):
            yield invalid(f"spec.{name}Name", value, message)
        if not uid:
            yield invalid(f"spec.{name}UID", uid, "must not be empty")
        if names.byte_length(uid) > _UID_LENGTH:
            yield too_long(f"spec.{name}UID", _UID_LENGTH)
    host, seconds = signer.partition("/")[0], spec.get("maxExpirationSeconds")
    if seconds is None:
        yield required("spec.maxExpirationSeconds", "must be set")
        return
    own = host == "kubernetes.io" or host.endswith(".kubernetes.io")
    most = _DAY if own else 91 * _DAY
    if not 3600 <= seconds <= most:
        text = f"must be in the range [3600, {most}]"
        yield invalid("spec.maxExpirationSeconds", seconds, text)
    yield from _key_rules(spec)


def _key_rules(spec: Object) -> Iterator[FieldError]:
    """A public key; v1 knows one of the two forms that the message speaks of."""
    stub = b64decode(spec.get("stubPKCS10Request") or "")
    if stub:
        yield from stub_problem(stub, "spec.stubPKCS10Request")
    else:
        forms = "(stubPKCS10Request) or (pkixPublicKey, proofOfPossession)"
        yield invalid_unshown("spec", f"exactly one of {forms} must be set")


def fixed_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidatePodCertificateRequestUpdate."""
    if op.old is not None and obj["spec"] != op.old["spec"]:
        shown = as_written(obj["spec"], op, "spec")
        yield invalid("spec", internal(shown, _SPEC), IMMUTABLE)


def status_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """StatusStrategy.ValidateUpdate: what is written must be right, then its writer may sign."""
    assert op.old is not None
    new, old = obj.get("status") or {}, op.old.get("status") or {}
    wrong = [*_status_rules(new, old, op)]
    yield from wrong
    signer = op.old["spec"].get("signerName", "")
    if not wrong and new != old and not may(op, "sign", signer):
        text = f'User {quote(op.user.name)} is not permitted to "sign" for signer {quote(signer)}'
        yield forbidden("spec.signerName", text)


def _status_rules(new: Object, old: Object, op: Operation) -> Iterator[FieldError]:
    """ValidatePodCertificateRequestStatusUpdate: one verdict, then nothing more."""
    if wrong := [*_verdict_rules(new.get("conditions") or [])]:
        yield from wrong
        return
    if any(_holds(old, verdict) for verdict in _VERDICTS):
        if new != old:
            text = "immutable after PodCertificateRequest is issued, denied, or failed"
            yield invalid_unshown("status", text)
    elif _holds(new, "Denied") or _holds(new, "Failed"):
        if set(new) != {"conditions"}:
            text = "non-condition status fields must be empty when denying or failing the "
            yield invalid_unshown("status", f"{text}PodCertificateRequest")
    elif _holds(new, "Issued"):
        yield from _chain_rules(new, op)
    elif new != old:
        text = 'status is immutable unless transitioning to "Issued", "Denied", or "Failed"'
        yield invalid_unshown("status", text)


def _verdict_rules(conditions: list[Object]) -> Iterator[FieldError]:
    found = 0
    for number, condition in enumerate(conditions):
        kind, state = condition.get("type", ""), condition.get("status", "")
        path = f"status.conditions.[{number}]"
        if kind not in _VERDICTS:
            yield not_supported(f"{path}.type", kind, _VERDICTS)
            continue
        found += 1
        if found > 1:
            text = 'There may be at most one condition with type "Issued", "Denied", or "Failed"'
            yield invalid(f"{path}.type", kind, text)
        if state != "True":
            yield not_supported(f"{path}.status", state, ("True",))
    yield from condition_list_rules(conditions, "status.conditions")


def _holds(status: Object, kind: str) -> bool:
    return any(
        condition.get("type") == kind and condition.get("status") == "True"
        for condition in status.get("conditions") or ()
    )


def _chain_rules(new: Object, op: Operation) -> Iterator[FieldError]:
    """The issued chain and the times that belong to it."""
    assert op.old is not None
    path, chain = "status.certificateChain", new.get("certificateChain", "")
    if names.byte_length(chain) > _CHAIN_LENGTH:
        yield too_long(path, _CHAIN_LENGTH)
        return
    found = blocks(chain)
    if not found:
        text = "issued certificate chain must contain at least one certificate"
        yield invalid(path, chain, text)
        return
    if found[0].kind != "CERTIFICATE":
        text = "issued certificate chain must consist entirely of CERTIFICATE PEM blocks"
        yield invalid(path, chain, text)
        return
    leaf = load_certificate(found[0].data)
    if leaf is None:
        yield invalid(path, chain, "leaf certificate does not parse as valid X.509")
        return
    if not _issued_to(leaf, op.old["spec"]):
        text = "leaf certificate was not issued to the requested public key"
        yield invalid(path, chain, text)
        return
    yield from _time_rules(new, leaf, op)
    for block in found[1:]:
        if block.kind != "CERTIFICATE":
            text = "issued certificate chain must consist entirely of CERTFICATE PEM blocks"
            yield invalid(path, chain, text)
            return
        if load_certificate(block.data) is None:
            text = "intermediate certificate does not parse as valid X.509"
            yield invalid(path, chain, text)
            return


def _issued_to(leaf: Any, spec: Object) -> bool:
    wanted = public_key(spec)
    return wanted is not None and bool(leaf.public_key() == wanted)


def _time_rules(new: Object, leaf: Any, op: Operation) -> Iterator[FieldError]:
    begin, end = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    consistent = "must be present and consistent with the issued certificate"
    within = "must be present and in the range [notbefore+10min, notafter-10min]"
    missing = [
        required(f"status.{name}", text)
        for name, text in (
            ("notBefore", consistent),
            ("notAfter", consistent),
            ("beginRefreshAt", within),
        )
        if not new.get(name)
    ]
    if missing:
        yield from missing
        return
    before, after, refresh = (
        parse_time(new[name]) for name in ("notBefore", "notAfter", "beginRefreshAt")
    )
    if before != begin:
        text = "must be set to the NotBefore time encoded in the leaf certificate"
        yield invalid("status.notBefore", new["notBefore"], text)
    elif abs(before - op.now.astimezone(UTC)) >= timedelta(minutes=5):
        text = "must be set to within 5 minutes of kube-apiserver's current time"
        yield invalid("status.notBefore", new["notBefore"], text)
    elif after != end:
        text = "must be set to the NotAfter time encoded in the leaf certificate"
        yield invalid("status.notAfter", new["notAfter"], text)
    else:
        yield from _lifetime_rules(end - begin, refresh, before, after, new, op)


def _lifetime_rules(
    lifetime: timedelta,
    refresh: datetime,
    before: datetime,
    after: datetime,
    new: Object,
    op: Operation,
) -> Iterator[FieldError]:
    assert op.old is not None
    most = op.old["spec"].get("maxExpirationSeconds", 0)
    nanoseconds = int(lifetime.total_seconds()) * 10**9
    if lifetime < timedelta(hours=1):
        text = "leaf certificate lifetime must be >= 1 hour"
        yield invalid("status.certificateChain", nanoseconds, text)
    elif lifetime > timedelta(seconds=most):
        text = f"leaf certificate lifetime must be <= spec.maxExpirationSeconds ({most})"
        yield invalid("status.certificateChain", nanoseconds, text)
    elif refresh < before + _REFRESH:
        text = "must be at least 10 minutes after status.notBefore"
        yield invalid("status.beginRefreshAt", new["beginRefreshAt"], text)
    elif refresh > after - _REFRESH:
        text = "must be at least 10 minutes before status.notAfter"
        yield invalid("status.beginRefreshAt", new["beginRefreshAt"], text)


def request_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, PodName, ServiceAccountName, NodeName, SignerName, State, annotations."""
    spec, state = obj["spec"], "Pending"
    for condition in (obj.get("status") or {}).get("conditions") or ():
        if condition.get("type") in _VERDICTS:
            state = condition["type"]
    annotations: Object = spec.get("unverifiedUserAnnotations") or {}
    shown = ",".join(f"{key}={annotations[key]}" for key in sorted(annotations))
    return [
        obj["metadata"].get("name", ""),
        spec.get("podName", ""),
        spec.get("serviceAccountName", ""),
        spec.get("nodeName", ""),
        spec.get("signerName", ""),
        state,
        shown or "<none>",
    ]


KIND = Behaviour(
    group="certificates.k8s.io",
    plural="podcertificaterequests",
    defaults=(default_expiry,),
    name=subdomain_name,
    main=doors.main(rules=(finalizer_names, spec_rules, fixed_rules)),
    status=status(rules=(status_rules,)),
    cells=request_cells,
    selectable={
        "spec.signerName": lambda obj: str(obj["spec"].get("signerName", "")),
        "spec.podName": lambda obj: str(obj["spec"].get("podName", "")),
        "spec.nodeName": lambda obj: str(obj["spec"].get("nodeName", "")),
    },
    selects_namespace=False,
    allow_unconditional_update=False,
)
