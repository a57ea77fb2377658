"""API registration: every version that a CustomResourceDefinition serves has its APIService.

Sources: kubernetes pkg/controlplane/controller/crdregistration, kube-aggregator
pkg/controllers/autoregister. Built-in versions are registered once, at bootstrap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors

if TYPE_CHECKING:
    from fakek8s.controllers.controller import Context

Object = dict[str, Any]

_SERVICES = "apiservices.apiregistration.k8s.io"
_DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io"
_LABEL = "kube-aggregator.kubernetes.io/automanaged"
_CONTINUOUSLY = "true"
#: Those of all definitions, so that their versions go by their names.
_GROUP_PRIORITY, _VERSION_PRIORITY = 1000, 100


class APIRegistration:
    """Keys are APIServices: `v1.example.com`."""

    name = "autoregister"

    def setup(self, context: Context) -> None:
        """Follows definitions, and APIServices to keep them as they should be."""
        self._client = context.client
        self._queue = context.queue
        self._services = context.informers.of(_SERVICES)
        #: The definitions that serve a version, by the APIService's name.
        self._serving: dict[str, set[str]] = {}
        self._wanted: dict[str, Object] = {}
        context.enqueue_on(_SERVICES)
        context.informers.of(_DEFINITIONS).on_change(self._defined)

    def _defined(self, old: Object | None, new: Object | None) -> None:
        for definition in filter(None, (old, new)):
            spec, name = definition["spec"], definition["metadata"]["name"]
            for version in spec["versions"]:
                key = f"{version['name']}.{spec['group']}"
                serving = self._serving.setdefault(key, set())
                serving.discard(name)
                if definition is new and version.get("served"):
                    serving.add(name)
                self._wanted[key] = {
                    "group": spec["group"],
                    "version": version["name"],
                    "groupPriorityMinimum": _GROUP_PRIORITY,
                    "versionPriority": _VERSION_PRIORITY,
                }
                if not serving:
                    del self._serving[key], self._wanted[key]
                self._queue.add(key)

    async def sync(self, key: str) -> None:
        """Creates, puts right or deletes one APIService that is ours (checkAPIService)."""
        wanted, found = self._wanted.get(key), self._services.by_key(key)
        try:
            if found is None:
                if wanted is not None:
                    metadata = {"name": key, "labels": {_LABEL: _CONTINUOUSLY}}
                    await self._client.create(_SERVICES, "", {"metadata": metadata, "spec": wanted})
            elif (found["metadata"].get("labels") or {}).get(_LABEL) != _CONTINUOUSLY:
                return
            elif wanted is None:
                uid = found["metadata"]["uid"]
                await self._client.delete(_SERVICES, "", key, uid=uid)
            elif found["spec"] != wanted:
                await self._client.update(_SERVICES, {**found, "spec": wanted})
        except errors.APIError as error:
            # Somebody was faster, and the next event brings the key again.
            if error.code not in (404, 409):
                raise
