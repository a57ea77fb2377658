"""Is a schema structural? What a value validation may hold, and what must stand beside it.

Upstream: apiextensions pkg/apiserver/schema (convert.go, validation.go, complete.go).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.causes import child, forbidden, index, invalid, key, required
from fakek8s.machinery.structural.regexp import RegexpError, compile_regexp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.machinery.causes import FieldError

__all__ = ["conversion_error", "structural_errors"]

Object = dict[str, Any]

_INT_OR_STRING: Final = "x-kubernetes-int-or-string"
_PRESERVE: Final = "x-kubernetes-preserve-unknown-fields"
_EMBEDDED: Final = "x-kubernetes-embedded-resource"
_ANY_OF_INT_OR_STRING: Final = [{"type": "integer"}, {"type": "string"}]
_UNSUPPORTED: Final = (
    ("id", "id"),
    ("$schema", "schema"),
    ("$ref", "$ref"),
    ("patternProperties", "patternProperties"),
    ("dependencies", "dependencies"),
    ("additionalItems", "additionalItems"),
    ("definitions", "definitions"),
)
_JUNCTORS: Final = ("allOf", "anyOf", "oneOf")
#: What a schema must have for anything to be wrong with it beside type and pattern; most have none.
_NOTABLE: Final = frozenset(
    (
        *(keyword for keyword, _ in _UNSUPPORTED),
        *_JUNCTORS,
        "not",
        "items",
        "properties",
        "additionalProperties",
        _PRESERVE,
        _EMBEDDED,
        _INT_OR_STRING,
    )
)


def conversion_error(schema: Object) -> str:
    """Why a schema can't even be read as structural, "" if it can (NewStructural)."""
    if _NOTABLE.isdisjoint(schema):
        return ""
    for keyword, name in _UNSUPPORTED:
        # A false or empty additionalItems is there all the same.
        if schema.get(keyword) or (keyword == "additionalItems" and keyword in schema):
            return f"OpenAPIV3Schema '{name}' is not supported"
    not_ = schema.get("not")
    for below in (not_, *(s for name in _JUNCTORS for s in schema.get(name) or ())):
        if below is not None and (error := conversion_error(below)):
            return error
    if schema.get(_PRESERVE) is False:
        return f"internal error: '{_PRESERVE}' must be true or undefined"
    items = schema.get("items")
    if isinstance(items, list) and items:
        return "OpenAPIV3Schema 'items' must be a schema, but is an array"
    others = schema.get("additionalProperties")
    for below in (items, *(schema.get("properties") or {}).values(), others):
        if isinstance(below, dict) and (error := conversion_error(below)):
            return error
    return ""


def structural_errors(schema: Object, path: str) -> list[FieldError]:
    """The causes of a schema that is not structural, sorted by their text (ValidateStructural)."""
    found = [*_invariants(schema, "root", path), *_completeness(schema, schema, path, path)]
    return sorted(found, key=lambda error: error.text)


_MISSING_TYPE: Final = {
    "root": "must not be empty at the root",
    "item": "must not be empty for specified array items",
    "field": "must not be empty for specified object fields",
}


def _schema(value: Any) -> Object | None:
    return value if isinstance(value, dict) else None


def _invariants(s: Object, level: str, path: str) -> Iterator[FieldError]:
    kind = s.get("type", "")
    if kind and kind != "array" and level != "root" and _NOTABLE.isdisjoint(s):
        if "pattern" in s:
            yield from _pattern(s, path)
        return
    items, properties = _schema(s.get("items")), s.get("properties") or {}
    if kind == "array" and items is None:
        yield required(child(path, "items"), "must be specified")
    if items is not None:
        yield from _invariants(items, "item", child(path, "items"))
    for name, below in properties.items():
        yield from _invariants(below, "field", key(child(path, "properties"), name))
    others = s.get("additionalProperties")
    if others is not None:
        where = child(path, "additionalProperties")
        if level == "root":
            yield forbidden(where, "must not be used at the root")
        if isinstance(others, dict):
            yield from _invariants(others, "field", where)
    yield from _extensions(s, path)
    all_of: list[Object] = s.get("allOf") or []
    yield from _value_validation(
        s,
        path,
        skip_any=s.get("anyOf") == _ANY_OF_INT_OR_STRING,
        skip_first=bool(all_of) and all_of[0].get("anyOf") == _ANY_OF_INT_OR_STRING,
    )
    yield from _types(s, level, path)
    yield from _metadata(s, level, path)
    if s.get(_EMBEDDED) and not s.get(_PRESERVE) and not properties:
        detail = f"must not be empty if {_EMBEDDED} is true without {_PRESERVE}"
        yield required(child(path, "properties"), detail)


def _extensions(s: Object, path: str) -> Iterator[FieldError]:
    if s.get(_INT_OR_STRING):
        for name in (_PRESERVE, _EMBEDDED):
            if s.get(name):
                yield invalid(child(path, name), True, f"must be false if {_INT_OR_STRING} is true")


def _types(s: Object, level: str, path: str) -> Iterator[FieldError]:
    kind, where = s.get("type", ""), child(path, "type")
    if s.get(_EMBEDDED) and kind != "object":
        detail = f"must be object if {_EMBEDDED} is true"
        yield invalid(where, kind, detail) if kind else required(where, detail)
    elif not kind and not s.get(_INT_OR_STRING) and not s.get(_PRESERVE):
        yield required(where, _MISSING_TYPE[level])
    if s.get(_EMBEDDED) and s.get("additionalProperties") is not None:
        detail = f"must not be used if {_EMBEDDED} is set"
        yield forbidden(child(path, "additionalProperties"), detail)
    if level == "root" and kind and kind != "object":
        yield invalid(where, kind, "must be object at the root")


def _metadata(s: Object, level: str, path: str) -> Iterator[FieldError]:
    """apiVersion, kind and metadata where they are those of an object."""
    of_object = level == "root" or bool(s.get(_EMBEDDED))
    properties = s.get("properties") or {}
    if of_object:
        for name in ("kind", "apiVersion"):
            kind = properties.get(name, {"type": "string"}).get("type", "")
            if kind != "string":
                where = child(key(child(path, "properties"), name), "type")
                yield invalid(where, kind, "must be string")
    metadata = properties.get("metadata")
    if metadata is None:
        return
    where = key(child(path, "properties"), "metadata")
    if of_object and metadata.get("type", "") != "object":
        yield invalid(child(where, "type"), metadata.get("type", ""), "must be object")
    if level == "root" and _says_more(metadata):
        detail = (
            "must not specify anything other than name and generateName, but metadata is "
            "implicitly specified"
        )
        yield forbidden(where, detail)


def _says_more(metadata: Object) -> bool:
    allowed = {"type", "default"}
    names = set(metadata.get("properties") or ())
    if names <= {"name", "generateName"}:
        allowed.add("properties")
    return any(
        name not in allowed
        and (name == "additionalProperties" or value is not False)
        and value is not None
        and value != ""
        and value != []
        and value != {}
        for name, value in metadata.items()
    )


def _value_validation(
    v: Object, path: str, *, skip_any: bool, skip_first: bool
) -> Iterator[FieldError]:
    if not skip_any:
        for number, below in enumerate(v.get("anyOf") or ()):
            yield from _nested(below, index(child(path, "anyOf"), number))
    for number, below in enumerate(v.get("allOf") or ()):
        where = index(child(path, "allOf"), number)
        yield from _nested(below, where, skip_any=skip_first and number == 0)
    for number, below in enumerate(v.get("oneOf") or ()):
        yield from _nested(below, index(child(path, "oneOf"), number))
    if v.get("not") is not None:
        yield from _nested(v["not"], child(path, "not"))
    yield from _pattern(v, path)


def _pattern(v: Object, path: str) -> Iterator[FieldError]:
    pattern = v.get("pattern")
    if pattern:
        try:
            compile_regexp(pattern)
        except RegexpError as error:
            detail = f"must be a valid regular expression, but isn't: {error}"
            yield invalid(child(path, "pattern"), pattern, detail)


_FORBIDDEN_BELOW: Final = (
    ("type", "must be empty to be structural"),
    ("default", "must be undefined to be structural"),
    ("title", "must be empty to be structural"),
    ("description", "must be empty to be structural"),
    ("nullable", "must be false to be structural"),
    (_PRESERVE, "must be false to be structural"),
    (_EMBEDDED, "must be false to be structural"),
    (_INT_OR_STRING, "must be false to be structural"),
    ("x-kubernetes-list-map-keys", "must be empty to be structural"),
    ("x-kubernetes-list-type", "must be undefined to be structural"),
    ("x-kubernetes-map-type", "must be undefined to be structural"),
    ("x-kubernetes-validations", "must be empty to be structural"),
)
#: Those that count when they are there, whatever they say.
_BY_PRESENCE: Final = frozenset(("default", "x-kubernetes-list-type", "x-kubernetes-map-type"))


def _nested(v: Object, path: str, *, skip_any: bool = False) -> Iterator[FieldError]:
    yield from _value_validation(v, path, skip_any=skip_any, skip_first=False)
    items = _schema(v.get("items"))
    if items is not None:
        yield from _nested(items, child(path, "items"))
    properties = v.get("properties") or {}
    for name, below in properties.items():
        yield from _nested(below, key(child(path, "properties"), name))
    if v.get("additionalProperties") not in (None, False):
        yield forbidden(child(path, "additionalProperties"), "must be undefined to be structural")
    for keyword, detail in _FORBIDDEN_BELOW:
        value = v.get(keyword)
        if value or (keyword in _BY_PRESENCE and value is not None):
            yield forbidden(child(path, keyword), detail)
    if "metadata" in properties:
        where = key(child(path, "properties"), "metadata")
        yield forbidden(where, "must not be specified in a nested context")


def _completeness(v: Object, s: Object, s_path: str, v_path: str) -> Iterator[FieldError]:
    """What value validations speak of must be specified outside them as well."""
    if v.get("not") is not None:
        yield from _nested_completeness(v["not"], s, s_path, child(v_path, "not"))
    for name in _JUNCTORS:
        for number, below in enumerate(v.get(name) or ()):
            where = index(child(v_path, name), number)
            yield from _nested_completeness(below, s, s_path, where)


def _nested_completeness(
    v: Object, s: Object | None, s_path: str, v_path: str
) -> Iterator[FieldError]:
    if s is None:
        yield required(s_path, f"because it is defined in {v_path}")
        return
    yield from _completeness(v, s, s_path, v_path)
    items = _schema(v.get("items"))
    if items is not None:
        yield from _nested_completeness(
            items, _schema(s.get("items")), child(s_path, "items"), child(v_path, "items")
        )
    specified = s.get("properties") or {}
    for name, below in (v.get("properties") or {}).items():
        s_where = key(child(s_path, "properties"), name)
        v_where = key(child(v_path, "properties"), name)
        yield from _nested_completeness(below, specified.get(name), s_where, v_where)
