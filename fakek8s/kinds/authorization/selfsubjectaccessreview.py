"""SelfSubjectAccessReviews: may I do something?

Upstream: pkg/registry/authorization/selfsubjectaccessreview.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour
from fakek8s.kinds.authorization import access

if TYPE_CHECKING:
    from fakek8s.kind import Engine, Operation

Object = dict[str, Any]


async def review(body: Object, op: Operation, engine: Engine) -> tuple[int, Object]:
    """Answers at once; raises APIError 422."""
    metadata, spec = body.setdefault("metadata", {}), body.get("spec") or {}
    metadata.pop("namespace", None)
    found = [*access.question_rules(spec), *access.selector_rules(spec)]
    access.refuse([*found, *access.metadata_rules(body, op)])
    return access.answered(body, op, access.status_of(spec, op.user, op))


KIND = Behaviour(group=access.GROUP, plural="selfsubjectaccessreviews", virtual=review)
