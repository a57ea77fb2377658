"""One place in a schema, read once: the record that checking, pruning and defaulting work from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from fakek8s.machinery.structural.formats import is_known, supported_format

__all__ = ["UNSET", "Node", "read"]

Object = dict[str, Any]

#: Stands for a default that isn't there.
UNSET: Final[Any] = object()

_INT_OR_STRING: Final = ("integer", "string")


@dataclass(slots=True, eq=False)
class Node:
    """A JSONSchemaProps as the validator sees it (apiextensions ConvertJSONSchemaProps).

    types: () = any; two for x-kubernetes-int-or-string. format: "" where it is not checked.
    additional: the schema of other properties; allows_additional: False only for
    `additionalProperties: false`; has_additional: additionalProperties is there in any form.
    """

    raw: Object
    types: tuple[str, ...] = ()
    nullable: bool = False
    format: str = ""
    default: Any = UNSET
    enum: list[Any] = field(default_factory=list)
    maximum: float | None = None
    exclusive_maximum: bool = False
    minimum: float | None = None
    exclusive_minimum: bool = False
    max_length: int | None = None
    min_length: int | None = None
    pattern: str = ""
    max_items: int | None = None
    min_items: int | None = None
    unique_items: bool = False
    multiple_of: float | None = None
    max_properties: int | None = None
    min_properties: int | None = None
    required: list[str] = field(default_factory=list)
    properties: dict[str, Node] = field(default_factory=dict)
    additional: Node | None = None
    has_additional: bool = False
    allows_additional: bool = True
    items: Node | None = None
    all_of: list[Node] = field(default_factory=list)
    any_of: list[Node] = field(default_factory=list)
    one_of: list[Node] = field(default_factory=list)
    not_: Node | None = None
    preserve: bool = False
    embedded: bool = False
    list_type: str = ""
    list_keys: list[str] = field(default_factory=list)


#: Keyword -> attribute, for what is copied as it stands.
_PLAIN: Final = {
    "nullable": "nullable",
    "maximum": "maximum",
    "exclusiveMaximum": "exclusive_maximum",
    "minimum": "minimum",
    "exclusiveMinimum": "exclusive_minimum",
    "maxLength": "max_length",
    "minLength": "min_length",
    "pattern": "pattern",
    "maxItems": "max_items",
    "minItems": "min_items",
    "uniqueItems": "unique_items",
    "multipleOf": "multiple_of",
    "maxProperties": "max_properties",
    "minProperties": "min_properties",
    "required": "required",
    "enum": "enum",
    "x-kubernetes-preserve-unknown-fields": "preserve",
    "x-kubernetes-embedded-resource": "embedded",
    "x-kubernetes-list-type": "list_type",
    "x-kubernetes-list-map-keys": "list_keys",
}
_JUNCTORS: Final = {"allOf": "all_of", "anyOf": "any_of", "oneOf": "one_of"}


def read(raw: Object, *, faithful: bool = False) -> Node:
    """The record of a schema (JSON form of JSONSchemaProps).

    faithful: as the structural schema itself validates, which is how upstream checks defaults:
    formats that the server doesn't know stay, int-or-string has no types of its own.
    """
    node = Node(raw)
    kind = raw.get("type", "")
    if raw.get("x-kubernetes-int-or-string") and not faithful:
        node.types = _INT_OR_STRING
    elif kind:
        node.types = (kind,)
    for keyword, value in raw.items():
        if value is None:
            continue
        if (name := _PLAIN.get(keyword)) is not None:
            setattr(node, name, value)
        elif keyword == "properties":
            node.properties = {
                name: read(below, faithful=faithful) for name, below in value.items()
            }
        elif keyword == "items":
            if isinstance(value, dict):
                node.items = read(value, faithful=faithful)
        elif keyword == "additionalProperties":
            node.has_additional = True
            if isinstance(value, dict):
                node.additional = read(value, faithful=faithful)
            else:
                node.allows_additional = value
        elif (name := _JUNCTORS.get(keyword)) is not None:
            setattr(node, name, [read(below, faithful=faithful) for below in value])
        elif keyword == "not":
            node.not_ = read(value, faithful=faithful)
        elif keyword == "default":
            node.default = value
        elif keyword == "format":
            node.format = value if faithful else supported_format(value, node.types)
    return node


def checks_format(node: Node) -> bool:
    """Whether strings here are checked against the format."""
    return bool(node.format) and is_known(node.format)
