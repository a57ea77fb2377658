"""CertificateSigningRequests: somebody asks for a certificate, somebody approves, a signer signs.

Upstream: pkg/registry/certificates/certificates, pkg/apis/certificates/validation
ValidateCertificateSigningRequest*, pkg/printers/internalversion printCertificateSigningRequest.
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.certificates.pem import certificate_problem, request_problem
from fakek8s.kinds.shared import cells, doors
from fakek8s.kinds.shared.declarative import Marked, covered, declaratively, field
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.kinds.shared.podtemplate.projected import signer_name_rules
from fakek8s.machinery.causes import (
    FieldError,
    duplicate,
    forbidden,
    invalid,
    not_supported,
    required,
)
from fakek8s.machinery.clone import clone
from fakek8s.machinery.timestamps import format_time, human_duration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation, Rule

Object = dict[str, Any]

APPROVED, DENIED, FAILED = "Approved", "Denied", "Failed"
LEGACY_SIGNER = "kubernetes.io/legacy-unknown"
_LEAST_SECONDS = 600
USAGES = (
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
)


def prepare(obj: Object, op: Operation) -> None:
    """Who asks is the server's to say; nothing of it changes later."""
    if op.old is not None:
        obj["spec"], obj["status"] = op.old["spec"], op.old.get("status", {})
        return
    spec = obj["spec"]
    for name in ("username", "uid", "groups", "extra"):
        spec.pop(name, None)
    spec.update(op.user.info())
    obj["status"] = {}


def prepare_status(obj: Object, op: Operation) -> None:
    """The status door keeps what approvers said."""
    for kind in (APPROVED, DENIED):
        _preserve(obj, op, kind)
    _fill_times(obj, op)


def prepare_approval(obj: Object, op: Operation) -> None:
    """The approval door writes conditions only."""
    assert op.old is not None
    _fill_times(obj, op)
    status = dict(op.old.get("status") or {})
    status.pop("conditions", None)
    if conditions := _conditions(obj):
        status["conditions"] = conditions
    obj["status"] = status


def _conditions(obj: Object) -> list[Object]:
    return (obj.get("status") or {}).get("conditions") or []


def _preserve(obj: Object, op: Operation, kind: str) -> None:
    """preserveConditionInstances: as many as before means the same ones."""
    assert op.old is not None
    before = [each for each in _conditions(op.old) if each.get("type") == kind]
    conditions = _conditions(obj)
    places = [n for n, each in enumerate(conditions) if each.get("type") == kind]
    if len(before) == len(places):
        for place, condition in zip(places, before, strict=True):
            conditions[place] = clone(condition)


def _fill_times(obj: Object, op: Operation) -> None:
    """populateConditionTimestamps."""
    assert op.old is not None
    now = format_time(op.now)
    for condition in _conditions(obj):
        if not condition.get("lastUpdateTime"):
            condition["lastUpdateTime"] = now
        if not condition.get("lastTransitionTime"):
            condition["lastTransitionTime"] = _transition(condition, op.old) or now


def _transition(condition: Object, old: Object) -> str:
    for before in _conditions(old):
        same = all(before.get(name) == condition.get(name) for name in ("type", "status"))
        if same and before.get("lastTransitionTime"):
            return str(before["lastTransitionTime"])
    return ""


def spec_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """The spec part of validateCertificateSigningRequest; old faults are let pass."""
    spec, old = obj["spec"], None if op.old is None else op.old["spec"]
    request = spec.get("request") or ""
    if problem := request_problem(b64decode(request).decode("utf-8", "replace")):
        yield invalid("spec.request", spec.get("request"), problem)
    usages, before = spec.get("usages") or [], (old or {}).get("usages") or []
    if not usages:
        yield required("spec.usages")
    if set(before) <= set(USAGES):
        for number, usage in enumerate(usages):
            if usage not in USAGES:
                yield not_supported(f"spec.usages[{number}]", usage, USAGES)
    if len(set(before)) == len(before):
        for number, usage in enumerate(usages):
            if usage in usages[:number]:
                yield duplicate(f"spec.usages[{number}]", usage)
    signer = spec.get("signerName", "")
    if signer == LEGACY_SIGNER and (old is None or old.get("signerName") != LEGACY_SIGNER):
        text = "the legacy signerName is not allowed via this API version"
        yield invalid("spec.signerName", signer, text)
    else:
        yield from signer_name_rules(signer, "spec.signerName")
    seconds = spec.get("expirationSeconds")
    if seconds is not None and seconds < _LEAST_SECONDS:
        text = "may not specify a duration less than 600 seconds (10 minutes)"
        yield invalid("spec.expirationSeconds", seconds, text)


def condition_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """validateConditions."""
    before = [] if op.old is None else [each.get("type", "") for each in _conditions(op.old)]
    both = {APPROVED, DENIED} <= set(before)
    repeated = len(set(before)) < len(before)
    seen: set[str] = set()
    for number, condition in enumerate(_conditions(obj)):
        path, kind = f"status.conditions[{number}]", condition.get("type", "")
        status = condition.get("status", "")
        if not kind and "" not in before:
            yield required(f"{path}.type")
        allowed = ("True",) if kind in (APPROVED, DENIED, FAILED) else ("False", "True", "Unknown")
        if not status:
            yield required(f"{path}.status")
        elif status not in allowed:
            yield not_supported(f"{path}.status", status, allowed)
        other = {APPROVED: DENIED, DENIED: APPROVED}.get(kind)
        if not both and other in seen:
            text = "Approved and Denied conditions are mutually exclusive"
            yield covered(invalid("status.conditions", kind, text), "zeroOrOneOf")
        if kind in seen and not repeated:
            yield duplicate(f"{path}.type", kind)
        seen.add(kind)


def certificate_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """The certificate, if this write brings it."""
    new, old = _certificate(obj), None if op.old is None else _certificate(op.old)
    if new == old or (old is not None and _certificate_problem(old)):
        return
    if problem := _certificate_problem(new):
        yield invalid("status.certificate", "<certificate data>", problem)


def _certificate(obj: Object) -> str:
    return (obj.get("status") or {}).get("certificate") or ""


def _certificate_problem(certificate: str) -> str:
    return certificate_problem(b64decode(certificate).decode("utf-8", "replace"))


def update_rules(*, approval: bool = False, signing: bool = False) -> Rule:
    """validateCertificateSigningRequestUpdate for one of the doors."""

    def rule(obj: Object, op: Operation) -> Iterator[FieldError]:
        if op.old is None:
            return
        path = "status.conditions"
        changes = [
            (kind, _count(obj, kind) - _count(op.old, kind)) for kind in (APPROVED, DENIED, FAILED)
        ]
        for kind, more in changes:
            if more < 0:
                yield forbidden(path, f'updates may not remove a condition of type "{kind}"')
        for kind, more in changes:
            if more > 0 and kind != FAILED and not approval:
                yield forbidden(path, f'updates may not add a condition of type "{kind}"')
        new, old = _certificate(obj), _certificate(op.old)
        if new != old:
            path = "status.certificate"
            if not signing:
                yield forbidden(path, "updates may not set certificate content")
            elif old:
                yield forbidden(path, "updates may not modify existing certificate content")

    return rule


def _count(obj: Object, kind: str) -> int:
    return sum(condition.get("type") == kind for condition in _conditions(obj))


def _one_verdict(
    new: list[Object], old: list[Object] | None, path: str, update: bool
) -> Iterator[FieldError]:
    """ZeroOrOneOfUnion of the Approved and the Denied condition."""
    names = [f'conditions[{{"type": "{kind}"}}]' for kind in (APPROVED, DENIED)]
    given = [_has(new, kind) for kind in (APPROVED, DENIED)]
    if update and old is not None and given == [_has(old, kind) for kind in (APPROVED, DENIED)]:
        return
    if all(given):
        text = "must specify at most one of: " + ", ".join(f"`{name}`" for name in names)
        error = invalid(path, "{" + ", ".join(names) + "}", text)
        yield Marked(error.reason, error.field, error.body, "zeroOrOneOf")


def _has(conditions: list[Object] | None, kind: str) -> bool:
    return any(condition.get("type") == kind for condition in conditions or ())


#: Validate_CertificateSigningRequest.
DECLARED = field("status", field("conditions", _one_verdict))


def _rules(*, approval: bool = False, signing: bool = False) -> tuple[Rule, ...]:
    return (
        declaratively(
            finalizer_names,
            spec_rules,
            condition_rules,
            certificate_rules,
            update_rules(approval=approval, signing=signing),
            node=DECLARED,
        ),
    )


def request_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, Age, SignerName, Requestor, RequestedDuration, Condition."""
    spec, seconds = obj["spec"], obj["spec"].get("expirationSeconds")
    return [
        obj["metadata"].get("name", ""),
        cells.age(obj, now),
        spec.get("signerName") or cells.NONE,
        spec.get("username", ""),
        cells.NONE if seconds is None else human_duration(seconds),
        _state(obj),
    ]


def _state(obj: Object) -> str:
    """extractCSRStatus."""
    conditions = _conditions(obj)
    state = "Denied" if _has(conditions, DENIED) else "Pending"
    if state == "Pending" and _has(conditions, APPROVED):
        state = "Approved"
    if _has(conditions, FAILED):
        state += ",Failed"
    return f"{state},Issued" if _certificate(obj) else state


KIND = Behaviour(
    group="certificates.k8s.io",
    plural="certificatesigningrequests",
    main=Strategy(prepare=(prepare,), rules=_rules(), resets=("spec", "status")),
    status=Strategy(
        prepare=(doors.keeping("spec"), prepare_status),
        rules=_rules(signing=True),
        resets=("spec", "status.conditions"),
    ),
    subresources={
        "approval": Strategy(
            prepare=(doors.keeping("spec"), prepare_approval),
            rules=_rules(approval=True),
            resets=("spec", "status.certificate"),
        )
    },
    cells=request_cells,
    selectable={"spec.signerName": lambda obj: str(obj["spec"].get("signerName", ""))},
)
