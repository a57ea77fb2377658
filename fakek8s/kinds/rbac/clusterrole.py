"""ClusterRoles: what may be done in the whole cluster, or what the roles they gather allow.

Upstream: pkg/registry/rbac/clusterrole, pkg/apis/rbac/validation ValidateClusterRole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.rbac.escalation import guard_role
from fakek8s.kinds.rbac.rights import (
    DECLARED_ROLE,
    GROUP,
    no_empty_rules,
    role_rules,
    segment_name,
)
from fakek8s.kinds.shared.declarative import declaratively
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.kinds.shared.podtemplate import label_selector_rules
from fakek8s.machinery.causes import invalid, required
from fakek8s.machinery.labels import SelectorError, from_label_selector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_PATH = "aggregationRule.clusterRoleSelectors"


def aggregation_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """The aggregationRule part of ValidateClusterRole."""
    rule = obj.get("aggregationRule")
    if rule is None:
        return
    selectors = rule.get("clusterRoleSelectors") or ()
    if not selectors:
        text = "at least one clusterRoleSelector required if aggregationRule is non-nil"
        yield required(_PATH, text)
    lenient = op.old is not None and any(_wrong(each) for each in _selectors(op.old))
    for number, selector in enumerate(selectors):
        path = f"{_PATH}[{number}]"
        yield from label_selector_rules(selector, path, any_value=lenient)
        try:
            from_label_selector(selector)
        except SelectorError:
            yield invalid(path, None, "invalid label selector.")


def _selectors(obj: Object) -> list[Object]:
    return (obj.get("aggregationRule") or {}).get("clusterRoleSelectors") or []


def _wrong(selector: Object) -> bool:
    return any(label_selector_rules(selector, ""))


KIND = Behaviour(
    group=GROUP,
    plural="clusterroles",
    name=segment_name,
    main=Strategy(
        guard=guard_role,
        prepare=(no_empty_rules,),
        rules=(
            declaratively(
                finalizer_names,
                role_rules(namespaced=False),
                aggregation_rules,
                node=DECLARED_ROLE,
            ),
        ),
    ),
    allow_create_on_update=True,
)
