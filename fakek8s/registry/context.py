"""What the verbs work with: one record that hangs off a cluster, and its two views.

The record refuses to know HTTP, users' rights and kinds by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from fakek8s.machinery.meta import key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fakek8s.auth.user import User
    from fakek8s.clock import Clock
    from fakek8s.ids import Ids
    from fakek8s.kind import Kind, Operation, Writer
    from fakek8s.registry.catalogue import Catalogue
    from fakek8s.store.types import Entry, Store

Object = dict[str, Any]


class Admission(Protocol):
    """The admission plugins as the engine calls them; both raise APIError to refuse."""

    async def mutate(self, obj: Object | None, op: Operation) -> None:
        """May edit `obj` in place (None on deletes)."""

    async def validate(self, obj: Object | None, op: Operation) -> None:
        """Looks only."""


class StoreReader:
    """`kind.Reader` over the store's current state."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        entry = self._store.get(resource, key_of(namespace, name))
        return entry.object if entry else None

    def list(self, resource: str, namespace: str = "") -> Sequence[Object]:
        return self._store.objects(resource, f"{namespace}/" if namespace else "")


@dataclass(slots=True, kw_only=True)
class Registry:
    """The parts of one cluster that a verb needs."""

    store: Store
    catalogue: Catalogue
    clock: Clock
    ids: Ids
    settings: Mapping[str, Any]
    admission: Admission
    reader: StoreReader
    #: Set right after construction: writes by the system itself go through the same verbs.
    writer: Writer = field(init=False)

    def entry(self, kind: Kind, namespace: str, name: str) -> Entry | None:
        """The current stored version of one object."""
        return self.store.get(kind.resource, key_of(namespace if kind.namespaced else "", name))


# Not by keyword alone, for the same reason as Operation.
@dataclass(slots=True)
class Caller:
    """Who writes and how: the parts of a request that every write verb needs."""

    user: User
    #: Field manager: the parameter, else the User-Agent up to the first "/".
    manager: str
    warn: Callable[[str], None]
    #: The request's verb as authorizers know it: "patch" ...; "" for the system's own writes.
    verb: str = ""
    #: Raises APIError 403 unless the user may create what the request updates; None: they may.
    check_create: Callable[[], None] | None = None
    #: System writes: neither admission nor managed fields of a user.
    system: bool = False
    #: Gives what the object written now was made of: JSON, parsed or not.
    written: Callable[[], Any] | None = None
