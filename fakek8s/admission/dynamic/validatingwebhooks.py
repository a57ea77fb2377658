"""ValidatingAdmissionWebhook: all that are asked are asked at once.

Upstream: apiserver pkg/admission/plugin/webhook/validating/dispatcher.go.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.admission.dynamic.attributes import Attributes
from fakek8s.admission.dynamic.expressions import Write
from fakek8s.admission.dynamic.policies import Versions
from fakek8s.admission.dynamic.webhooks import WebhookFailure, rejection

if TYPE_CHECKING:
    from fakek8s.admission.caller import Caller
    from fakek8s.admission.dynamic.attributes import Versioned
    from fakek8s.admission.dynamic.matching import Match
    from fakek8s.admission.dynamic.webhooks import Webhook
    from fakek8s.kind import Operation

Object = dict[str, Any]

CONFIGURATIONS = "validatingwebhookconfigurations.admissionregistration.k8s.io"


async def validate(
    webhooks: list[Webhook], obj: Object | None, op: Operation, caller: Caller
) -> None:
    """Raises APIError if one of the webhooks is against the write."""
    attributes = Attributes(obj, op, final=True)
    write, versions = Write(attributes), Versions(attributes)
    asked: list[tuple[Webhook, Match, Versioned]] = []
    for webhook in webhooks:
        match = webhook.match(write, attributes.object, versions.at)
        if match is not None:
            asked.append((webhook, match, versions.at(match)))
    if not asked:
        return
    found = await asyncio.gather(*(_ask(*each, caller) for each in asked), return_exceptions=True)
    for problem in found:
        if isinstance(problem, BaseException):
            raise problem


async def _ask(webhook: Webhook, match: Match, versioned: Versioned, caller: Caller) -> None:
    try:
        verdict = await webhook.ask(versioned, match, caller, mutating=False)
    except WebhookFailure as failure:
        if webhook.fails:
            raise errors.internal(str(failure)) from None
        return
    if not verdict.allowed:
        raise rejection(webhook.name, verdict.status)
