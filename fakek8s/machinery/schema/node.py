"""The compiled schema of one value, as merging sees it: scalar, map, list, or several of them.

The words are those of structured-merge-diff's schema package: an *atomic* map or list is owned
and replaced as one; a granular map by its keys; an associative list ("set" or "map") by its
items. A value that may be of several forms (untyped ones) has several of the slots set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class _Unset:
    """The default of fields that have none (None is a default that upstream can state)."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = _Unset()

_SLOTS: Final = (
    "name",
    "type",
    "scalar",
    "fields",
    "element",
    "map_atomic",
    "items",
    "list_type",
    "keys",
    "required",
    "facts",
)


class Schema:
    """One node. Everything but `name` is filled on first use, by the function it was made with.

    name: of the definition, "" for inlined ones.
    type: "object", "array", "string", "integer", "number", "boolean", or "" for any.
    scalar: "numeric", "string", "boolean", "untyped"; None if no scalar may stand here.
    fields: name -> Field of a struct ({} for a plain map); None if no map may stand here.
    element: the schema of keys that `fields` lacks; None if there may be none.
    map_atomic: the map is owned as one.
    items: the schema of list items; None if no list may stand here.
    list_type: "atomic", "set" or "map".
    keys: of a "map" list, sorted: ((name, default or UNSET), ...).
    required: names that must be present.
    facts: the OpenAPI node itself (enum, format, patterns ...), never to be edited.
    """

    __slots__ = ("__weakref__", "_fill", *_SLOTS)

    name: str
    type: str
    scalar: str | None
    fields: dict[str, Field] | None
    element: Schema | None
    map_atomic: bool
    items: Schema | None
    list_type: str
    keys: tuple[tuple[str, Any], ...]
    required: tuple[str, ...]
    facts: Mapping[str, Any]

    def __init__(self, name: str, fill: Callable[[Schema], None]) -> None:
        self.name = name
        self._fill: Callable[[Schema], None] | None = fill

    def __getattr__(self, slot: str) -> Any:
        # Python comes here only for slots that are not set: filling costs nothing afterwards.
        if slot.startswith("_") or self._fill is None:
            raise AttributeError(slot)
        fill, self._fill = self._fill, None
        self.type = ""
        self.scalar = None
        self.fields = None
        self.element = None
        self.map_atomic = False
        self.items = None
        self.list_type = "atomic"
        self.keys = ()
        self.required = ()
        self.facts = {}
        fill(self)
        return getattr(self, slot)

    def copy_to(self, other: Schema) -> None:
        """Fills another node with what this one says (its own name stays)."""
        for slot in _SLOTS[1:]:
            setattr(other, slot, getattr(self, slot))

    def child(self, name: str) -> Schema | None:
        """The schema of the value under a key, or None if the schema declares none."""
        field = self.fields.get(name) if self.fields else None
        return field.schema if field is not None else self.element

    @property
    def associative(self) -> bool:
        """A list whose items have owners of their own."""
        return self.list_type != "atomic"

    def __repr__(self) -> str:
        return f"Schema({self.name or self.type!r})"


class Field:
    """One field of a struct: its schema and what its declaration adds to it.

    label: how field sets write it, `f:name`. default: UNSET if it has none.
    required: by the enclosing struct. patch_strategy, patch_merge_key: of strategic merge
    patches, "" if none. enum, format, type: of the field's value, through its reference.
    """

    __slots__ = (
        "default",
        "label",
        "name",
        "patch_merge_key",
        "patch_strategy",
        "required",
        "schema",
    )

    def __init__(
        self,
        name: str,
        schema: Schema,
        *,
        default: Any = UNSET,
        required: bool = False,
        patch_strategy: str = "",
        patch_merge_key: str = "",
    ) -> None:
        self.name = name
        self.label = "f:" + name
        self.schema = schema
        self.default = default
        self.required = required
        self.patch_strategy = patch_strategy
        self.patch_merge_key = patch_merge_key

    @property
    def enum(self) -> tuple[Any, ...]:
        """The values that are allowed, empty if any is."""
        return tuple(self.schema.facts.get("enum", ()))

    @property
    def format(self) -> str:
        """`int32`, `date-time` ..., "" if none."""
        found: str = self.schema.facts.get("format", "")
        return found

    @property
    def type(self) -> str:
        """The OpenAPI type, "" for any."""
        return self.schema.type

    def __repr__(self) -> str:
        return f"Field({self.name!r}, {self.schema!r})"
