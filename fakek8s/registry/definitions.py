"""The life of CustomResourceDefinitions: their names, their status, what they serve, their end.

Upstream runs a controller for each part (apiextensions pkg/controller: status, establish,
nonstructuralschema, apiapproval, finalizer) and a handler that follows them. Here every request
first asks for `current()`, so that a definition is served by the very next request after the
write that made it, and a task does the same for those who only watch.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from fakek8s.auth.user import LOOPBACK
from fakek8s.errors import APIError
from fakek8s.machinery.clone import clone
from fakek8s.machinery.structural import conditions
from fakek8s.machinery.structural.check_conversion import bundle_error
from fakek8s.machinery.structural.crd import FINALIZER
from fakek8s.machinery.timestamps import format_time
from fakek8s.registry import managed
from fakek8s.registry.context import Caller
from fakek8s.registry.custom import kinds_of, resource_of
from fakek8s.registry.delete import delete
from fakek8s.registry.options import WriteOptions
from fakek8s.registry.update import strategy_of, update
from fakek8s.store.types import Closed, Compacted
from fakek8s.store.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.kind import Kind
    from fakek8s.registry.context import Registry
    from fakek8s.registry.conversion import Post
    from fakek8s.registry.custom import Tools
    from fakek8s.store.types import Entry

Object = dict[str, Any]

RESOURCE: Final = "customresourcedefinitions.apiextensions.k8s.io"
_MANAGER: Final = "kube-apiserver"
_SYSTEM: Final = Caller(user=LOOPBACK, manager=_MANAGER, warn=lambda text: None, system=True)
_OPTIONS: Final = WriteOptions()


class Definitions:
    """Keeps the catalogue, and the definitions' status, in step with the store."""

    def __init__(self, registry: Registry, tools: Tools, post: Post) -> None:
        """`post` calls conversion webhooks."""
        self._registry = registry
        self._post = post
        self._tools = tools
        self._signal = registry.store.signal(RESOURCE)
        #: Nothing of an empty history is new; what a snapshot holds is read at once.
        self._watcher = Watcher(registry.store, RESOURCE, registry.store.revision)
        self._queue: dict[str, None] = dict.fromkeys(
            entry.name_key for entry in registry.store.range(RESOURCE).entries
        )
        self._served: dict[str, tuple[str, list[Kind]]] = {}
        #: Definitions that wait for their last objects to go, and their resources.
        self._ending: dict[str, str] = {}
        self._lock = asyncio.Lock()

    @property
    def stale(self) -> bool:
        """Whether there is anything that `current` would do."""
        if self._queue or self._signal.revision > self._watcher.cursor:
            return True
        return bool(self._ending) and any(map(self._is_empty, self._ending.values()))

    async def current(self) -> None:
        """Makes what is served follow what is stored."""
        if not self.stale:
            return
        async with self._lock:
            while self.stale:
                await self._round()

    async def run(self) -> None:
        """The same for as long as the store is open, whenever something changes."""
        store = self._registry.store
        with suppress(Closed):
            while not store.closed:
                await self.current()
                signals = [self._signal, *map(store.signal, self._ending.values())]
                waits = [asyncio.ensure_future(s.wait(s.revision)) for s in signals]
                try:
                    if not self.stale:
                        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for wait in waits:
                        wait.cancel()
                    await asyncio.gather(*waits, return_exceptions=True)

    async def _round(self) -> None:
        """Takes in what happened, then goes on with every definition that it concerns."""
        try:
            for event in self._watcher.next_batch_nowait():
                self._queue[event.name_key] = None
        except Compacted:
            self._watcher = Watcher(self._registry.store, RESOURCE, self._registry.store.revision)
            entries = self._registry.store.range(RESOURCE).entries
            self._queue |= dict.fromkeys([*self._served, *(e.name_key for e in entries)])
        self._queue |= dict.fromkeys(n for n, r in self._ending.items() if self._is_empty(r))
        queue, self._queue = self._queue, {}
        for name in queue:
            await self._follow(name)

    def _is_empty(self, resource: str) -> bool:
        return not self._registry.store.range(resource, limit=1).entries

    async def _follow(self, name: str) -> None:
        entry = self._registry.store.get(RESOURCE, name)
        if entry is None:
            group = name.partition(".")[2]
            self._ending.pop(name, None)
            self._serve(name, "", [])
            self._queue |= dict.fromkeys(self._group(group))  # a name may be free now
            return
        crd = entry.object
        self._follow_serving(crd)
        if "deletionTimestamp" in crd["metadata"]:
            if FINALIZER in (crd["metadata"].get("finalizers") or ()):
                await self._end(crd)
            return
        now = format_time(self._registry.clock.now())
        others = [e.object for e in self._registry.store.range(RESOURCE).entries]
        named = conditions.accepted_names(crd, others)
        if named is not None:
            names, *found = named
            if await self._write(entry, _setting(now, *found, names=names)):
                # One that the others of the group wait for may be free now.
                self._queue |= dict.fromkeys(self._group(crd["spec"]["group"]))
            return
        change = self._next_status(crd, now)
        if change is not None:
            await self._write(entry, change)

    def _group(self, group: str) -> list[str]:
        entries = self._registry.store.range(RESOURCE).entries
        return [e.name_key for e in entries if e.object["spec"]["group"] == group]

    # Serving

    def _follow_serving(self, crd: Object) -> None:
        name = crd["metadata"]["name"]
        metadata, status = crd["metadata"], crd.get("status") or {}
        if not conditions.is_true(crd, "Established"):
            if not conditions.is_true(crd, "NamesAccepted"):
                self._serve(name, "", [])
            return
        key = repr(
            (
                metadata["uid"],
                metadata.get("generation"),
                status["acceptedNames"],
                "deletionTimestamp" in metadata,
            )
        )
        if self._served.get(name, ("", []))[0] != key:
            self._serve(name, key, kinds_of(crd, self._tools, self._post, self._registry.ids.uid))

    def _serve(self, name: str, key: str, kinds: list[Kind]) -> None:
        catalogue = self._registry.catalogue
        _, before = self._served.pop(name, ("", []))
        kept = {kind.api_version for kind in kinds}
        for kind in before:
            if kind.api_version not in kept:
                catalogue.remove(kind)
        for kind in kinds:
            catalogue.add(kind)
        if key:
            self._served[name] = (key, kinds)

    # Status

    def _next_status(self, crd: Object, now: str) -> Callable[[Object], None] | None:
        """What the first controller that has something to say, now that the names are settled,
        changes; None if none has."""
        for kind, condition in (
            ("NonStructuralSchema", self._structural_condition(crd)),
            ("KubernetesAPIApprovalPolicyConformant", conditions.approval_condition(crd)),
        ):
            held = conditions.find_condition(crd, kind)
            if condition is None and held is not None:
                return _removing(kind)
            if condition is not None and not _same(held, condition):
                return _setting(now, condition)
        webhook = (crd["spec"].get("conversion") or {}).get("webhook") or {}
        bundle = (webhook.get("clientConfig") or {}).get("caBundle")
        established_now = conditions.established(crd, valid_bundle=not bundle_error(bundle))
        if established_now is not None and not _same(
            conditions.find_condition(crd, "Established"), established_now
        ):
            return _setting(now, established_now)
        return None

    def _structural_condition(self, crd: Object) -> Object | None:
        """Only what was stored before all schemas had to be structural can be otherwise."""
        held = conditions.find_condition(crd, "NonStructuralSchema")
        if held is None and not crd["spec"].get("preserveUnknownFields"):
            return None
        return conditions.non_structural_condition(crd)

    async def _write(self, entry: Entry, change: Callable[[Object], None]) -> bool:
        """Changes a definition by its status door, as the controllers do; False if it is gone or
        refuses the change, which is then left."""
        registry = self._registry
        kind = registry.catalogue.by_resource(RESOURCE)
        strategy = strategy_of(kind, "status")

        async def changed(live: Object | None) -> Object:
            assert live is not None
            obj = clone(live)
            change(obj)
            managed.track(
                registry.catalogue,
                kind,
                live,
                obj,
                _MANAGER,
                registry.clock.now(),
                subresource="status",
                resets=strategy.resets,
                owned=strategy.owned,
            )
            return obj

        try:
            await update(
                registry,
                kind,
                "",
                entry.name_key,
                changed,
                _OPTIONS,
                _SYSTEM,
                subresource="status",
                tracked=True,
            )
        except APIError:
            return False
        return True

    # The end

    async def _end(self, crd: Object) -> None:
        """Deletes the objects of a definition that is to go, and lets it go with the last one."""
        registry, name = self._registry, crd["metadata"]["name"]
        entry = registry.store.get(RESOURCE, name)
        assert entry is not None
        now = format_time(registry.clock.now())
        established = conditions.is_true(crd, "Established")
        resource = resource_of(crd)
        if established and not self._is_empty(resource):
            doing = conditions.terminating("deleting")
            if not _same(conditions.find_condition(crd, "Terminating"), doing):
                await self._write(entry, _setting(now, doing))
            await self._delete_all(name, resource)
            if not self._is_empty(resource):
                self._ending[name] = resource
                return
        self._ending.pop(name, None)
        done = conditions.terminating("done" if established else "unused")

        def finish(obj: Object) -> None:
            _setting(now, done)(obj)
            metadata = obj["metadata"]
            metadata["finalizers"] = [f for f in metadata["finalizers"] if f != FINALIZER]
            if not metadata["finalizers"]:
                del metadata["finalizers"]

        entry = registry.store.get(RESOURCE, name)
        if entry is not None:
            await self._write(entry, finish)

    async def _delete_all(self, name: str, resource: str) -> None:
        kinds = self._served.get(name, ("", []))[1]
        if not kinds:
            return
        for entry in self._registry.store.range(resource).entries:
            metadata = entry.object["metadata"]
            if "deletionTimestamp" in metadata:
                continue
            with suppress(APIError):  # already gone
                await delete(
                    self._registry,
                    kinds[0],
                    metadata.get("namespace", ""),
                    metadata["name"],
                    {},
                    _SYSTEM,
                )


def _setting(now: str, *found: Object, names: Object | None = None) -> Callable[[Object], None]:
    """Sets conditions, and the accepted names if they are given."""

    def change(obj: Object) -> None:
        status = obj["status"] = dict(obj.get("status") or {})
        if names is not None:
            status["acceptedNames"] = names
        for condition in found:
            status["conditions"] = conditions.with_condition(
                status.get("conditions"), condition, now
            )

    return change


def _removing(kind: str) -> Callable[[Object], None]:
    def change(obj: Object) -> None:
        status = obj["status"] = dict(obj.get("status") or {})
        status["conditions"] = conditions.without_condition(status.get("conditions"), kind)

    return change


def _same(held: Object | None, wanted: Object) -> bool:
    return held is not None and all(
        held.get(name, "") == wanted[name] for name in ("status", "reason", "message")
    )
