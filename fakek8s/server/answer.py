"""What the chain answers: an object, a page of a list or a watch; doors only encode it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fakek8s.registry.list import ListPage
from fakek8s.registry.watch import WatchEvent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from fakek8s.kind import Kind
    from fakek8s.store.types import Entry

Object = dict[str, Any]

__all__ = ["Answer", "ListPage", "WatchEvent"]


# Not frozen for the same reason as Request.
@dataclass(slots=True, kw_only=True)
class Answer:
    """One of `object`, `page` or `watch`, with its code and warnings.

    `kind` is None for objects that stand for themselves (a Status, a Scale, a review): they are
    canonical and name their own type. With a `kind` and an `entry`, `object` is the entry's
    object in the kind's version and encoded forms may be kept in `entry.forms`.
    `watch` yields batches; closing it (aclose) ends the watch.
    """

    code: int = 200
    kind: Kind | None = None
    object: Object | None = None
    #: The kind of that whose Scale `object` is.
    scaled: Kind | None = None
    entry: Entry | None = None
    page: ListPage | None = None
    watch: AsyncIterator[list[WatchEvent]] | None = None
    warnings: list[str] = field(default_factory=list)
    #: A connect subresource: the connector's name and the parent object; the door serves it.
    connector: str = ""
    #: Raises APIError where there is nothing to connect to.
    connect_check: Callable[[], None] | None = None
