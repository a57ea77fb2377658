"""ValidatingAdmissionPolicyBindings: where a policy holds, and what follows from it.

Upstream: pkg/registry/admissionregistration/validatingadmissionpolicybinding,
pkg/apis/admissionregistration/validation validateValidatingAdmissionPolicyBindingSpec.
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
from fakek8s.kinds.shared.declarative import (
    REQUIRED,
    all_covered,
    covered,
    declaratively,
    field,
    fields,
)
from fakek8s.kinds.shared.metadata import first_generation
from fakek8s.machinery.causes import duplicate, invalid, not_supported, required
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_ACTIONS = ("Audit", "Deny", "Warn")
_REPEATED = (
    "must not contain both Deny and Warn (repeating the same validation failure information in "
    "the API response and headers serves no purpose)"
)


def spec_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """validateValidatingAdmissionPolicyBindingSpec."""
    spec = obj["spec"]
    yield from all_covered(policy_name_rules(spec))
    yield from param_rules(spec.get("paramRef"), "spec.paramRef")
    yield from matching.match_rules(spec.get("matchResources"), "spec.matchResources")
    yield from _action_rules(spec.get("validationActions") or [], "spec.validationActions")


def _action_rules(actions: list[str], path: str) -> Iterator[FieldError]:
    """validateValidationActions."""
    for number, action in enumerate(actions):
        if action not in _ACTIONS:
            yield not_supported(f"{path}[{number}]", action, _ACTIONS)
        if action in actions[:number]:
            yield duplicate(f"{path}[{number}]", action)
    if {"Deny", "Warn"} <= set(actions):
        yield invalid(path, actions, _REPEATED)
    if not actions:
        yield covered(required(path, "at least one validation action is required"))


#: Validate_ValidatingAdmissionPolicyBinding.
DECLARED = field(
    "spec", fields(field("policyName", REQUIRED), field("validationActions", REQUIRED))
)

KIND = Behaviour(
    group=matching.GROUP,
    plural="validatingadmissionpolicybindings",
    defaults=(default_binding,),
    name=subdomain_name,
    generation=True,
    main=Strategy(
        prepare=(first_generation,),
        rules=(
            authorized(
                declaratively(spec_rules, matching.static_name_rules, node=DECLARED),
                param_ref_rights(f"validatingadmissionpolicies.{matching.GROUP}"),
            ),
        ),
        warnings=(matching.static_name_warnings,),
    ),
    cells=binding_cells,
    allow_unconditional_update=False,
)
