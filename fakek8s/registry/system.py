"""Writes by the system itself: what the engine's own hooks create, change and delete."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.auth.user import LOOPBACK
from fakek8s.machinery.clone import clone
from fakek8s.registry.commit import guaranteed_update
from fakek8s.registry.context import Caller
from fakek8s.registry.create import create
from fakek8s.registry.delete import delete
from fakek8s.registry.managed import track
from fakek8s.registry.options import WriteOptions
from fakek8s.registry.update import strategy_of, update

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.kind import Kind, Operation
    from fakek8s.registry.context import Registry

Object = dict[str, Any]

_SYSTEM = Caller(user=LOOPBACK, manager="kube-apiserver", warn=lambda text: None, system=True)
_OPTIONS = WriteOptions()


class SystemWriter:
    """`kind.Writer`: the verbs without authorization, admission and a user's managed fields."""

    __slots__ = ("registry",)

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    async def create(self, resource: str, namespace: str, obj: Object) -> Object:
        kind = self.registry.catalogue.by_resource(resource)
        draft = clone(obj)
        found, _ = await create(self.registry, kind, namespace, draft, _OPTIONS, _SYSTEM)
        return found

    async def update(self, resource: str, namespace: str, obj: Object) -> Object:
        kind = self.registry.catalogue.by_resource(resource)
        name = obj["metadata"]["name"]

        async def change(live: Object | None) -> Object:
            return clone(obj)

        _, found, _ = await update(self.registry, kind, namespace, name, change, _OPTIONS, _SYSTEM)
        return found

    async def delete(self, resource: str, namespace: str, name: str) -> None:
        kind = self.registry.catalogue.by_resource(resource)
        try:
            await delete(self.registry, kind, namespace, name, {"gracePeriodSeconds": 0}, _SYSTEM)
        except errors.APIError as error:
            if error.code != 404:
                raise


class ActionEngine:
    """`kind.Engine`: what subresource actions (binding, eviction) may do to their parent."""

    __slots__ = ("_caller", "_options", "_registry")

    def __init__(self, registry: Registry, caller: Caller, options: WriteOptions) -> None:
        self._registry = registry
        self._caller = caller
        self._options = options

    def kind(self, resource: str) -> Kind:
        """The kind that a store resource holds."""
        return self._registry.catalogue.by_resource(resource)

    async def update(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        change: Callable[[Object], Object],
        op: Operation,
        *,
        tracked: str = "",
    ) -> Object:
        """The store's guaranteed update: no strategy or admission runs, and managed fields only
        if the write is `tracked` as one of a subresource."""

        def tracking(obj: Object) -> Object:
            new = change(clone(obj))
            strategy = strategy_of(kind, tracked)
            track(
                self._registry.catalogue,
                kind,
                obj,
                new,
                _SYSTEM.manager,
                op.now,
                subresource=tracked,
                resets=strategy.resets,
                owned=strategy.owned,
            )
            return new

        return await guaranteed_update(
            self._registry,
            kind,
            namespace,
            name,
            tracking if tracked else change,
            dry_run=self._options.dry_run,
        )

    async def delete(
        self, kind: Kind, namespace: str, name: str, options: Object, op: Operation
    ) -> Object:
        # What was admitted is the action; its deletion isn't judged again.
        caller = replace(self._caller, system=True)
        _, found, _, _ = await delete(self._registry, kind, namespace, name, options, caller)
        return found
