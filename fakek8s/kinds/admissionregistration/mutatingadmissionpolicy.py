"""MutatingAdmissionPolicies: expressions that change what is written.

Upstream: pkg/registry/admissionregistration/mutatingadmissionpolicy,
pkg/apis/admissionregistration/validation validateMutatingAdmissionPolicySpec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.admissionregistration import matching
from fakek8s.kinds.admissionregistration.expressions import texts
from fakek8s.kinds.admissionregistration.policies import (
    default_policy,
    expressions_of,
    policy_cells,
    policy_rules,
)
from fakek8s.kinds.admissionregistration.rights import authorized, param_kind_rights
from fakek8s.kinds.shared.metadata import first_generation
from fakek8s.machinery.causes import invalid, not_supported, required
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.kinds.admissionregistration.expressions import Expressions
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_TEXT = "expression"
#: Patch type -> the field that holds it.
_PATCHES = {"ApplyConfiguration": "applyConfiguration", "JSONPatch": "jsonPatch"}


def spec_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """validateMutatingAdmissionPolicySpec."""
    expressions = expressions_of(obj["spec"], composed=True)
    yield from policy_rules(obj, op, expressions, mutating=True)
    mutations = obj["spec"].get("mutations") or []
    before = [] if op.old is None else op.old["spec"].get("mutations") or []
    # Upstream asks for both kinds of patches among those that apply configurations.
    stored = texts((m["applyConfiguration"] for m in before if "applyConfiguration" in m), _TEXT)
    if not mutations:
        yield required("spec.mutations", "mutations must contain at least one item")
    for number, mutation in enumerate(mutations):
        yield from _mutation_rules(mutation, expressions, stored, f"spec.mutations[{number}]")
    policy = obj["spec"].get("reinvocationPolicy", "")
    if not policy:
        yield required("spec.reinvocationPolicy")
    elif policy not in matching.REINVOCATION_POLICIES:
        choices = matching.REINVOCATION_POLICIES
        yield not_supported("spec.reinvocationPolicy", policy, choices)


def _mutation_rules(
    mutation: Object, expressions: Expressions, stored: frozenset[str], path: str
) -> Iterator[FieldError]:
    """validateMutation."""
    kind = mutation.get("patchType", "")
    if not kind:
        yield required(f"{path}.patchType")
        return
    if kind not in _PATCHES:
        yield not_supported(f"{path}.patchType", kind, tuple(_PATCHES))
        return
    field = _PATCHES[kind]
    patch = mutation.get(field)
    if patch is None:
        yield required(f"{path}.{field}", f"must be specified when patchType is {kind}")
    elif not patch.get(_TEXT, "").strip():
        yield required(f"{path}.{field}.expression")
    else:
        yield from expressions.mutation(
            patch[_TEXT],
            f"{path}.{field}.expression",
            json_patch=kind == "JSONPatch",
            stored=patch[_TEXT] in stored,
        )
    for other in _PATCHES.values():
        if other != field and mutation.get(other) is not None:
            text = f"must not be specified when patchType is {kind}"
            yield invalid(f"{path}.{other}", f"{{{other}}}", text)


KIND = Behaviour(
    group=matching.GROUP,
    plural="mutatingadmissionpolicies",
    defaults=(default_policy,),
    name=subdomain_name,
    generation=True,
    main=Strategy(
        prepare=(first_generation,),
        rules=(authorized(spec_rules, param_kind_rights), matching.static_name_rules),
        warnings=(matching.static_name_warnings,),
    ),
    cells=policy_cells("mutations"),
    allow_unconditional_update=False,
)
