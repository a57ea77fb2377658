"""Conversion webhooks over the way that admission webhooks are called by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.admission.caller import CallError
from fakek8s.registry.conversion import PostError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fakek8s.kind import Reader
    from fakek8s.registry.conversion import Post

Object = dict[str, Any]

#: How long one may take (client-go's time-out for webhooks without one of their own).
_SECONDS = 30
#: What Go calls the type of the answer.
_REVIEW = "v1.ConversionReview"


def posting(reader: Reader, settings: Mapping[str, Any]) -> Post:
    """`registry.conversion.Post` by the cluster's own way of calling webhooks
    (`settings["webhook_caller"]`) or over the network; services are found by `reader`."""

    async def send(config: Object, body: bytes, /) -> Any:
        from fakek8s.admission.dynamic.posting import post
        from fakek8s.admission.dynamic.replies import ReplyError, read_any
        from fakek8s.admission.webhook import call

        caller = settings.get("webhook_caller") or call
        try:
            reply = await post(config, body, _SECONDS, reader, caller)
            _, _, found = read_any(reply, _REVIEW)
        except (CallError, ReplyError) as error:
            raise PostError(str(error)) from None
        return found

    return send
