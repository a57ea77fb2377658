"""Declared types: what a structural schema says to CEL about types, sizes and conversions.

JSON stays as it is where it can; `convert` makes CEL's value of a JSON value where it can't
(times, durations, bytes, doubles, list sets and list maps). The static type of every expression
is known, so conversions happen where a field is read.
Upstream: apiserver pkg/cel/types.go, common/schemas.go, common/valuesunstructured.go.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.cel import types as t
from fakek8s.machinery.cel.escaping import RESERVED, escape
from fakek8s.machinery.cel.values import MapList, SetList, equal
from fakek8s.machinery.cel.wiretext import parse_bytes, parse_date, parse_duration, parse_time

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MAX_REQUEST", "Decl", "DeclField", "Provider", "named", "of_schema"]

Object = dict[str, Any]

#: The largest request in bytes, from which sizes without a bound are estimated.
MAX_REQUEST: Final = 3 * 1024 * 1024

_LONGEST_NAME: Final = 253
_STRING_SCHEMA: Final[Object] = {"type": "string"}


@dataclass(slots=True, eq=False)
class DeclField:
    """key: the name in JSON. required: as the schema says."""

    key: str
    decl: Decl
    required: bool = False


@dataclass(slots=True, eq=False)
class Decl:
    """type: in CEL; max_elements: how long, at most (cost estimates); min_size: of its JSON.

    fields: of an object, by escaped name; key and element: of a map, element: of a list.
    convert: JSON to CEL's value (never called with None), None where both are the same.
    equal: compares two JSON values, None where Python's == does.
    """

    type: t.Type
    max_elements: int = 0
    min_size: int = 0
    fields: dict[str, DeclField] = field(default_factory=dict)
    key: Decl | None = None
    element: Decl | None = None
    is_object: bool = False
    convert: Callable[[Any], Any] | None = None
    equal: Callable[[Any, Any], bool] | None = None
    list_keys: tuple[str, ...] = ()

    def field(self, name: str) -> DeclField | None:
        """The field of an object as expressions name it; reserved words need no escape."""
        found = self.fields.get(name)
        if found is None and name in RESERVED:
            return self.fields.get(f"__{name}__")
        return found


def _scalar(of: t.Type, size: int, **more: Any) -> Decl:
    return Decl(of, min_size=size, **more)


def of_schema(schema: Object | None, *, root: bool = False) -> Decl | None:
    """The declared type of a schema, None if expressions can't see values of it.

    root: of a whole object, so that apiVersion, kind and names are there. Objects are all called
    `object`; `named` gives them names.
    """
    if schema is None:
        return None
    if schema.get("x-kubernetes-int-or-string"):
        limit = schema.get("maxLength")
        most = MAX_REQUEST - 2 if limit is None else max(limit, 0) * 4
        return Decl(t.DYN, max_elements=most, min_size=1)
    kind = schema.get("type", "")
    if root:
        schema = with_object_meta(schema)
    if kind == "array":
        return _list(schema)
    if kind == "object":
        return _map_or_object(schema)
    if kind == "string":
        return _string(schema)
    if kind == "boolean":
        return _scalar(t.BOOL, 4)
    if kind == "number":
        return _scalar(t.DOUBLE, 1, convert=float)
    if kind == "integer":
        return _scalar(t.INT, 1)
    return None


def with_object_meta(schema: Object) -> Object:
    """The schema with what every object has (WithTypeAndObjectMeta)."""
    properties = schema.get("properties") or {}
    metadata = properties.get("metadata") or {}
    known = metadata.get("properties") or {}
    complete = (
        all((properties.get(name) or {}).get("type") == "string" for name in ("kind", "apiVersion"))
        and metadata.get("type") == "object"
        and all((known.get(n) or {}).get("type") == "string" for n in ("name", "generateName"))
    )
    if complete:
        return schema
    names = {
        "name": _capped(known.get("name"), _LONGEST_NAME),
        "generateName": _capped(known.get("generateName"), _LONGEST_NAME - 1),
    }
    return {
        **schema,
        "properties": {
            **properties,
            "kind": _STRING_SCHEMA,
            "apiVersion": _STRING_SCHEMA,
            "metadata": {"type": "object", "properties": names},
        },
    }


def _capped(schema: Object | None, limit: int) -> Object:
    """A text no longer than the limit, or than the schema says (cappedLengthStringType)."""
    own = None if schema is None else schema.get("maxLength")
    return {"type": "string", "maxLength": limit if own is None else min(own, limit)}


def _embedded(schema: Object) -> bool:
    return bool(schema.get("x-kubernetes-embedded-resource"))


def _list(schema: Object) -> Decl | None:
    items = schema.get("items")
    if not isinstance(items, dict):
        return None
    element = of_schema(items, root=_embedded(items))
    if element is None:
        return None
    limit = schema.get("maxItems")
    most = (MAX_REQUEST - 2) // (element.min_size + 1) if limit is None else max(limit, 0)
    found = Decl(t.list_of(element.type), max_elements=most, min_size=2, element=element)
    kind = schema.get("x-kubernetes-list-type")
    keys = tuple(schema.get("x-kubernetes-list-map-keys") or ())
    return _finish_list(found, kind, keys)


def _finish_list(found: Decl, kind: str | None, keys: tuple[str, ...]) -> Decl:
    element = found.element
    assert element is not None
    inner = element.convert
    if kind == "set":

        def as_set(value: list[Any]) -> Any:
            return SetList(value if inner is None else map(inner, value))

        found.convert = as_set
    elif kind == "map":
        same = element.equal or operator.eq
        found.list_keys = keys

        def as_map(value: list[Any]) -> Any:
            return MapList(value, keys, same)

        found.convert = as_map
    elif inner is not None:
        found.convert = lambda value: [None if v is None else inner(v) for v in value]
    if kind in ("set", "map"):
        convert = found.convert
        assert convert is not None
        found.equal = lambda left, right: equal(convert(left), convert(right))
    elif element.equal is not None:
        found.equal = _equal_lists(element.equal)
    return found


def _equal_lists(same: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(left: Any, right: Any) -> bool:
        return len(left) == len(right) and all(map(same, left, right))

    return compare


def _equal_maps(same: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(left: Any, right: Any) -> bool:
        return len(left) == len(right) and all(
            key in right and same(value, right[key]) for key, value in left.items()
        )

    return compare


def _map_or_object(schema: Object) -> Decl | None:
    additional = schema.get("additionalProperties")
    if isinstance(additional, dict):
        element = of_schema(additional, root=_embedded(additional))
        if element is None:
            return None
        limit = schema.get("maxProperties")
        most = (MAX_REQUEST - 2) // (element.min_size + 6) if limit is None else max(limit, 0)
        return map_decl(element, most)
    return _object(schema)


def map_decl(element: Decl, most: int) -> Decl:
    """A map from strings."""
    found = Decl(
        t.map_of(t.STRING, element.type),
        max_elements=most,
        min_size=2,
        key=Decl(t.STRING, min_size=2),
        element=element,
    )
    inner = element.convert
    if inner is not None:
        found.convert = lambda value: {k: None if v is None else inner(v) for k, v in value.items()}
    if element.equal is not None:
        found.equal = _equal_maps(element.equal)
    return found


def _object(schema: Object) -> Decl:
    required = set(schema.get("required") or ())
    size = 2
    fields: dict[str, DeclField] = {}
    for name, prop in (schema.get("properties") or {}).items():
        of = of_schema(prop, root=_embedded(prop))
        if of is None:
            continue
        escaped = escape(name)
        if escaped is not None:
            fields[escaped] = DeclField(name, of, name in required)
        if name in required and prop.get("default") is None:
            size += len(name.encode()) + of.min_size + 4
    found = Decl(t.struct("object"), min_size=size, fields=fields, is_object=True)
    special = {f.key: f.decl.equal for f in fields.values() if f.decl.equal is not None}
    if special:
        found.equal = _equal_objects(special)
    return found


def _equal_objects(
    special: dict[str, Callable[[Any, Any], bool]],
) -> Callable[[Any, Any], bool]:
    def compare(left: Any, right: Any) -> bool:
        if len(left) != len(right):
            return False
        for key, value in left.items():
            if key not in right:
                return False
            other = right[key]
            same = special.get(key)
            if same is None or value is None or other is None:
                if value != other:
                    return False
            elif not same(value, other):
                return False
        return True

    return compare


_TIMES: Final[dict[str, tuple[t.Type, int, int, Callable[[str], Any]]]] = {
    "duration": (t.DURATION, 3, 32, parse_duration),
    "date": (t.TIMESTAMP, 12, 12, parse_date),
    "date-time": (t.TIMESTAMP, 21, 32, parse_time),
}


def _string(schema: Object) -> Decl:
    form = schema.get("format", "")
    limit = schema.get("maxLength")
    if form in _TIMES:
        of, size, most, convert = _TIMES[form]
        return _with_conversion(Decl(of, max_elements=most, min_size=size), convert)
    if form == "byte":
        most = MAX_REQUEST - 2 if limit is None else max(limit, 0)
        return _with_conversion(Decl(t.BYTES, max_elements=most, min_size=2), parse_bytes)
    if limit is not None:
        most = max(limit, 0) * 4
    elif schema.get("enum"):
        most = max((len(v.encode()) for v in schema["enum"] if isinstance(v, str)), default=0)
    else:
        most = MAX_REQUEST - 2
    return Decl(t.STRING, max_elements=most, min_size=2)


def _with_conversion(found: Decl, convert: Callable[[str], Any]) -> Decl:
    found.convert = convert
    found.equal = lambda left, right: bool(convert(left) == convert(right))
    return found


def named(decl: Decl, name: str, into: dict[str, Decl]) -> Decl:
    """A copy whose objects are called by their place (MaybeAssignTypeName); `into` gets them."""
    if decl.is_object:
        found = _copy(decl, t.struct(name))
        into[name] = found
        found.fields = {
            escaped: DeclField(f.key, named(f.decl, f"{name}.{escaped}", into), f.required)
            for escaped, f in decl.fields.items()
        }
        return found
    if decl.element is None or not _has_objects(decl.element):
        return decl
    suffix = "@elem" if decl.key is not None else "@idx"
    element = named(decl.element, f"{name}.{suffix}", into)
    of = t.list_of(element.type) if decl.key is None else t.map_of(t.STRING, element.type)
    found = _copy(decl, of)
    found.element = element
    return found


def _has_objects(decl: Decl) -> bool:
    return decl.is_object or (decl.element is not None and _has_objects(decl.element))


def _copy(decl: Decl, of: t.Type) -> Decl:
    return Decl(
        of, decl.max_elements, decl.min_size, decl.fields, decl.key, decl.element, decl.is_object,
        decl.convert, decl.equal, decl.list_keys,
    )  # fmt: skip


class Provider:
    """The structs that expressions can meet, by name."""

    def __init__(self, structs: dict[str, Decl] | None = None) -> None:
        self._structs = structs or {}

    def has_struct(self, name: str) -> bool:
        """Whether a struct is declared."""
        return name in self._structs or name in _OPAQUE_STRUCTS

    def field_type(self, struct: str, field_name: str) -> t.Type | None:
        """The type of a field, None if there's no such field."""
        decl = self._structs.get(struct)
        found = None if decl is None else decl.field(field_name)
        return None if found is None else found.decl.type

    def decl(self, struct: str) -> Decl | None:
        """The declaration of a struct, None for Kubernetes' own values."""
        return self._structs.get(struct)

    def construct(self, struct: str) -> Callable[[Object], Any]:
        """What makes a value of `Name{...}`; here the fields under their JSON names."""
        decl = self._structs[struct]
        keys = {escaped: f.key for escaped, f in decl.fields.items()}
        return lambda fields: {keys.get(name, name): value for name, value in fields.items()}

    def equality(self, of: t.Type) -> Callable[[Any, Any], bool]:
        """How two values of the same static type are compared."""
        if of.kind in ("int", "string", "bool", "bytes", "double", "uint", "duration", "timestamp"):
            return operator.eq
        if of.kind == "struct":
            decl = self._structs.get(of.name)
            if decl is not None:
                return decl.equal or operator.eq
        if of.kind == "list" and self._compares_objects(of):
            return self._lists(self.equality(of.params[0]))
        if of.kind == "map" and self._compares_objects(of):
            return _equal_maps(self.equality(of.params[1]))
        return equal

    def _compares_objects(self, of: t.Type) -> bool:
        return any(
            (decl := self._structs.get(inner.name)) is not None and decl.equal is not None
            if inner.kind == "struct"
            else self._compares_objects(inner)
            for inner in of.params
        )

    @staticmethod
    def _lists(same: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
        plain = _equal_lists(same)

        def compare(left: Any, right: Any) -> bool:
            if isinstance(left, MapList | SetList):
                return equal(left, right)
            return plain(left, right)

        return compare


_OPAQUE_STRUCTS: Final = frozenset(
    {
        "kubernetes.Quantity", "kubernetes.Semver", "kubernetes.URL", "kubernetes.NamedFormat",
        *(f"kubernetes.authorization.{n}"
          for n in ("Authorizer", "PathCheck", "GroupCheck", "ResourceCheck", "Decision")),
    }
)  # fmt: skip
