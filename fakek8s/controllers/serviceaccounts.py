"""Service accounts: every namespace has one named `default`.

Source: kubernetes pkg/controller/serviceaccount/serviceaccounts_controller.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors

if TYPE_CHECKING:
    from fakek8s.controllers.controller import Context

Object = dict[str, Any]

_NAME = "default"


class ServiceAccounts:
    """Keys are namespaces."""

    name = "service-account-controller"

    def setup(self, context: Context) -> None:
        """Follows namespaces, and accounts that vanish."""
        self._client = context.client
        self._namespaces = context.informers.of("namespaces")
        self._accounts = context.informers.of("serviceaccounts")
        context.enqueue_on("namespaces")

        def vanished(old: Object | None, new: Object | None) -> None:
            if new is None and old is not None and old["metadata"]["name"] == _NAME:
                context.queue.add(old["metadata"]["namespace"])

        self._accounts.on_change(vanished)

    async def sync(self, key: str) -> None:
        """Creates the account if the namespace is alive and has none."""
        namespace = self._namespaces.by_key(key)
        if namespace is None or namespace.get("status", {}).get("phase") != "Active":
            return
        if self._accounts.get(key, _NAME) is not None:
            return
        try:
            await self._client.create("serviceaccounts", key, {"metadata": {"name": _NAME}})
        except errors.APIError as error:
            if error.reason != "AlreadyExists":
                raise
