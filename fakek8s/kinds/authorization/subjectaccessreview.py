"""SubjectAccessReviews: may somebody do something?

Upstream: pkg/registry/authorization/subjectaccessreview.
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
    access.refuse([*access.subject_rules(spec), *access.metadata_rules(body, op)])
    return access.answered(body, op, access.status_of(spec, access.subject_of(spec), op))


KIND = Behaviour(group=access.GROUP, plural="subjectaccessreviews", virtual=review)
