"""Deletecollection: a list, and one deletion for each of its items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.registry import options as option_rules
from fakek8s.registry.delete import delete
from fakek8s.registry.list import ListPage, list_page

if TYPE_CHECKING:
    from fakek8s.kind import Kind
    from fakek8s.registry.context import Caller, Registry
    from fakek8s.registry.options import ListOptions

Object = dict[str, Any]


async def delete_collection(
    registry: Registry,
    kind: Kind,
    namespace: str,
    delete_options: Object,
    options: ListOptions,
    caller: Caller,
) -> ListPage:
    """Deletes what the options select; the page lists the objects as they were.

    An item that vanishes meanwhile is no error (registry.Store.DeleteCollection).
    """
    option_rules.check_delete_options(delete_options, collection=True)
    page = await list_page(registry, kind, namespace, options)
    if kind.namespaced and not namespace and page.entries:
        # Of an empty namespace everything is listed, but nothing has a key.
        raise errors.namespace_required()
    for entry in page.entries:
        metadata = entry.object["metadata"]
        try:
            await delete(
                registry,
                kind,
                metadata.get("namespace", ""),
                metadata["name"],
                delete_options,
                caller,
                one_of_many=True,
            )
        except errors.APIError as error:
            if error.code != 404:
                raise
    return page
