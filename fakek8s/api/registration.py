"""Which groups and versions are registered, in which order: what the APIServices say.

Source: kube-aggregator pkg/apis/apiregistration/v1/helper (SortedByGroupAndVersion).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fakek8s.registry.catalogue import version_priority

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fakek8s.store.types import Entry, Store

Object = dict[str, Any]

_SERVICES: Final = "apiservices.apiregistration.k8s.io"


class Registration:
    """The APIServices of one server, current with its store."""

    __slots__ = ("_groups", "_priority", "_remote", "_seen", "_store")

    def __init__(self, store: Store) -> None:
        self._store = store
        #: The store's own list: as long as it gives the same one, nothing has changed.
        self._seen: list[Entry] = []
        self._groups: dict[str, list[str]] = {}
        self._priority: dict[str, int] = {}
        self._remote: set[tuple[str, str]] = set()

    def groups(self) -> dict[str, list[str]]:
        """Versions by group, preferred ones first, without the core group.

        The same object as long as nothing has changed.
        """
        self._refresh()
        return self._groups

    def by_priority(self, groups: Iterable[str]) -> list[str]:
        """Groups in the order of aggregated discovery, which breaks ties by their names."""
        self._refresh()
        return sorted(groups, key=lambda group: (-self._priority.get(group, 0), group))

    def is_remote(self, group: str, version: str) -> bool:
        """Whether another server is to serve a version."""
        self._refresh()
        return (group, version) in self._remote

    def _refresh(self) -> None:
        entries = self._store.range(_SERVICES).entries
        if entries is self._seen:
            return
        self._seen = entries
        specs = [entry.object["spec"] for entry in entries if entry.object["spec"].get("group")]
        self._remote = {(s["group"], s["version"]) for s in specs if s.get("service") is not None}
        # Entries come by name, which breaks ties between groups.
        specs.sort(key=lambda spec: -spec["groupPriorityMinimum"])
        self._priority = {s["group"]: s["groupPriorityMinimum"] for s in reversed(specs)}
        groups: dict[str, list[Object]] = {}
        for spec in specs:
            groups.setdefault(spec["group"], []).append(spec)
        self._groups = {
            group: [spec["version"] for spec in sorted(found, key=_preferred)]
            for group, found in groups.items()
        }


def _preferred(spec: Object) -> tuple[Any, ...]:
    return -spec["versionPriority"], version_priority(spec["version"])
