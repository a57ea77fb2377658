"""Does a value fit its schema, in structured-merge-diff's words (typed/validate.go).

These are the reasons for which an applied configuration is refused outright. Values are shown as
Go's fmt shows them, since the messages are part of the API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.apply.element import Foreign, Mismatch, item, shown, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.machinery.schema import Schema


def problems(value: Any, schema: Schema, *, duplicates: bool = False) -> list[str]:
    """What does not fit, each as `.path: message`; duplicates: items may repeat their keys."""
    return [] if fits(value, schema) else list(_problems(value, schema, "", duplicates))


def fits(value: Any, schema: Schema) -> bool:
    """Whether there is surely nothing for `problems` to find."""
    kind = value.__class__
    if kind is dict and schema.fields is not None:
        fields, element = schema.fields, schema.element
        for name, child in value.items():
            field = fields.get(name)
            sub = element if field is None else field.schema
            if sub is None or not fits(child, sub):
                return False
        return True
    if kind is list and schema.items is not None:
        items = schema.items
        if schema.list_type != "atomic":
            try:
                if len({item(schema, child) for child in value}) != len(value):
                    return False
            except Mismatch:
                return False
        return all(fits(child, items) for child in value)
    if value is None:
        return True
    return schema.scalar is not None and kind not in _HOLDERS and _fits(schema.scalar, value)


_HOLDERS = (dict, list)


def joined(found: list[str]) -> str:
    """Problems as one message (ValidationErrors.Error)."""
    return found[0] if len(found) == 1 else "\n  ".join(["errors:", *found])


def _at(path: str, message: str) -> str:
    return f"{path}: {message}" if path else message


def _problems(value: Any, schema: Schema, path: str, duplicates: bool) -> Iterator[str]:
    if isinstance(value, dict) and schema.fields is not None:
        yield from _map_problems(value, schema, path, duplicates)
    elif isinstance(value, list) and schema.items is not None:
        yield from _list_problems(value, schema, path, duplicates)
    elif value is None or (schema.scalar is not None and not isinstance(value, dict | list)):
        if value is not None and not _fits(schema.scalar, value):
            yield _at(path, f"expected {_expected(schema.scalar, value)}")
    elif schema.fields is not None:
        yield _at(path, f"expected map, got &{{{_plain(value)}}}")
    elif schema.scalar is not None:
        yield _at(path, f"expected {_expected(schema.scalar, value)}")
    else:
        yield _at(path, f"expected list, got &{{{_plain(value)}}}")


def _map_problems(
    value: dict[str, Any], schema: Schema, path: str, duplicates: bool
) -> Iterator[str]:
    for name, child in value.items():
        sub = schema.child(name)
        if sub is None:
            # Upstream stops at the first unknown field of a map.
            yield f"{path}.{name}: field not declared in schema"
            return
        yield from _problems(child, sub, f"{path}.{name}", duplicates)


def _list_problems(value: list[Any], schema: Schema, path: str, duplicates: bool) -> Iterator[str]:
    assert schema.items is not None
    seen: set[str] = set()
    for number, child in enumerate(value):
        if schema.list_type == "atomic":
            step = f"i:{number}"
        else:
            try:
                step = item(schema, child)
            except Mismatch as error:
                yield _at(path, f"element {number}: {error}")
                return
            if step in seen and not duplicates:
                yield _at(path, f"duplicate entries for key {shown(step)}")
            seen.add(step)
        yield from _problems(child, schema.items, path + shown(step), duplicates)


def _fits(scalar: str | None, value: Any) -> bool:
    if scalar == "string":
        return isinstance(value, str)
    if scalar == "numeric":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if scalar == "boolean":
        return isinstance(value, bool)
    return not isinstance(value, Foreign)


def _expected(scalar: str | None, value: Any) -> str:
    if scalar == "numeric":
        return f"numeric (int or float), got {_go_type(value)}"
    if scalar == "string":
        return f"string, got &value.valueUnstructured{{Value:{_syntax(value)}}}"
    if scalar == "boolean":
        return f"boolean, got &{{{_plain(value)}}}"
    return f"any scalar, got &{{{_plain(value)}}}"


def _go_type(value: Any) -> str:
    """%T of a decoded JSON value."""
    if isinstance(value, Foreign):
        return value.type
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    if isinstance(value, dict):
        return "map[string]interface {}"
    return "[]interface {}" if isinstance(value, list) else "<nil>"


def _plain(value: Any) -> str:
    """%v of a decoded JSON value."""
    if isinstance(value, Foreign):
        return value.plain
    if value is None:
        return "<nil>"
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return f"map[{' '.join(f'{k}:{_plain(value[k])}' for k in sorted(value))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(_plain, value))}]"
    return written(value)


def _syntax(value: Any) -> str:
    """%#v of a decoded JSON value."""
    if isinstance(value, Foreign):
        return value.syntax
    if value is None:
        return "interface {}(nil)"
    if isinstance(value, dict):
        pairs = ", ".join(f"{written(k)}:{_syntax(value[k])}" for k in sorted(value))
        return f"map[string]interface {{}}{{{pairs}}}"
    if isinstance(value, list):
        return f"[]interface {{}}{{{', '.join(map(_syntax, value))}}}"
    return written(value)
