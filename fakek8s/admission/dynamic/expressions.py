"""Expressions of webhooks and policies on one write: inputs, match conditions.

Upstream: apiserver pkg/admission/plugin/cel/condition.go, webhook/matchconditions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.admission.dynamic.authority import authorizer_of, request_resource
from fakek8s.admission.plugin import together
from fakek8s.machinery.cel.activation import MATCH_BUDGET, Activation, Failure, Inputs, OutOfBudget
from fakek8s.machinery.cel.policies import CONDITION, Compiler, Needs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakek8s.admission.dynamic.attributes import GVR, Attributes, Versioned
    from fakek8s.machinery.cel.authorizer import Authorizer

Object = dict[str, Any]

_NAMESPACE_METADATA = (
    "name", "generateName", "uid", "resourceVersion", "generation", "creationTimestamp",
    "deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "finalizers",
)  # fmt: skip


class ConditionError(Exception):
    """The conditions could not be judged; the message is upstream's."""


def request_of(versioned: Versioned, resource: GVR) -> Object:
    """The variable `request` (CreateAdmissionRequest); `resource` as it was asked for."""
    attributes = versioned.attributes
    own, kind = attributes.resource, versioned.kind
    found: Object = {
        "uid": "",
        "kind": kind._asdict(),
        "resource": resource._asdict(),
        "subResource": attributes.subresource,
        "requestKind": attributes.kind._asdict(),
        "requestResource": own._asdict(),
        "requestSubResource": attributes.subresource,
        "name": attributes.name,
        "namespace": attributes.namespace,
        "operation": attributes.operation,
        "userInfo": attributes.user.info(),
        "dryRun": attributes.op.dry_run,
        "options": attributes.options or None,
    }
    for name in ("subResource", "requestSubResource", "name", "namespace"):
        if not found[name]:
            del found[name]
    return found


def namespace_object(namespace: Object | None) -> Object | None:
    """The variable `namespaceObject` (CreateNamespaceObject)."""
    if namespace is None:
        return None
    metadata = namespace["metadata"]
    return {
        "metadata": {name: metadata[name] for name in _NAMESPACE_METADATA if name in metadata},
        "spec": namespace.get("spec") or {},
        "status": namespace.get("status") or {},
    }


class Write:
    """What is made once for one write: the authorizer with its answers."""

    __slots__ = ("_authorizer", "attributes")

    def __init__(self, attributes: Attributes) -> None:
        self.attributes = attributes
        self._authorizer: Authorizer | None = None

    def inputs(
        self,
        versioned: Versioned,
        resource: GVR,
        *,
        params: Object | None = None,
        namespace: Object | None = None,
        authorizer: bool = True,
    ) -> Inputs:
        """The inputs of expressions; without `authorizer` they can't ask about rights."""
        if self._authorizer is None:
            self._authorizer = authorizer_of(self.attributes)
        return Inputs(
            object=versioned.object,
            old=versioned.old,
            request=request_of(versioned, resource),
            namespace=namespace,
            params=params,
            authorizer=self._authorizer if authorizer else None,
            request_resource=request_resource(self.attributes, self._authorizer)
            if authorizer
            else None,
        )


class Conditions:
    """The match conditions of a webhook or a policy, compiled."""

    __slots__ = ("_compiled", "_compiler", "_fails")

    def __init__(
        self, conditions: Sequence[Object], compiler: Compiler, needs: Needs, *, fails: bool
    ) -> None:
        """`fails`: errors refuse the write (failurePolicy Fail)."""
        self._compiler = compiler
        self._fails = fails
        self._compiled = [
            compiler.compile(c.get("expression", ""), CONDITION, needs, stored=True)
            for c in conditions
        ]

    def match(self, write: Write, versioned: Versioned, params: Object | None = None) -> bool:
        """Whether all conditions hold. Raises ConditionError."""
        if not self._compiled:
            return True
        inputs = write.inputs(versioned, write.attributes.resource, params=params)
        activation, budget = Activation(inputs, self._compiler.variables), MATCH_BUDGET
        problems: list[str] = []
        verdicts: list[Any] = []
        for compiled in self._compiled:
            try:
                value, budget = activation.evaluate(compiled, budget)
            except OutOfBudget as error:
                return self._failed([str(error)])
            verdicts.append(value)
        for value in verdicts:
            if isinstance(value, Failure):
                problems.append(value.text)
            elif value is False:
                return False
        return self._failed(problems) if problems else True

    def _failed(self, problems: list[str]) -> bool:
        if self._fails:
            raise ConditionError(together(problems))
        return False
