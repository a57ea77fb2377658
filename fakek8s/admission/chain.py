"""The admission chain: the plugins that are on, in upstream's order.

Mutating hooks run one after the other and see what the earlier ones changed; validating hooks
run after the object was prepared and checked, just before it is stored.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from fakek8s.admission.plugins import (
    always,
    alwayspullimages,
    antiaffinity,
    autoprovision,
    certificates,
    claimresize,
    configured,
    exists,
    extendedresources,
    externalips,
    ingressclass,
    lifecycle,
    limitranger,
    nodefeatures,
    noderestriction,
    nodetaint,
    ownerreferences,
    podnodeselector,
    podresize,
    podsecurity,
    podtolerations,
    podtopologylabels,
    priority,
    resourcequota,
    runtimeclass,
    serviceaccount,
    storageclass,
    storageprotection,
    tolerationseconds,
)
from fakek8s.admission.rounds import second_round

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

    from fakek8s.admission.plugin import Hook, Plugin
    from fakek8s.kind import Operation

Object = dict[str, Any]

#: kubernetes pkg/kubeapiserver/options/plugins.go AllOrderedPlugins, as far as they are here.
ORDERED: tuple[Plugin, ...] = (
    always.ADMIT,
    autoprovision.PLUGIN,
    lifecycle.PLUGIN,
    exists.PLUGIN,
    antiaffinity.PLUGIN,
    limitranger.PLUGIN,
    serviceaccount.PLUGIN,
    noderestriction.PLUGIN,
    nodetaint.PLUGIN,
    alwayspullimages.PLUGIN,
    podsecurity.PLUGIN,
    podnodeselector.PLUGIN,
    priority.PLUGIN,
    tolerationseconds.PLUGIN,
    podtolerations.PLUGIN,
    extendedresources.PLUGIN,
    storageclass.PLUGIN,
    storageprotection.PLUGIN,
    ownerreferences.PLUGIN,
    claimresize.PLUGIN,
    runtimeclass.PLUGIN,
    certificates.APPROVAL,
    certificates.SIGNING,
    certificates.ATTEST,
    certificates.SUBJECT,
    ingressclass.PLUGIN,
    externalips.PLUGIN,
    podtopologylabels.PLUGIN,
    nodefeatures.PLUGIN,
    podresize.PLUGIN,
    configured.MUTATING_POLICY,
    configured.MUTATING_WEBHOOK,
    configured.VALIDATING_POLICY,
    configured.VALIDATING_WEBHOOK,
    resourcequota.PLUGIN,
    always.DENY,
)
#: DefaultOffAdmissionPlugins.
_OFF_BY_DEFAULT = frozenset(
    {
        "AlwaysAdmit",
        "AlwaysDeny",
        "AlwaysPullImages",
        "DenyServiceExternalIPs",
        "ExtendedResourceToleration",
        "LimitPodHardAntiAffinityTopology",
        "NamespaceAutoProvision",
        "NamespaceExists",
        "NodeRestriction",
        "OwnerReferencesPermissionEnforcement",
        "PodNodeSelector",
        "PodTolerationRestriction",
    }
)


class UnknownPlugin(ValueError):
    """A plugin to be switched on or off that does not exist here."""


class AdmissionChain:
    """The plugins of one cluster, looked up by resource."""

    def __init__(self, *, enable: Iterable[str] = (), disable: Iterable[str] = ()) -> None:
        """`enable` and `disable` name plugins; raises UnknownPlugin."""
        enabled, disabled = set(enable), set(disable)
        known = {plugin.name for plugin in ORDERED}
        for name in sorted(enabled - known):
            raise UnknownPlugin(f"unknown admission plugin: {name}")
        on = (known - _OFF_BY_DEFAULT | enabled) - disabled
        self._plugins = tuple(
            plugin.of_cluster() if plugin.of_cluster else plugin
            for plugin in ORDERED
            if plugin.name in on
        )
        self._hooks: dict[tuple[str, str, str, bool], tuple[Hook, ...]] = {}

    def _for(self, op: Operation, *, mutating: bool) -> tuple[Hook, ...]:
        key = (op.kind.resource, op.subresource, op.verb, mutating)
        found = self._hooks.get(key)
        if found is None:
            hooks = []
            for plugin in self._plugins:
                hook = plugin.mutate if mutating else plugin.validate
                if hook is not None and plugin.looks_at(op.kind.resource, op.subresource, op.verb):
                    hooks.append(hook)
            found = self._hooks[key] = tuple(hooks)
        return found

    async def mutate(self, obj: Object | None, op: Operation) -> None:
        """Runs the mutating hooks on `obj`, in place; raises APIError.

        They run once more if a webhook or a policy changed the object.
        """
        await self._run(self._for(op, mutating=True), obj, op)
        if op.notes and second_round(op):
            await self._run(self._for(op, mutating=True), obj, op)

    def validate(self, obj: Object | None, op: Operation) -> Coroutine[Any, Any, None]:
        """Runs the validating hooks; raises APIError."""
        return self._run(self._for(op, mutating=False), obj, op)

    async def _run(self, hooks: tuple[Hook, ...], obj: Object | None, op: Operation) -> None:
        for hook in hooks:
            pending = hook(obj, op)
            if pending is not None:
                # In a task, which a write may not be in yet and without which nothing times out.
                await asyncio.ensure_future(pending)
