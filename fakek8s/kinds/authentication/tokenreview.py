"""TokenReviews: whose token is this?

Upstream: pkg/registry/authentication/tokenreview.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.kind import Behaviour

if TYPE_CHECKING:
    from fakek8s.kind import Engine, Operation

Object = dict[str, Any]


async def review(body: Object, op: Operation, engine: Engine) -> tuple[int, Object]:
    """Answers at once; raises APIError 400."""
    spec = body.get("spec") or {}
    token = spec.get("token", "")
    if not token:
        raise errors.bad_request("token is required for TokenReview in authentication")
    find = op.settings.get("review_token")
    if find is None:
        raise errors.not_implemented("tokenreviews without review_token")
    found = find(token, spec.get("audiences") or ())
    # What the body claims stays where the answer says nothing.
    status: Object = {"user": {}, **(body.get("status") or {}), "authenticated": False}
    if found.user is not None:
        audiences = list(found.audiences)
        status |= {"authenticated": True, "user": found.user.info(), "audiences": audiences}
    elif found.error:
        status["error"] = found.error
    metadata = body.setdefault("metadata", {})
    metadata.pop("namespace", None)
    return 201, op.kind.shape.canonical({**body, "status": status})


KIND = Behaviour(group="authentication.k8s.io", plural="tokenreviews", virtual=review)
