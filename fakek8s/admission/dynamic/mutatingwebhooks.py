"""MutatingAdmissionWebhook: one after the other, each sees what the one before it changed.

Upstream: apiserver pkg/admission/plugin/webhook/mutating/dispatcher.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.admission.dynamic.attributes import Attributes, Versioned, WrongType
from fakek8s.admission.dynamic.expressions import Write
from fakek8s.admission.dynamic.webhooks import WebhookFailure, rejection
from fakek8s.admission.rounds import rounds_of
from fakek8s.machinery import jsonpatch
from fakek8s.machinery.printing import quote
from fakek8s.machinery.wire.decode import DecodeError
from fakek8s.machinery.wire.jsontext import parse

if TYPE_CHECKING:
    from fakek8s.admission.caller import Caller
    from fakek8s.admission.dynamic.matching import Match
    from fakek8s.admission.dynamic.review import Verdict
    from fakek8s.admission.dynamic.webhooks import Webhook
    from fakek8s.kind import Operation

Object = dict[str, Any]

NAME = "MutatingAdmissionWebhook"
CONFIGURATIONS = "mutatingwebhookconfigurations.admissionregistration.k8s.io"


async def mutate(
    webhooks: list[Webhook], obj: Object | None, op: Operation, caller: Caller
) -> None:
    """Changes the object in place; raises APIError if a webhook refuses or fails."""
    attributes = Attributes(obj, op, final=False)
    rounds = rounds_of(op)
    asked = rounds.asked(NAME)
    asked.begin(rounds, attributes.object)
    write, current = Write(attributes), _Current(attributes)
    try:
        for webhook in webhooks:
            match = webhook.match(write, current.object, current.at)
            if match is None or (rounds.second and not asked.is_wanted(webhook.key)):
                continue
            versioned = current.at(match)
            before = versioned.object
            failure = None
            try:
                await _ask(webhook, match, versioned, caller)
            except WebhookFailure as error:
                failure = error
            finally:
                if versioned.object != before:
                    asked.changed()
                    rounds.again = True
                if webhook.again:
                    asked.willing(webhook.key)
            if failure is not None and webhook.fails:
                raise errors.internal(str(failure))
        if current.versioned is not None and current.versioned.dirty:
            current.versioned.carry_back()
    finally:
        asked.end(attributes.object)


class _Current:
    """The write in the version that the last webhook asked for."""

    __slots__ = ("_attributes", "versioned")

    def __init__(self, attributes: Attributes) -> None:
        self._attributes = attributes
        self.versioned: Versioned | None = None

    @property
    def object(self) -> Object | None:
        """The object as it is now."""
        return self._attributes.object if self.versioned is None else self.versioned.object

    def at(self, match: Match) -> Versioned:
        """Raises APIError."""
        if self.versioned is None:
            self.versioned = Versioned(self._attributes, match.kind, match.record)
        else:
            self.versioned.convert(match.kind, match.record)
        return self.versioned


async def _ask(webhook: Webhook, match: Match, versioned: Versioned, caller: Caller) -> None:
    """callAttrMutatingHook. Raises WebhookFailure, APIError."""
    verdict = await webhook.ask(versioned, match, caller, mutating=True)
    if not verdict.allowed:
        raise rejection(webhook.name, verdict.status)
    if not verdict.patch:
        return
    operations = _operations(webhook, verdict)
    if not operations:
        return
    if versioned.object is None:
        raise errors.internal(
            f"admission webhook {quote(webhook.name)} attempted to modify the object, which is "
            "not supported for this operation"
        )
    if verdict.patch_type != "JSONPatch":
        raise WebhookFailure(webhook.name, f"unsupported patch type {quote(verdict.patch_type)}")
    try:
        changed, _ = versioned.decode(jsonpatch.apply(versioned.object, operations))
    except (jsonpatch.JSONPatchError, DecodeError) as error:
        raise errors.internal(str(error)) from None
    except WrongType as error:
        raise errors.plain(500, str(error)) from None
    versioned.update(changed)


def _operations(webhook: Webhook, verdict: Verdict) -> list[Any]:
    try:
        return list(jsonpatch.decode(parse(verdict.patch), validate=False))
    except ValueError as error:
        text = f"received undecodable patch in webhook response: {error}"
        raise WebhookFailure(webhook.name, text) from None
