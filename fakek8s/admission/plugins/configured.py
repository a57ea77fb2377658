"""Webhooks and policies: admission that objects of the cluster configure.

One watches its objects, compiles them when they have changed, and asks them. While there are none
nothing of it is loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.admission.engine import registry_of
from fakek8s.admission.plugin import Plugin

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fakek8s.admission.caller import Caller
    from fakek8s.kind import Operation
    from fakek8s.store.signal import Signal

Object = dict[str, Any]

_GROUP = "admissionregistration.k8s.io"
_ALL = frozenset({"create", "update", "delete", "connect"})
#: Reviews, which decide about rights, are not to depend on others' judgement.
_VIRTUAL = frozenset(
    (
        "selfsubjectreviews.authentication.k8s.io",
        "tokenreviews.authentication.k8s.io",
        "localsubjectaccessreviews.authorization.k8s.io",
        "selfsubjectaccessreviews.authorization.k8s.io",
        "selfsubjectrulesreviews.authorization.k8s.io",
        "subjectaccessreviews.authorization.k8s.io",
    )
)


class Configured:
    """The compiled objects of one plugin in one cluster, current with the store."""

    __slots__ = ("_hooks", "_load", "_resources", "_seen")

    def __init__(self, plurals: tuple[str, ...], load: Callable[[Operation], list[Any]]) -> None:
        """`plurals`: of the objects; `load` compiles what there is of them."""
        self._resources = tuple(f"{plural}.{_GROUP}" for plural in plurals)
        self._load = load
        #: What tells of changes, each with the revision up to which they are known.
        self._seen: tuple[tuple[Signal, int], ...] = ()
        self._hooks: list[Any] = []

    def hooks(self, op: Operation) -> list[Any]:
        """What is to be asked about a write, [] for nothing."""
        for signal, revision in self._seen:
            if signal.revision != revision:
                break
        else:
            if self._seen:
                return self._hooks
        signals = map(registry_of(op).store.signal, self._resources)
        self._seen = tuple((signal, signal.revision) for signal in signals)
        self._hooks = self._load(op) if op.reader.list(self._resources[0]) else []
        return self._hooks


def _validating_policies() -> Plugin:
    def load(op: Operation) -> list[Any]:
        from fakek8s.admission.dynamic.validatingpolicies import load

        return load(op.reader)

    known = Configured(("validatingadmissionpolicies", "validatingadmissionpolicybindings"), load)

    def validate(obj: Object | None, op: Operation) -> None:
        if hooks := known.hooks(op):
            from fakek8s.admission.dynamic.policies import EXEMPT
            from fakek8s.admission.dynamic.validatingpolicies import validate

            if op.kind.resource not in EXEMPT and op.kind.resource not in _VIRTUAL:
                validate(hooks, obj, op)

    return Plugin(
        name="ValidatingAdmissionPolicy", subresources=None, verbs=_ALL, validate=validate
    )


def _mutating_policies() -> Plugin:
    def load(op: Operation) -> list[Any]:
        from fakek8s.admission.dynamic.mutatingpolicies import load

        return load(op.reader)

    known = Configured(("mutatingadmissionpolicies", "mutatingadmissionpolicybindings"), load)

    def mutate(obj: Object | None, op: Operation) -> None:
        if hooks := known.hooks(op):
            from fakek8s.admission.dynamic.mutatingpolicies import mutate
            from fakek8s.admission.dynamic.policies import EXEMPT

            if op.kind.resource not in EXEMPT and op.kind.resource not in _VIRTUAL:
                mutate(hooks, obj, op)

    return Plugin(
        name="MutatingAdmissionPolicy", subresources=None, verbs=_ALL - {"delete"}, mutate=mutate
    )


def _load_webhooks(plural: str) -> Callable[[Operation], list[Any]]:
    def load(op: Operation) -> list[Any]:
        from fakek8s.admission.dynamic.webhooks import load

        return list(load(op.reader.list(f"{plural}.{_GROUP}")))

    return load


def _caller(op: Operation) -> Caller:
    """What calls webhooks: the cluster's own way, or the network."""
    given: Caller | None = op.settings.get("webhook_caller")
    if given is not None:
        return given
    from fakek8s.admission.webhook import call

    return call


def _validating_webhooks() -> Plugin:
    plural = "validatingwebhookconfigurations"
    known = Configured((plural,), _load_webhooks(plural))

    def validate(obj: Object | None, op: Operation) -> Awaitable[None] | None:
        if hooks := known.hooks(op):
            from fakek8s.admission.dynamic.validatingwebhooks import validate
            from fakek8s.admission.dynamic.webhooks import EXEMPT

            if op.kind.resource not in EXEMPT and op.kind.resource not in _VIRTUAL:
                return validate(hooks, obj, op, _caller(op))
        return None

    return Plugin(
        name="ValidatingAdmissionWebhook", subresources=None, verbs=_ALL, validate=validate
    )


def _mutating_webhooks() -> Plugin:
    plural = "mutatingwebhookconfigurations"
    known = Configured((plural,), _load_webhooks(plural))

    def mutate(obj: Object | None, op: Operation) -> Awaitable[None] | None:
        if hooks := known.hooks(op):
            from fakek8s.admission.dynamic.mutatingwebhooks import mutate
            from fakek8s.admission.dynamic.webhooks import EXEMPT

            if op.kind.resource not in EXEMPT and op.kind.resource not in _VIRTUAL:
                return mutate(hooks, obj, op, _caller(op))
        return None

    return Plugin(name="MutatingAdmissionWebhook", subresources=None, verbs=_ALL, mutate=mutate)


MUTATING_POLICY = Plugin(name="MutatingAdmissionPolicy", of_cluster=_mutating_policies)
MUTATING_WEBHOOK = Plugin(name="MutatingAdmissionWebhook", of_cluster=_mutating_webhooks)
VALIDATING_POLICY = Plugin(name="ValidatingAdmissionPolicy", of_cluster=_validating_policies)
VALIDATING_WEBHOOK = Plugin(name="ValidatingAdmissionWebhook", of_cluster=_validating_webhooks)
