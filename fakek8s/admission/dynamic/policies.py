"""What validating and mutating policies share: hooks, matching, parameters, failures.

A policy acts through its bindings; without one it does nothing.
Upstream: apiserver pkg/admission/plugin/policy/generic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.admission.dynamic.attributes import GVK, GVR, Attributes, Versioned
from fakek8s.admission.dynamic.expressions import Conditions
from fakek8s.admission.dynamic.matching import Match, Selectors, find, namespace_of
from fakek8s.machinery.cel.policies import Compiler, Needs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Object = dict[str, Any]

#: Policies don't judge what policies are made of, lest nobody could take one away.
EXEMPT = frozenset(
    (
        "validatingadmissionpolicies.admissionregistration.k8s.io",
        "validatingadmissionpolicybindings.admissionregistration.k8s.io",
        "mutatingadmissionpolicies.admissionregistration.k8s.io",
        "mutatingadmissionpolicybindings.admissionregistration.k8s.io",
    )
)


class MatchResources:
    """A policy's matchConstraints, or a binding's matchResources."""

    __slots__ = ("_selectors", "_source")

    def __init__(self, source: Object) -> None:
        self._source = source
        self._selectors = Selectors(source)

    def match(self, attributes: Attributes) -> Match | None:
        """How a write matches, None if it doesn't; raises APIError (Matcher.Matches)."""
        source = self._source
        matches, problem = self._selectors.match(attributes, attributes.object)
        if not matches:
            return None
        policy = source.get("matchPolicy")
        if find(source.get("excludeResourceRules"), attributes, policy) is not None:
            return None
        rules = source.get("resourceRules")
        found = (
            find(rules, attributes, policy)
            if rules
            else Match(attributes.resource, attributes.kind, attributes.op.kind)
        )
        if found is not None and problem is not None:
            raise problem
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One binding: where its policy holds."""

    name: str
    spec: Object
    resources: MatchResources | None

    def matches(self, attributes: Attributes) -> bool:
        """Raises APIError."""
        return self.resources is None or self.resources.match(attributes) is not None


class Policy:
    """One policy, compiled, with its bindings by name."""

    def __init__(self, obj: Object, bindings: Iterable[Object]) -> None:
        spec = obj["spec"]
        self.name: str = obj["metadata"]["name"]
        self.spec: Object = spec
        self.fails = spec.get("failurePolicy", "Fail") != "Ignore"
        self.constraints = MatchResources(spec.get("matchConstraints") or {})
        self.bindings = [
            Binding(
                name=binding["metadata"]["name"],
                spec=binding["spec"],
                resources=None
                if binding["spec"].get("matchResources") is None
                else MatchResources(binding["spec"]["matchResources"]),
            )
            for binding in bindings
        ]
        self.compiler = Compiler(composed=True)
        self.needs = Needs(params=spec.get("paramKind") is not None, authorizer=True)
        for variable in spec.get("variables") or ():
            self.compiler.add_variable(
                variable["name"], variable["expression"], self.needs, stored=True
            )
        self.conditions = Conditions(
            spec.get("matchConditions") or (), self.compiler, self.needs, fails=self.fails
        )


def by_policy(
    policies: Iterable[Object], bindings: Iterable[Object]
) -> Iterator[tuple[Object, list[Object]]]:
    """Each policy that has bindings, with those."""
    known: dict[str, list[Object]] = {}
    for binding in bindings:
        known.setdefault(binding["spec"].get("policyName", ""), []).append(binding)
    for policy in policies:
        found = known.get(policy["metadata"]["name"])
        if found:
            yield policy, found


class Versions:
    """A write in the versions that policies ask for, each made once."""

    __slots__ = ("_attributes", "_known")

    def __init__(self, attributes: Attributes) -> None:
        self._attributes = attributes
        self._known: dict[GVK, Versioned] = {}

    def at(self, match: Match) -> Versioned:
        """Raises APIError."""
        found = self._known.get(match.kind)
        if found is None:
            found = Versioned(self._attributes, match.kind, match.record)
            self._known[match.kind] = found
        return found


def own_namespace(attributes: Attributes) -> Object | None:
    """The namespace of the write, None outside of one and for namespaces themselves.

    Raises APIError 404.
    """
    if not attributes.namespace or attributes.kind == ("", "v1", "Namespace"):
        return None
    return namespace_of(attributes, attributes.namespace)


def text_of(error: Exception) -> str:
    """What an error says."""
    return error.message if isinstance(error, errors.APIError) else str(error)


__all__ = [
    "EXEMPT", "GVR", "Binding", "MatchResources", "Policy", "Versions", "by_policy",
    "own_namespace", "text_of",
]  # fmt: skip
