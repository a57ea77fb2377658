"""Which part of an old object a part of the new one was: by field, and by key in list maps.

Upstream: apiserver pkg/cel/common/equality.go (CorrelatedObject) and maplist.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.structural.explain import kind_of, same

if TYPE_CHECKING:
    from fakek8s.machinery.structural.node import Node

__all__ = ["Correlated"]


class Correlated:
    """A new value, the old one it came from and the schema of both. Lives for one validation."""

    __slots__ = ("_by_key", "_children", "_unchanged", "new", "node", "old")

    def __init__(self, node: Node, new: Any, old: Any) -> None:
        self.node = node
        self.new = new
        self.old = old
        self._children: dict[str | int, Correlated | None] = {}
        self._unchanged: bool | None = None
        self._by_key: dict[Any, Any] | None = None

    def member(self, name: str) -> Correlated | None:
        """The field or map entry, None if it isn't in both or has no schema."""
        if name not in self._children:
            self._children[name] = self._member(name)
        return self._children[name]

    def _member(self, name: str) -> Correlated | None:
        new, old = self.new, self.old
        if not isinstance(new, dict) or not isinstance(old, dict):
            return None
        node = self.node.properties.get(name, self.node.additional)
        if node is None or name not in new or name not in old:
            return None
        return Correlated(node, new[name], old[name])

    def item(self, number: int) -> Correlated | None:
        """The item of a list map that has the same key, None in any other list."""
        if number not in self._children:
            self._children[number] = self._item(number)
        return self._children[number]

    def _item(self, number: int) -> Correlated | None:
        node = self.node
        if node.list_type != "map" or node.items is None:
            return None
        if not isinstance(self.new, list) or not isinstance(self.old, list):
            return None
        key = self._key(self.new[number])
        before = None if key is None else self._items_by_key().get(key)
        return None if before is None else Correlated(node.items, self.new[number], before)

    def _items_by_key(self) -> dict[Any, Any]:
        if self._by_key is None:
            self._by_key = {}
            if self.node.types == ("array",):
                for item in self.old:
                    key = self._key(item)
                    if key is not None:
                        self._by_key.setdefault(key, item)
        return self._by_key

    def _key(self, item: Any) -> tuple[Any, ...] | None:
        keys = self.node.list_keys
        if not isinstance(item, dict) or not keys or not all(name in item for name in keys):
            return None
        found = tuple((kind_of(item[name]), item[name]) for name in keys)
        scalar = all(kind not in ("null", "object", "array") for kind, _ in found)
        return found if scalar else None

    def unchanged(self) -> bool:
        """CachedDeepEqual: equal, as far as the schema lets one see.

        A field without a schema makes its object count as changed; the order of a list map
        doesn't matter.
        """
        if self._unchanged is None:
            self._unchanged = self._compare()
        return self._unchanged

    def _compare(self) -> bool:
        new, old = self.new, self.old
        if isinstance(new, dict) and isinstance(old, dict):
            return len(new) == len(old) and all(
                (below := self.member(name)) is not None and below.unchanged() for name in new
            )
        if isinstance(new, list) and isinstance(old, list):
            return self._compare_lists(new, old)
        return same(new, old)

    def _compare_lists(self, new: list[Any], old: list[Any]) -> bool:
        if len(new) != len(old):
            return False
        for number in range(len(new)):
            below = self.item(number)
            if below is None:
                # Lists that are no maps are compared as a whole.
                return self.node.list_type != "map" and same(new, old)
            if not below.unchanged():
                return False
        return True
