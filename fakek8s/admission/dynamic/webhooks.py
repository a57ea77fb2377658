"""Webhooks: which are asked about a write, how they are called, what their failures mean.

Upstream: apiserver pkg/admission/plugin/webhook (generic/webhook.go and the dispatchers),
pkg/util/webhook/client.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from fakek8s import errors
from fakek8s.admission.caller import CallError
from fakek8s.admission.dynamic import replies, review
from fakek8s.admission.dynamic.expressions import ConditionError, Conditions
from fakek8s.admission.dynamic.matching import Selectors, find
from fakek8s.admission.dynamic.posting import post
from fakek8s.machinery.cel.policies import Compiler, Needs
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fakek8s.admission.caller import Caller, Reply
    from fakek8s.admission.dynamic.attributes import Attributes, Versioned
    from fakek8s.admission.dynamic.expressions import Write
    from fakek8s.admission.dynamic.matching import Match
    from fakek8s.admission.dynamic.review import Verdict

Object = dict[str, Any]

#: Webhooks aren't asked about what says which are asked.
EXEMPT = frozenset(
    f"{plural}.admissionregistration.k8s.io"
    for plural in (
        "validatingwebhookconfigurations",
        "mutatingwebhookconfigurations",
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings",
    )
)
_DRY = ("None", "NoneOnDryRun")
_NEEDS = Needs(authorizer=True)
_BAD = 400


class WebhookFailure(Exception):
    """A webhook could not be called or answered nonsense: failurePolicy says what that means."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"failed calling webhook {quote(name)}: {why}")


class Webhook:
    """One webhook of one configuration. key: tells it from all others."""

    def __init__(self, source: Object, key: str) -> None:
        self.key = key
        self.name: str = source["name"]
        self.fails = source.get("failurePolicy", "Fail") != "Ignore"
        self.again = source.get("reinvocationPolicy") == "IfNeeded"
        self._source = source
        self._selectors = Selectors(source)
        self._conditions: Conditions | None = None

    def match(
        self,
        write: Write,
        obj: Object | None,
        versioned: Callable[[Match], Versioned],
    ) -> Match | None:
        """How a write matches, None if it doesn't (ShouldCallHook). `obj`: as it is now.

        Raises APIError.
        """
        attributes, source = write.attributes, self._source
        matches, problem = self._selectors.match(attributes, obj)
        if not matches:
            return None
        found = find(source.get("rules"), attributes, source.get("matchPolicy"))
        if found is None:
            return None
        if problem is not None:
            raise problem
        conditions = source.get("matchConditions")
        if conditions:
            if self._conditions is None:
                compiler = Compiler(composed=False)
                self._conditions = Conditions(conditions, compiler, _NEEDS, fails=self.fails)
            try:
                if not self._conditions.match(write, versioned(found)):
                    return None
            except ConditionError as error:
                resource = attributes.resource
                raise errors.forbidden(
                    resource.resource, resource.group, attributes.name, str(error)
                ) from None
        return found

    async def ask(
        self, versioned: Versioned, match: Match, caller: Caller, *, mutating: bool
    ) -> Verdict:
        """Calls the webhook. Raises WebhookFailure, and APIError if dry runs are not for it."""
        op, source = versioned.attributes.op, self._source
        if op.dry_run and source.get("sideEffects") not in _DRY:
            raise errors.bad_request(
                f"admission webhook {quote(self.name)} does not support dry run"
            )
        versions = source.get("admissionReviewVersions") or ()
        version = next((v for v in versions if v in review.VERSIONS), "")
        if not version:
            raise WebhookFailure(
                self.name,
                "could not create admission objects: webhook does not accept known "
                "AdmissionReview versions (v1, v1beta1)",
            )
        uid = op.ids.uid()
        body = orjson.dumps(review.request(version, uid, versioned, match))
        try:
            reply = await self._post(versioned.attributes, body, caller)
            answer = replies.read(reply, version)
        except (CallError, replies.ReplyError) as error:
            raise WebhookFailure(self.name, f"failed to call webhook: {error}") from None
        try:
            verdict = review.verdict(answer, version, uid, mutating=mutating)
        except review.ReviewError as error:
            text = f"received invalid webhook response: {error}"
            raise WebhookFailure(self.name, text) from None
        for text in verdict.warnings:
            op.warn(text)
        return verdict

    async def _post(self, attributes: Attributes, body: bytes, caller: Caller) -> Reply:
        config = self._source.get("clientConfig") or {}
        seconds = self._source.get("timeoutSeconds") or 10
        return await post(config, body, seconds, attributes.op.reader, caller)


def load(configurations: Iterable[Object]) -> list[Webhook]:
    """All webhooks of all configurations, by the configurations' names."""
    found = []
    for configuration in configurations:
        name, seen = configuration["metadata"]["name"], dict[str, int]()
        for source in configuration.get("webhooks") or ():
            number = seen.get(source["name"], 0)
            seen[source["name"]] = number + 1
            found.append(Webhook(source, f"{name}/{source['name']}/{number}"))
    return found


def rejection(name: str, status: Object | None) -> errors.APIError:
    """What a webhook that does not allow a write makes of it (ToStatusErr)."""
    status = status or {}
    denied = f"admission webhook {quote(name)} denied the request"
    message, reason = status.get("message"), status.get("reason")
    if message:
        text = f"{denied}: {message}"
    elif reason:
        text = f"{denied}: {reason}"
    else:
        text = f"{denied} without explanation"
    code = status.get("code") or 0
    error = errors.APIError(
        code if code >= _BAD else _BAD, reason or "", text, status.get("details")
    )
    error.metadata = status.get("metadata") or {}
    return error
