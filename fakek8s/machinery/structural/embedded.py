"""Objects inside objects: apiVersion, kind and metadata of x-kubernetes-embedded-resource.

Decoding coerces their metadata to ObjectMeta; validation checks it like that of any object.
Upstream: apiextensions pkg/apiserver/schema/objectmeta.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fakek8s.machinery import names
from fakek8s.machinery.causes import child, index, invalid, key, required
from fakek8s.machinery.meta import object_meta_rules
from fakek8s.machinery.structural.failure import shown
from fakek8s.machinery.wire.decode import DecodeError, decode_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fakek8s.machinery.causes import FieldError
    from fakek8s.machinery.structural.node import Node
    from fakek8s.machinery.wire.types import WireType

    #: (value, its path, where paths of unknown fields go or None).
    Coerce = Callable[[Any, str, list[str] | None], None]
    Check = Callable[[Any, str, list[FieldError]], None]

__all__ = [
    "CoerceError",
    "coerce_metadata",
    "compile_coercion",
    "compile_embedded",
    "stored_metadata",
]

_UNKNOWN = re.compile(r'unknown field "(.*)"', re.DOTALL)


class CoerceError(ValueError):
    """An embedded object can't be read. `error` is the field error; its text is the message."""

    def __init__(self, error: FieldError) -> None:
        super().__init__(error.text)
        self.error = error


def coerce_metadata(metadata: Any, object_meta: WireType, prefix: str) -> tuple[Any, list[str]]:
    """Metadata in canonical form and the paths of what ObjectMeta doesn't know.

    Raises DecodeError with Go's message.
    """
    decoded = decode_value({} if metadata is None else metadata, object_meta)
    unknown = [
        f"{prefix}.{match[1]}"
        for text in decoded.strict_errors
        if (match := _UNKNOWN.fullmatch(text)) is not None
    ]
    return decoded.object, unknown


def _children(node: Node, make: Callable[[Node], Any]) -> tuple[dict[str, Any], Any, Any]:
    known = {name: made for name, below in node.properties.items() if (made := make(below))}
    other = None if node.additional is None else make(node.additional)
    items = None if node.items is None else make(node.items)
    return known, other, items


def compile_coercion(
    node: Node, object_meta: WireType, *, drop: bool = False, embedded: bool | None = None
) -> Coerce | None:
    """Coerces embedded objects at and below a place, in place; None if there are none.

    drop: wrong types are dropped instead of refused, as for stored objects.
    The closure raises CoerceError.
    """
    known, other, items = _children(
        node, lambda below: compile_coercion(below, object_meta, drop=drop)
    )
    own = node.embedded if embedded is None else embedded
    if not own and not known and other is None and items is None:
        return None
    names_ = node.properties.keys()

    def run(value: Any, path: str, unknown: list[str] | None) -> None:
        if value.__class__ is dict:
            if own:
                _coerce(value, path, unknown, object_meta, drop=drop)
            for name, item in list(value.items()):
                if name in known:
                    known[name](item, child(path, name), unknown)
                elif other is not None and name not in names_:
                    other(item, key(path, name), unknown)
        elif value.__class__ is list and items is not None:
            for number, item in enumerate(value):
                items(item, index(path, number), unknown)

    return run


def _coerce(
    value: dict[str, Any],
    path: str,
    unknown: list[str] | None,
    object_meta: WireType,
    *,
    drop: bool,
) -> None:
    for name in ("apiVersion", "kind"):
        if name in value and not isinstance(value[name], str):
            if not drop:
                raise CoerceError(
                    invalid(child(path, name), shown(value[name]), "must be a string")
                )
            del value[name]
    if "metadata" not in value:
        return
    where = child(path, "metadata")
    try:
        read = stored_metadata if drop else coerce_metadata
        value["metadata"], more = read(value["metadata"], object_meta, where)
    except DecodeError as error:
        raise CoerceError(invalid(where, shown(value["metadata"]), str(error))) from None
    if unknown is not None:
        unknown += more


def stored_metadata(metadata: Any, object_meta: WireType, prefix: str) -> tuple[Any, list[str]]:
    """The same for an object from the store: fields that don't fit are dropped one by one."""
    try:
        return coerce_metadata(metadata, object_meta, prefix)
    except DecodeError:
        if not isinstance(metadata, dict):
            return metadata, []
    fits: dict[str, Any] = {}
    for name, item in metadata.items():
        try:
            decode_value({name: item}, object_meta)
        except DecodeError:
            continue
        fits[name] = item
    return coerce_metadata(fits, object_meta, prefix)


def compile_embedded(
    node: Node, object_meta: WireType, *, embedded: bool | None = None
) -> Check | None:
    """Validates embedded objects at and below a place; None if there are none."""
    known, other, items = _children(node, lambda below: compile_embedded(below, object_meta))
    own = node.embedded if embedded is None else embedded
    if not own and not known and other is None and items is None:
        return None
    names_ = node.properties.keys()

    def run(value: Any, path: str, found: list[FieldError]) -> None:
        if value.__class__ is dict:
            if own:
                found.extend(_rules(value, path, object_meta))
            for name, item in value.items():
                if name in known:
                    known[name](item, child(path, name), found)
                elif other is not None and name not in names_:
                    other(item, key(path, name), found)
        elif value.__class__ is list and items is not None:
            for number, item in enumerate(value):
                items(item, index(path, number), found)

    return run


def _path_segment(name: str, prefix: bool) -> list[str]:
    return names.is_path_segment_prefix(name) if prefix else names.is_path_segment_name(name)


def _rules(value: dict[str, Any], path: str, object_meta: WireType) -> Iterator[FieldError]:
    for name in ("apiVersion", "kind"):
        where = child(path, name)
        if name not in value:
            yield required(where)
        elif not isinstance(value[name], str):
            yield invalid(where, shown(value[name]), "must be a string")
        elif not value[name]:
            yield invalid(where, "", "must not be empty")
        elif name == "apiVersion":
            if value[name].count("/") > 1:
                problem = f"unexpected GroupVersion string: {value[name]}"
                yield invalid(where, value[name], problem)
        elif errors := names.is_dns1035_label(value[name].lower()):
            problem = "may have mixed case, but should otherwise match: " + ",".join(errors)
            yield invalid(where, value[name], problem)
    if "metadata" in value:
        where = child(path, "metadata")
        try:
            metadata, _ = coerce_metadata(value["metadata"], object_meta, where)
        except DecodeError as error:
            yield invalid(where, shown(value["metadata"]), str(error))
            return
        named = {**metadata, "name": metadata.get("name") or "fakename"}
        namespaced = bool(metadata.get("namespace"))
        yield from object_meta_rules(named, where, namespaced, _path_segment)
