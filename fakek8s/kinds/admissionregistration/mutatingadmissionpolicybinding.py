"""MutatingAdmissionPolicyBindings: where a mutating policy holds.

Upstream: pkg/registry/admissionregistration/mutatingadmissionpolicybinding,
pkg/apis/admissionregistration/validation validateMutatingAdmissionPolicyBindingSpec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.admissionregistration import matching
from fakek8s.kinds.admissionregistration.policies import (
    binding_cells,
    default_binding,
    param_rules,
    policy_name_rules,
)
from fakek8s.kinds.admissionregistration.rights import authorized, param_ref_rights
from fakek8s.kinds.shared.metadata import first_generation
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]


def spec_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """validateMutatingAdmissionPolicyBindingSpec."""
    spec = obj["spec"]
    match, path = spec.get("matchResources"), "spec.matchResources"
    yield from policy_name_rules(spec)
    yield from param_rules(spec.get("paramRef"), "spec.paramRef")
    yield from matching.match_rules(match, path)
    yield from matching.mutating_operation_rules(match, path)


_RIGHTS = param_ref_rights(f"mutatingadmissionpolicies.{matching.GROUP}", swapped=True)

KIND = Behaviour(
    group=matching.GROUP,
    plural="mutatingadmissionpolicybindings",
    defaults=(default_binding,),
    name=subdomain_name,
    generation=True,
    main=Strategy(
        prepare=(first_generation,),
        rules=(authorized(spec_rules, _RIGHTS), matching.static_name_rules),
        warnings=(matching.static_name_warnings,),
    ),
    cells=binding_cells,
    allow_unconditional_update=False,
)
