"""StorageClasses: how volumes are made that are asked for.

Upstream: pkg/registry/storage/storageclass, pkg/apis/storage/validation ValidateStorageClass,
pkg/apis/storage/v1 SetDefaults_StorageClass, pkg/printers/internalversion printStorageClass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.shared import cells
from fakek8s.kinds.shared.declarative import (
    IMMUTABLE_FIELD,
    REQUIRED,
    covered,
    declaratively,
    field,
    fields,
    same,
)
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.kinds.shared.podtemplate.selectors import label_key_rules
from fakek8s.kinds.shared.podtemplate.warnings import NODE_LABELS
from fakek8s.kinds.storage.names import parameter_rules, provisioner_rules
from fakek8s.machinery.causes import duplicate, invalid, not_supported, required
from fakek8s.machinery.meta import IMMUTABLE
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_RECLAIM_POLICIES = ("Delete", "Retain")
_BINDING_MODES = ("Immediate", "WaitForFirstConsumer")
_FIXED = ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode")


def default_class(obj: Object) -> None:
    """SetDefaults_StorageClass."""
    for name, value in (("reclaimPolicy", "Delete"), ("volumeBindingMode", "Immediate")):
        if obj.get(name) is None:
            obj[name] = value


def class_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateStorageClass."""
    yield from provisioner_rules(obj.get("provisioner", ""), "provisioner")
    yield from parameter_rules(obj.get("parameters"), "parameters")
    policy, mode = obj.get("reclaimPolicy"), obj.get("volumeBindingMode")
    if policy and policy not in _RECLAIM_POLICIES:
        yield not_supported("reclaimPolicy", policy, _RECLAIM_POLICIES)
    if mode is None:
        yield required("volumeBindingMode")
    elif mode not in _BINDING_MODES:
        yield not_supported("volumeBindingMode", mode, _BINDING_MODES)
    yield from _topology_rules(obj.get("allowedTopologies") or [], "allowedTopologies")


def _topology_rules(terms: list[Object], path: str) -> Iterator[FieldError]:
    """validateAllowedTopologies; its list of known terms starts with as many empty ones."""
    known: list[dict[str, frozenset[str]]] = [{} for _ in terms]
    for number, term in enumerate(terms):
        where = f"{path}[{number}].matchLabelExpressions"
        found: dict[str, frozenset[str]] = {}
        for place, requirement in enumerate(term.get("matchLabelExpressions") or ()):
            at = f"{where}[{place}]"
            yield from _requirement_rules(requirement, at)
            key = requirement.get("key", "")
            if key in found:
                yield duplicate(f"{at}.key", key)
            found[key] = frozenset(requirement.get("values") or ())
        for other in known:
            if found == other:
                yield duplicate(where, "")
        known.append(found)


def _requirement_rules(requirement: Object, path: str) -> Iterator[FieldError]:
    """validateTopologySelectorLabelRequirement."""
    values = requirement.get("values") or []
    if not values:
        yield required(f"{path}.values")
    for number, value in enumerate(values):
        if value in values[:number]:
            yield duplicate(f"{path}.values[{number}]", value)
    yield from label_key_rules(requirement.get("key", ""), f"{path}.key")


def fixed_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateStorageClassUpdate."""
    for name in _FIXED if op.old is not None else ():
        assert op.old is not None
        if not same(obj.get(name), op.old.get(name)):
            yield covered(invalid(name, obj.get(name), IMMUTABLE), "immutable")


def warnings(obj: Object, op: Operation) -> Iterator[str]:
    """GetWarningsForStorageClass."""
    for number, term in enumerate(obj.get("allowedTopologies") or ()):
        for place, requirement in enumerate(term.get("matchLabelExpressions") or ()):
            if text := NODE_LABELS.get(requirement.get("key", "")):
                where = f"allowedTopologies[{number}].matchLabelExpressions[{place}].key"
                yield f"{where}: {text}"


#: Validate_StorageClass.
DECLARED = fields(
    field("provisioner", REQUIRED, IMMUTABLE_FIELD),
    field("parameters", IMMUTABLE_FIELD),
    field("reclaimPolicy", IMMUTABLE_FIELD),
    field("volumeBindingMode", IMMUTABLE_FIELD),
)

KIND = Behaviour(
    group="storage.k8s.io",
    plural="storageclasses",
    defaults=(default_class,),
    name=subdomain_name,
    main=Strategy(
        rules=(declaratively(finalizer_names, class_rules, fixed_rules, node=DECLARED),),
        warnings=(warnings,),
    ),
    cells=cells.row(
        lambda obj: obj.get("provisioner", ""),
        lambda obj: obj.get("reclaimPolicy", "Delete"),
        lambda obj: obj.get("volumeBindingMode", "Immediate"),
        lambda obj: obj.get("allowVolumeExpansion") or False,
    ),
    returns_deleted=True,
)
