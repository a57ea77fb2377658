"""ValidatingAdmissionPolicy: expressions that refuse a write, or warn of it.

Upstream: apiserver pkg/admission/plugin/policy/validating (dispatcher.go, validator.go).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.admission.dynamic.attributes import Attributes, Versioned
from fakek8s.admission.dynamic.expressions import ConditionError, Write, namespace_object
from fakek8s.admission.dynamic.params import ParamError, collect, param_kind
from fakek8s.admission.dynamic.policies import (
    Policy,
    Versions,
    by_policy,
    own_namespace,
    text_of,
)
from fakek8s.admission.engine import registry_of
from fakek8s.machinery.cel import RUNTIME_COST_BUDGET
from fakek8s.machinery.cel.activation import Activation, Failure, OutOfBudget
from fakek8s.machinery.cel.policies import ANNOTATION, CONDITION, MESSAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.admission.dynamic.matching import Match
    from fakek8s.admission.dynamic.policies import Binding
    from fakek8s.kind import Operation, Reader

Object = dict[str, Any]

POLICIES = "validatingadmissionpolicies.admissionregistration.k8s.io"
BINDINGS = "validatingadmissionpolicybindings.admissionregistration.k8s.io"

_LONGEST_MESSAGE = 5 * 1024
_CODES = {"Forbidden": 403, "Unauthorized": 401, "RequestEntityTooLarge": 413}


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """Why one binding of one policy is against a write. reason: of the Status, "" for Invalid.

    acted: what the binding says is done with it; configuration errors are always denied.
    """

    message: str
    reason: str = ""
    acted: bool = True


class ValidatingPolicy(Policy):
    """One policy, compiled."""

    def __init__(self, obj: Object, bindings: list[Object]) -> None:
        super().__init__(obj, bindings)
        compile_ = self.compiler.compile
        self.validations: list[Object] = self.spec.get("validations") or []
        self._expressions = [
            compile_(v["expression"], CONDITION, self.needs, stored=True) for v in self.validations
        ]
        plain = self.needs._replace(authorizer=False)
        self._messages = [
            compile_(v["messageExpression"], MESSAGE, plain, stored=True)
            if v.get("messageExpression")
            else None
            for v in self.validations
        ]
        self._annotations = [
            compile_(a["valueExpression"], ANNOTATION, self.needs, stored=True)
            for a in self.spec.get("auditAnnotations") or ()
        ]

    def denials(
        self,
        write: Write,
        versioned: Versioned,
        match: Match,
        params: Object | None,
        namespace: Object | None,
    ) -> Iterator[Denial]:
        """What is against the write (validator.Validate)."""
        try:
            if not self.conditions.match(write, versioned, params):
                return
        except ConditionError as error:
            yield from self._failed(str(error))
            return
        inputs = write.inputs(versioned, match.resource, params=params, namespace=namespace)
        try:
            values, left = self._evaluate(Activation(inputs, self.compiler.variables))
        except OutOfBudget as error:
            yield from self._failed(str(error))
            return
        messages, problem = self._evaluate_messages(
            Activation(
                write.inputs(
                    versioned, match.resource, params=params, namespace=namespace, authorizer=False
                ),
                self.compiler.variables,
            ),
            left,
        )
        for number, value in enumerate(values):
            if isinstance(value, Failure):
                yield from self._failed(value.text)
            elif problem:
                yield from self._failed(f"failed messageExpression: {problem}")
            elif value is not True:
                validation = self.validations[number]
                message = _message(messages[number], validation)
                yield Denial(message=message, reason=validation.get("reason") or "Invalid")
        yield from self._annotate(Activation(inputs, self.compiler.variables))

    def _failed(self, message: str) -> Iterator[Denial]:
        if self.fails:
            yield Denial(message=message)

    def _evaluate(self, activation: Activation) -> tuple[list[Any], int]:
        budget, values = RUNTIME_COST_BUDGET, []
        for compiled in self._expressions:
            value, budget = activation.evaluate(compiled, budget)
            values.append(value)
        return values, budget

    def _evaluate_messages(self, activation: Activation, budget: int) -> tuple[list[Any], str]:
        """(each validation's message, None for none; why no message can be had)."""
        found: list[Any] = []
        for compiled in self._messages:
            value = None
            if compiled is not None:
                try:
                    value, budget = activation.evaluate(compiled, budget)
                except OutOfBudget as error:
                    return found, str(error)
            found.append(value)
        return found, ""

    def _annotate(self, activation: Activation) -> Iterator[Denial]:
        """Audit annotations go nowhere, as there is no audit log; their errors deny."""
        budget = RUNTIME_COST_BUDGET
        for compiled in self._annotations:
            try:
                value, budget = activation.evaluate(compiled, budget)
            except OutOfBudget as error:
                yield from self._failed(str(error))
                return
            if isinstance(value, Failure) and self.fails:
                yield Denial(message=value.text, acted=False)


def _message(evaluated: Any, validation: Object) -> str:
    text = evaluated.strip() if isinstance(evaluated, str) else ""
    if len(text.encode()) > _LONGEST_MESSAGE or "\n" in text:
        text = ""
    text = text or (validation.get("message") or "").strip()
    return text or f"failed expression: {validation['expression'].strip()}"


def load(reader: Reader) -> list[ValidatingPolicy]:
    """All policies with bindings, by name."""
    return [
        ValidatingPolicy(policy, bindings)
        for policy, bindings in by_policy(reader.list(POLICIES), reader.list(BINDINGS))
    ]


def validate(policies: list[ValidatingPolicy], obj: Object | None, op: Operation) -> None:
    """Raises APIError for what a policy denies; warns of what it only warns of."""
    attributes = Attributes(obj, op, final=True)
    denied: list[tuple[str, str, Denial]] = []
    write, versions = Write(attributes), Versions(attributes)
    for policy in policies:
        for binding, denial in _judge(policy, write, versions):
            name = "" if binding is None else binding.name
            if binding is None or not denial.acted:
                denied.append((policy.name, name, denial))
                continue
            actions = binding.spec.get("validationActions") or ()
            if "Deny" in actions:
                denied.append((policy.name, name, denial))
            if "Warn" in actions:
                op.warn(
                    f"Validation failed for ValidatingAdmissionPolicy '{policy.name}' with binding "
                    f"'{name}': {denial.message}"
                )
    if denied:
        raise _refusal(attributes, *denied[0])


def _judge(
    policy: ValidatingPolicy, write: Write, versions: Versions
) -> Iterator[tuple[Binding | None, Denial]]:
    """Each denial with its binding, None for those of the policy as such."""
    attributes = write.attributes
    registry = registry_of(attributes.op)

    def misconfigured(error: Exception, binding: Binding | None) -> Iterator[Any]:
        if policy.fails:
            what = "policy" if binding is None else "binding"
            message = f"failed to configure {what}: {text_of(error)}"
            yield binding, Denial(message=message, acted=False)

    try:
        match = policy.constraints.match(attributes)
        if match is None:
            return
        kind = param_kind(registry, policy.spec.get("paramKind"))
    except (errors.APIError, ParamError) as error:
        yield from misconfigured(error, None)
        return
    for binding in policy.bindings:
        try:
            if not binding.matches(attributes):
                continue
            found = collect(registry, kind, binding.spec.get("paramRef"), attributes.namespace)
        except (errors.APIError, ParamError) as error:
            yield from misconfigured(error, binding)
            continue
        if not found:
            continue
        try:
            versioned = versions.at(match)
        except errors.APIError as error:
            wrapped = ParamError(f"failed to convert object version: {error.message}")
            yield from misconfigured(wrapped, binding)
            continue
        namespace = namespace_object(own_namespace(attributes))
        for params in found:
            for denial in policy.denials(write, versioned, match, params, namespace):
                yield binding, denial


def _refusal(attributes: Attributes, policy: str, binding: str, denial: Denial) -> errors.APIError:
    with_binding = f" with binding '{binding}'" if binding else ""
    message = f"ValidatingAdmissionPolicy '{policy}'{with_binding} denied request: {denial.message}"
    error = attributes.forbidden(message)
    error.reason = denial.reason or "Invalid"
    error.code = _CODES.get(error.reason, 422)
    assert error.details is not None
    error.details["causes"] = [{"message": message}]
    return error
