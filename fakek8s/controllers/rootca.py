"""Root CA: every namespace has the cluster's certificate authority in a ConfigMap.

Source: kubernetes pkg/controller/certificates/rootcacertpublisher/publisher.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.machinery.clone import clone

if TYPE_CHECKING:
    from fakek8s.controllers.controller import Context

Object = dict[str, Any]

_NAME = "kube-root-ca.crt"
_KEY = "ca.crt"
_ANNOTATIONS = {
    "kubernetes.io/description": (
        "Contains a CA bundle that can be used to verify the kube-apiserver when using internal "
        "endpoints such as the internal service IP or kubernetes.default.svc. No other usage is "
        "guaranteed across distributions of Kubernetes clusters."
    )
}


class RootCA:
    """Keys are namespaces."""

    name = "root-ca-certificate-publisher-controller"

    def __init__(self, certificate: bytes) -> None:
        """`certificate`: the authority's, PEM."""
        self._certificate = certificate.decode()

    def setup(self, context: Context) -> None:
        """Follows namespaces, and the published maps."""
        self._client = context.client
        self._namespaces = context.informers.of("namespaces")
        self._maps = context.informers.of("configmaps")
        context.enqueue_on("namespaces")

        def changed(old: Object | None, new: Object | None) -> None:
            obj = new or old
            assert obj is not None
            if obj["metadata"]["name"] == _NAME:
                context.queue.add(obj["metadata"]["namespace"])

        self._maps.on_change(changed)

    async def sync(self, key: str) -> None:
        """Creates the map in a living namespace, or sets its data right."""
        namespace = self._namespaces.by_key(key)
        if namespace is None or namespace.get("status", {}).get("phase") != "Active":
            return
        found = self._maps.get(key, _NAME)
        data = {_KEY: self._certificate}
        if found is None:
            wanted = {"metadata": {"name": _NAME, "annotations": _ANNOTATIONS}, "data": data}
            try:
                await self._client.create("configmaps", key, wanted)
            except errors.APIError as error:
                if error.reason != "AlreadyExists":
                    raise
        elif found.get("data") != data:
            changed = clone(found)
            changed["data"] = data
            await self._client.update("configmaps", changed)
