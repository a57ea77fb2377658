"""The status that the API server itself gives a CustomResourceDefinition.

Each function computes; the caller stores, in the order names, established, which gives the
conditions upstream's order. Upstream: apiextensions pkg/controller/{status,establish,
nonstructuralschema,apiapproval} and pkg/apihelpers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.causes import invalid
from fakek8s.machinery.printing import quote
from fakek8s.machinery.structural import gourl
from fakek8s.machinery.structural.check_structural import conversion_error, structural_errors

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "accepted_names",
    "approval",
    "approval_condition",
    "established",
    "find_condition",
    "is_protected_group",
    "is_true",
    "non_structural_condition",
    "terminating",
    "with_condition",
    "without_condition",
]

Object = dict[str, Any]

APPROVAL_ANNOTATION: Final = "api-approved.kubernetes.io"
_PULL: Final = "https://github.com/kubernetes/enhancements/pull/1111"
_SCALARS: Final = (
    ("plural", "Plural", False),
    ("singular", "Singular", False),
    ("shortNames", "ShortNames", False),
    ("kind", "Kind", True),
    ("listKind", "ListKind", True),
)


def _condition(kind: str, status: str, reason: str, message: str) -> Object:
    return {"message": message, "reason": reason, "status": status, "type": kind}


def find_condition(crd: Object, kind: str) -> Object | None:
    """A condition of the stored status, by its type."""
    for condition in (crd.get("status") or {}).get("conditions") or ():
        if condition["type"] == kind:
            found: Object = condition
            return found
    return None


def is_true(crd: Object, kind: str) -> bool:
    """Whether a condition is there and true."""
    found = find_condition(crd, kind)
    return found is not None and found["status"] == "True"


def with_condition(conditions: list[Object] | None, new: Object, now: str) -> list[Object]:
    """The conditions with `new` set or added; its transition time moves when its status does.

    now: RFC 3339, whole seconds. Fields come in the order of the wire type.
    """
    made: list[Object] = []
    placed = False
    for old in conditions or ():
        if old["type"] != new["type"]:
            made.append(old)
            continue
        placed = True
        same = old["status"] == new["status"] and old.get("lastTransitionTime")
        made.append(_timed(new, old["lastTransitionTime"] if same else now, old))
    if not placed:
        made.append(_timed(new, now, {}))
    return made


_CONDITION_ORDER: Final = (
    "type",
    "status",
    "lastTransitionTime",
    "reason",
    "message",
    "observedGeneration",
)


def _timed(condition: Object, time: str, old: Object) -> Object:
    values = {**old, **condition, "lastTransitionTime": time}
    return {name: values[name] for name in _CONDITION_ORDER if name in values}


def without_condition(conditions: list[Object] | None, kind: str) -> list[Object]:
    """The conditions without those of one type (RemoveCRDCondition)."""
    return [condition for condition in conditions or () if condition["type"] != kind]


def accepted_names(crd: Object, others: Iterable[Object]) -> tuple[Object, Object, Object] | None:
    """What the naming controller decides: (acceptedNames, NamesAccepted, Established).

    others: all CRDs, of which those of the same group count, this one included. None if there is
    nothing to decide: the names were accepted as they are, or nothing would change.
    """
    spec, status = crd["spec"], crd.get("status") or {}
    wanted, held = spec["names"], status.get("acceptedNames") or {}
    if _same_names(wanted, held):
        return None
    resources, kinds = _claimed(spec["group"], others)
    names = dict(held)
    problem: tuple[str, str] | None = None
    for field, word, is_kind in _SCALARS:
        error = _conflict(field, wanted, held, kinds if is_kind else resources)
        if error:
            problem = (f"{word}Conflict", error)
        elif wanted.get(field):
            names[field] = wanted[field]
        else:
            names.pop(field, None)
    if wanted.get("categories"):
        names["categories"] = wanted["categories"]
    else:
        names.pop("categories", None)
    accepted = (
        _condition("NamesAccepted", "False", *problem)
        if problem
        else _condition("NamesAccepted", "True", "NoConflicts", "no conflicts found")
    )
    before = find_condition(crd, "NamesAccepted")
    if _same_names(names, held) and before is not None and _equivalent(before, accepted):
        return None
    return _ordered(names), accepted, _establishing(crd, accepted)


_NAME_ORDER: Final = ("plural", "singular", "shortNames", "kind", "listKind", "categories")


def _ordered(names: Object) -> Object:
    """In the order of the wire type, which always writes plural and kind."""
    held = {"plural": "", "kind": "", **names}
    return {name: held[name] for name in _NAME_ORDER if name in held}


def _same_names(left: Object, right: Object) -> bool:
    return all((left.get(name) or None) == (right.get(name) or None) for name in _NAME_ORDER)


def _equivalent(left: Object, right: Object) -> bool:
    return all(left.get(name, "") == right[name] for name in ("status", "reason", "message"))


def _claimed(group: str, crds: Iterable[Object]) -> tuple[set[str], set[str]]:
    resources: set[str] = set()
    kinds: set[str] = set()
    for crd in crds:
        if crd["spec"]["group"] == group:
            held = (crd.get("status") or {}).get("acceptedNames") or {}
            resources |= {held.get("plural", ""), held.get("singular", "")}
            resources |= set(held.get("shortNames") or ())
            kinds |= {held.get("kind", ""), held.get("listKind", "")}
    return resources, kinds


def _conflict(field: str, wanted: Object, held: Object, used: set[str]) -> str:
    if field != "shortNames":
        name = wanted.get(field, "")
        taken = name != held.get(field, "") and name in used
        return f"{quote(name)} is already in use" if taken else ""
    own = set(held.get(field) or ())
    errors = [
        f"{quote(name)} is already in use"
        for name in wanted.get(field) or ()
        if name not in own and name in used
    ]
    distinct = list(dict.fromkeys(errors))
    return distinct[0] if len(distinct) == 1 else f"[{', '.join(distinct)}]" if distinct else ""


def _establishing(crd: Object, accepted: Object) -> Object:
    held = find_condition(crd, "Established")
    if held is not None and held["status"] == "True":
        return _plain(held)
    if accepted["status"] == "True":
        reason, message = "Installing", "the initial names have been accepted"
        return _condition("Established", "False", reason, message)
    if held is not None:
        return _plain(held)
    return _condition("Established", "False", "NotAccepted", "not all names are accepted")


def _plain(condition: Object) -> Object:
    return _condition(
        condition["type"],
        condition["status"],
        condition.get("reason", ""),
        condition.get("message", ""),
    )


def established(crd: Object, *, valid_bundle: bool = True) -> Object | None:
    """The Established condition once the names are accepted, None if nothing changes.

    valid_bundle: the conversion webhook's caBundle can be read (check_conversion.bundle_error).
    """
    if not is_true(crd, "NamesAccepted") or is_true(crd, "Established"):
        return None
    if not valid_bundle:
        message = "The conversion webhook CABundle is invalid"
        return _condition("Established", "False", "InvalidCABundle", message)
    message = "the initial names have been accepted"
    return _condition("Established", "True", "InitialNamesAccepted", message)


_TERMINATING: Final = {
    "pending": (
        "True",
        "InstanceDeletionPending",
        "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
    ),
    "deleting": ("True", "InstanceDeletionInProgress", "CustomResource deletion is in progress"),
    "done": ("False", "InstanceDeletionCompleted", "removed all instances"),
    "unused": ("False", "NeverEstablished", "resource was never established"),
    "overlapping": (
        "False",
        "OverlappingBuiltInResource",
        "instances overlap with built-in resources in storage",
    ),
}


def terminating(phase: str) -> Object:
    """The Terminating condition: "pending" on DELETE, then "deleting", then how it ended: "done",
    "unused" (never established) or "overlapping" (with a built-in resource).
    """
    return _condition("Terminating", *_TERMINATING[phase])


def non_structural_condition(crd: Object) -> Object | None:
    """The NonStructuralSchema condition, None if all schemas are structural."""
    spec = crd["spec"]
    errors = []
    if spec.get("preserveUnknownFields"):
        errors.append(invalid("spec.preserveUnknownFields", True, "must be false").text)
    for number, version in enumerate(spec.get("versions") or ()):
        schema = (version.get("schema") or {}).get("openAPIV3Schema")
        if schema is None:
            continue
        if problem := conversion_error(schema):
            message = f"failed to check validation schema for version {version['name']}: {problem}"
            return _condition("NonStructuralSchema", "Unknown", "StructuralError", message)
        path = f"spec.versions[{number}].schema.openAPIV3Schema"
        errors += [error.text for error in structural_errors(schema, path)]
    if not errors:
        return None
    distinct = list(dict.fromkeys(errors))
    message = distinct[0] if len(distinct) == 1 else f"[{', '.join(distinct)}]"
    return _condition("NonStructuralSchema", "True", "Violations", message)


def is_protected_group(group: str) -> bool:
    """Whether the group is of the Kubernetes community (IsProtectedCommunityGroup)."""
    return any(group == root or group.endswith(f".{root}") for root in ("k8s.io", "kubernetes.io"))


def approval(annotations: Object | None) -> tuple[str, str]:
    """(state, reason): "missing", "bypassed", "approved" or "invalid" (GetAPIApprovalState)."""
    value: str = (annotations or {}).get(APPROVAL_ANNOTATION, "")
    needed = f'protected groups must have approval annotation "{APPROVAL_ANNOTATION}"'
    if not value:
        return "missing", f"{needed}, see {_PULL}"
    if value.startswith("unapproved"):
        return "bypassed", f"not approved: {quote(value)}"
    try:
        url = gourl.parse_request(value)
    except gourl.URLError:
        url = gourl.URL()
    if url.host and url.scheme:
        return "approved", f"approved in {value}"
    return (
        "invalid",
        f'{needed} with either a URL or a reason starting with "unapproved", see {_PULL}',
    )


_APPROVALS: Final = {
    "invalid": ("False", "InvalidAnnotation"),
    "missing": ("False", "MissingAnnotation"),
    "approved": ("True", "ApprovedAnnotation"),
    "bypassed": ("False", "UnapprovedAnnotation"),
}


def approval_condition(crd: Object) -> Object | None:
    """The KubernetesAPIApprovalPolicyConformant condition, None outside protected groups."""
    if not is_protected_group(crd["spec"]["group"]):
        return None
    state, reason = approval(crd["metadata"].get("annotations"))
    return _condition("KubernetesAPIApprovalPolicyConformant", *_APPROVALS[state], reason)
