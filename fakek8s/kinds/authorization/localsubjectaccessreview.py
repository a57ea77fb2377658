"""LocalSubjectAccessReviews: may somebody do something in this namespace?

Upstream: pkg/registry/authorization/localsubjectaccessreview.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.kind import Behaviour
from fakek8s.kinds.authorization import access
from fakek8s.machinery.causes import invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Engine, Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]


def local_rules(spec: Object, namespace: str) -> Iterator[FieldError]:
    """Only resources of the review's own namespace."""
    asked, other = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if asked is not None and asked.get("namespace", "") != namespace:
        path = "spec.resourceAttributes.namespace"
        yield invalid(path, asked.get("namespace", ""), "must match metadata.namespace")
    if other is not None:
        text = "disallowed on this kind of request"
        yield invalid("spec.nonResourceAttributes", access.internal(other), text)


async def review(body: Object, op: Operation, engine: Engine) -> tuple[int, Object]:
    """Answers at once; raises APIError 400 and 422."""
    metadata, spec = body.setdefault("metadata", {}), body.get("spec") or {}
    if metadata.setdefault("namespace", op.namespace) != op.namespace:
        raise errors.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    found = [*access.subject_rules(spec)]
    found += access.metadata_rules(body, op, "namespace", but=" except for namespace")
    access.refuse([*found, *local_rules(spec, op.namespace)])
    return access.answered(body, op, access.status_of(spec, access.subject_of(spec), op))


KIND = Behaviour(group=access.GROUP, plural="localsubjectaccessreviews", virtual=review)
