"""MutatingAdmissionPolicy: expressions that change what is written.

Upstream: apiserver pkg/admission/plugin/policy/mutating (dispatcher.go) and
policy/generic/policy_dispatcher.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from fakek8s import errors
from fakek8s.admission.dynamic.attributes import Attributes, Versioned
from fakek8s.admission.dynamic.expressions import ConditionError, Write, namespace_object
from fakek8s.admission.dynamic.params import ParamError, collect, param_kind
from fakek8s.admission.dynamic.patches import Patcher, PatchError
from fakek8s.admission.dynamic.policies import (
    Policy,
    Versions,
    by_policy,
    own_namespace,
    text_of,
)
from fakek8s.admission.engine import registry_of
from fakek8s.admission.rounds import rounds_of
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from fakek8s.admission.dynamic.matching import Match
    from fakek8s.admission.dynamic.policies import Binding
    from fakek8s.admission.rounds import Asked, Rounds
    from fakek8s.kind import Operation, Reader

Object = dict[str, Any]

NAME = "MutatingAdmissionPolicy"
POLICIES = "mutatingadmissionpolicies.admissionregistration.k8s.io"
BINDINGS = "mutatingadmissionpolicybindings.admissionregistration.k8s.io"


class MutatingPolicy(Policy):
    """One policy, compiled."""

    def __init__(self, obj: Object, bindings: list[Object]) -> None:
        super().__init__(obj, bindings)
        needs = self.needs._replace(patches=True)
        self.patchers = [
            Patcher(mutation, self.compiler, needs) for mutation in self.spec.get("mutations") or ()
        ]
        self.again = self.spec.get("reinvocationPolicy") == "IfNeeded"


class Invocation(NamedTuple):
    """One binding of one policy with one parameter that is about a write."""

    policy: MutatingPolicy
    binding: Binding
    match: Match
    params: Object | None

    @property
    def key(self) -> tuple[str, ...]:
        metadata = (self.params or {}).get("metadata") or {}
        param = (metadata.get("namespace", ""), metadata.get("name", ""))
        return (self.policy.name, self.binding.name, *param)


@dataclass(frozen=True, slots=True)
class PolicyError:
    """What went wrong with a policy, or with one of its bindings."""

    policy: MutatingPolicy
    binding: Binding | None
    message: str
    reason: str = ""

    @property
    def text(self) -> str:
        if self.binding is None:
            return f"policy {quote(self.policy.name)} denied request: {self.message}"
        return (
            f"policy '{self.policy.name}' with binding '{self.binding.name}' denied request: "
            f"{self.message}"
        )


def load(reader: Reader) -> list[MutatingPolicy]:
    """All policies with bindings, by name."""
    return [
        MutatingPolicy(policy, bindings)
        for policy, bindings in by_policy(reader.list(POLICIES), reader.list(BINDINGS))
    ]


def mutate(policies: list[MutatingPolicy], obj: Object | None, op: Operation) -> None:
    """Changes the object in place; raises APIError for what fails."""
    attributes = Attributes(obj, op, final=False)
    versions = Versions(attributes)
    found: list[PolicyError] = []
    invocations = [
        each for policy in policies for each in _invocations(policy, attributes, versions, found)
    ]
    if invocations:
        rounds = rounds_of(op)
        asked = rounds.asked(NAME)
        asked.begin(rounds, attributes.object)
        try:
            found += _dispatch(invocations, Write(attributes), versions, rounds, asked)
        finally:
            asked.end(attributes.object)
    failures = [error for error in found if error.policy.fails]
    if failures:
        raise _refusal(attributes, failures)


def _invocations(
    policy: MutatingPolicy, attributes: Attributes, versions: Versions, found: list[PolicyError]
) -> list[Invocation]:
    registry = registry_of(attributes.op)
    try:
        match = policy.constraints.match(attributes)
        if match is None:
            return []
        kind = param_kind(registry, policy.spec.get("paramKind"))
    except (errors.APIError, ParamError) as error:
        found.append(PolicyError(policy, None, f"failed to configure policy: {text_of(error)}"))
        return []
    invocations = []
    for binding in policy.bindings:
        try:
            if not binding.matches(attributes):
                continue
            versions.at(match)
            reference = binding.spec.get("paramRef")
            params = collect(registry, kind, reference, attributes.namespace)
        except (errors.APIError, ParamError) as error:
            message = f"failed to configure binding: {text_of(error)}"
            found.append(PolicyError(policy, binding, message))
            continue
        invocations += [Invocation(policy, binding, match, each) for each in params]
    return invocations


def _dispatch(
    invocations: list[Invocation],
    write: Write,
    versions: Versions,
    rounds: Rounds,
    asked: Asked,
) -> list[PolicyError]:
    found: list[PolicyError] = []
    namespace = namespace_object(own_namespace(write.attributes))
    last: Versioned | None = None
    for invocation in invocations:
        policy, binding, match, params = invocation
        versioned = versions.at(match)
        try:
            if not policy.conditions.match(write, versioned, params):
                continue
        except ConditionError as error:
            found.append(PolicyError(policy, binding, str(error), "Invalid"))
            continue
        if rounds.second and not asked.is_wanted(invocation.key):
            continue
        before = versioned.object
        for patcher in policy.patchers:
            last = versioned
            if versioned.object is None:
                continue
            inputs = write.inputs(versioned, match.resource, params=params, namespace=namespace)
            try:
                versioned.update(patcher.patch(versioned, inputs))
            except PatchError as error:
                found.append(PolicyError(policy, binding, str(error), "Invalid"))
        if versioned.object != before:
            asked.changed()
            rounds.again = True
        if policy.again:
            asked.willing(invocation.key)
    if last is not None and last.object is not None and last.dirty:
        asked.changed()
        rounds.again = True
        last.carry_back()
    return found


def _refusal(attributes: Attributes, found: list[PolicyError]) -> errors.APIError:
    error = attributes.forbidden("admission request denied by policy")
    error.message = found[0].text
    error.reason = found[0].reason or error.reason
    assert error.details is not None
    error.details["causes"] = [{"message": each.text} for each in found]
    return error
