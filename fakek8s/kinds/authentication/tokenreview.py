"""TokenReviews: whose token is this?

Upstream: pkg/registry/authentication/tokenreview.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.kind import Behaviour
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from fakek8s.auth.user import User
    from fakek8s.kind import Engine, Operation

Object = dict[str, Any]

#: Whom the server's own tokens are for (--api-audiences).
AUDIENCE = "https://kubernetes.default.svc"
_INVALID = "invalid bearer token"
_SERVICE_ACCOUNT = "system:serviceaccount:"


async def review(body: Object, op: Operation, engine: Engine) -> tuple[int, Object]:
    """Answers at once; raises APIError 400."""
    spec = body.get("spec") or {}
    token = spec.get("token", "")
    if not token:
        raise errors.bad_request("token is required for TokenReview in authentication")
    find = op.settings.get("review_token")
    if find is None:
        raise errors.not_implemented("tokenreviews without review_token")
    user: User | None = find(token)
    audiences = spec.get("audiences") or [AUDIENCE]
    status: Object = {"user": {}}
    if user is None:
        status["error"] = _INVALID
    elif AUDIENCE not in audiences:
        status["error"] = _elsewhere(user, audiences)
    else:
        status = {"authenticated": True, "user": user.info(), "audiences": [AUDIENCE]}
    metadata = body.setdefault("metadata", {})
    metadata.pop("namespace", None)
    return 201, op.kind.shape.canonical({**body, "status": status})


def _elsewhere(user: User, audiences: list[str]) -> str:
    """The error for a good token that is not for those who ask; static tokens name nobody."""
    if not user.name.startswith(_SERVICE_ACCOUNT):
        return _INVALID
    wanted = " ".join(map(quote, audiences))
    return (
        f"[{_INVALID}, token audiences [{quote(AUDIENCE)}] is invalid "
        f"for the target audiences [{wanted}]]"
    )


KIND = Behaviour(group="authentication.k8s.io", plural="tokenreviews", virtual=review)
