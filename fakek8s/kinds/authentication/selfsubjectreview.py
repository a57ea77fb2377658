"""SelfSubjectReviews: who am I?

Upstream: pkg/registry/authentication/selfsubjectreview.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour
from fakek8s.machinery.timestamps import format_time

if TYPE_CHECKING:
    from fakek8s.kind import Engine, Operation

Object = dict[str, Any]


async def review(body: Object, op: Operation, engine: Engine) -> tuple[int, Object]:
    """Answers at once; nothing of what was sent comes back."""
    answer = {
        "kind": op.kind.kind,
        "apiVersion": op.kind.api_version,
        "metadata": {"creationTimestamp": format_time(op.now)},
        "status": {"userInfo": op.user.info()},
    }
    return 201, op.kind.shape.canonical(answer)


KIND = Behaviour(group="authentication.k8s.io", plural="selfsubjectreviews", virtual=review)
