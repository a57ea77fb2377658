"""Namespace: empties a namespace that is being deleted, then lets it go.

Source: kubernetes pkg/controller/namespace/deletion/namespaced_resources_deleter.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.machinery.clone import clone
from fakek8s.machinery.timestamps import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.controllers.controller import Context

Object = dict[str, Any]

_FINALIZER = "kubernetes"
_NEEDED = frozenset({"list", "deletecollection"})
#: Seconds until a namespace with content left is looked at again; deletions of its content are
#: not watched for every resource.
_RECHECK = 0.5


class NamespaceController:
    """Keys are namespaces."""

    name = "namespace-controller"

    def setup(self, context: Context) -> None:
        """Follows namespaces, and pods, which take longest to go."""
        self._client = context.client
        self._clock = context.clock
        self._queue = context.queue
        self._namespaces = context.informers.of("namespaces")
        context.enqueue_on("namespaces")

        def gone(old: Object | None, new: Object | None) -> None:
            if new is None and old is not None:
                namespace = self._namespaces.by_key(old["metadata"]["namespace"])
                if namespace is not None and "deletionTimestamp" in namespace["metadata"]:
                    self._queue.add(namespace["metadata"]["name"])

        context.informers.of("pods").on_change(gone)

    async def sync(self, key: str) -> None:
        """Deletes what is left in a terminating namespace; finalizes it once that is nothing."""
        namespace = self._namespaces.by_key(key)
        if namespace is None or "deletionTimestamp" not in namespace["metadata"]:
            return
        if _FINALIZER not in namespace.get("spec", {}).get("finalizers", ()):
            return
        if namespace.get("status", {}).get("phase") != "Terminating":
            changed = clone(namespace)
            changed["status"]["phase"] = "Terminating"
            await self._client.update("namespaces", changed, "status")
        left = await self._empty(key)
        namespace = await self._client.get("namespaces", "", key)
        namespace = await self._report(namespace, left)
        if left:
            self._queue.add_after(key, _RECHECK)
            return
        changed = clone(namespace)
        changed["spec"]["finalizers"] = [
            name for name in changed["spec"].get("finalizers", ()) if name != _FINALIZER
        ]
        try:
            await self._client.update("namespaces", changed, "finalize")
        except errors.APIError as error:
            if error.code != 404:
                raise

    def _resources(self) -> Iterator[str]:
        """The store resources that hold content of namespaces, each once."""
        seen = set()
        for kind in self._client.kinds():
            if kind.namespaced and kind.verbs >= _NEEDED and kind.resource not in seen:
                seen.add(kind.resource)
                yield kind.resource

    async def _empty(self, namespace: str) -> dict[str, tuple[int, dict[str, int]]]:
        """Deletes all content; what is left as resource -> (count, finalizer -> count)."""
        left: dict[str, tuple[int, dict[str, int]]] = {}
        for resource in self._resources():
            items, _ = await self._client.list(resource, namespace)
            if not items:
                continue
            await self._client.delete_collection(resource, namespace)
            items, _ = await self._client.list(resource, namespace)
            if items:
                finalizers: dict[str, int] = {}
                for item in items:
                    for name in item["metadata"].get("finalizers", ()):
                        finalizers[name] = finalizers.get(name, 0) + 1
                left[resource] = (len(items), finalizers)
        return left

    async def _report(
        self, namespace: Object, left: dict[str, tuple[int, dict[str, int]]]
    ) -> Object:
        """Sets the conditions that tell how far the deletion is (status_condition_utils.go)."""
        # Upstream writes "resource.group", for the core group, too.
        named = {name if "." in name else f"{name}.": count for name, (count, _) in left.items()}
        content = ", ".join(
            f"{name} has {n} resource instances" for name, n in sorted(named.items())
        )
        counts: dict[str, int] = {}
        for _, finalizers in left.values():
            for name, count in finalizers.items():
                counts[name] = counts.get(name, 0) + count
        waiting = ", ".join(
            f"{n} in {count} resource instances" for n, count in sorted(counts.items())
        )
        now = format_time(self._clock.now())
        wanted = [
            _condition(
                "NamespaceDeletionDiscoveryFailure",
                "ResourcesDiscovered",
                "All resources successfully discovered",
            ),
            _condition(
                "NamespaceDeletionGroupVersionParsingFailure",
                "ParsedGroupVersions",
                "All legacy kube types successfully parsed",
            ),
            _condition(
                "NamespaceDeletionContentFailure",
                "ContentDeleted",
                "All content successfully deleted, may be waiting on finalization",
            ),
            _condition(
                "NamespaceContentRemaining",
                *(
                    ("SomeResourcesRemain", f"Some resources are remaining: {content}", True)
                    if left
                    else ("ContentRemoved", "All content successfully removed")
                ),
            ),
            _condition(
                "NamespaceFinalizersRemaining",
                *(
                    (
                        "SomeFinalizersRemain",
                        f"Some content in the namespace has finalizers remaining: {waiting}",
                        True,
                    )
                    if counts
                    else ("ContentHasNoFinalizers", "All content-preserving finalizers finished")
                ),
            ),
        ]
        changed = clone(namespace)
        conditions = changed["status"].setdefault("conditions", [])
        for condition in wanted:
            _merge(conditions, condition, now)
        if changed == namespace:
            return namespace
        return await self._client.update("namespaces", changed, "status")


def _condition(type_: str, reason: str, message: str, status: bool = False) -> Object:
    return {
        "type": type_,
        "status": "True" if status else "False",
        "reason": reason,
        "message": message,
    }


def _merge(conditions: list[Object], wanted: Object, now: str) -> None:
    """Sets one condition in place; its time moves only with its status."""
    for found in conditions:
        if found["type"] == wanted["type"]:
            if found["status"] != wanted["status"]:
                found["lastTransitionTime"] = now
            found.update(wanted)
            return
    conditions.append({**wanted, "lastTransitionTime": now})
