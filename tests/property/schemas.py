"""Strategies: schemas of custom resources, and values that fit a schema, whosever it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from fakek8s.facts import load_facts
from fakek8s.machinery.schema import Definitions, Schema, merged, structural
from fakek8s.machinery.schema.node import UNSET

if TYPE_CHECKING:
    from fakek8s.machinery.schema.node import Field

Object = dict[str, Any]

DEFINITIONS = Definitions(merged(load_facts().openapi_v3))
#: Kinds with lists, maps and unions of all sorts: (group, version, kind).
BUILT_IN = (
    ("", "v1", "ConfigMap"),
    ("", "v1", "Service"),
    ("", "v1", "Pod"),
    ("", "v1", "ServiceAccount"),
    ("apps", "v1", "Deployment"),
    ("networking.k8s.io", "v1", "Ingress"),
    ("networking.k8s.io", "v1", "NetworkPolicy"),
    ("autoscaling", "v2", "HorizontalPodAutoscaler"),
)
WORDS = st.sampled_from(["a", "b", "c", "d e", "f.g/h"])
NAMES = st.sampled_from(["one", "two", "three", "four"])
_NUMBERS = st.integers(1, 4)


def built_in(group: str, version: str, kind: str) -> Schema:
    """The schema of a kind."""
    found = DEFINITIONS.of_kind(group, version, kind)
    assert found is not None
    return found


def structural_schemas() -> st.SearchStrategy[Schema]:
    """Schemas of custom resources with a `spec` of up to four levels."""
    leaves = st.sampled_from([{"type": "string"}, {"type": "integer"}, {"type": "boolean"}])
    spec = st.recursive(leaves, _holder, max_leaves=8).filter(lambda s: s["type"] == "object")
    return spec.map(
        lambda spec: structural({"type": "object", "properties": {"spec": spec}}, DEFINITIONS)
    )


def _holder(inner: st.SearchStrategy[Object]) -> st.SearchStrategy[Object]:
    fields = st.dictionaries(NAMES, inner, min_size=1, max_size=3)
    struct = fields.map(lambda fields: {"type": "object", "properties": fields})
    key = {"key": {"type": "string"}, "side": {"type": "string", "default": "port"}}
    keyed = fields.map(
        lambda fields: {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["key", "side"],
            "items": {"type": "object", "properties": {**fields, **key}},
        }
    )
    return st.one_of(
        struct,
        keyed,
        struct.map(lambda s: {**s, "x-kubernetes-map-type": "atomic"}),
        inner.map(lambda items: {"type": "array", "items": items}),
        inner.map(lambda values: {"type": "object", "additionalProperties": values}),
        st.sampled_from(
            [
                {
                    "type": "array",
                    "items": {"type": "string"},
                    "x-kubernetes-list-type": "set",
                },
                {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            ]
        ),
    )


@st.composite
def objects(draw: st.DrawFn, schema: Schema, *, empty: bool = True) -> Object:
    """Objects without metadata, status and nulls; `empty`: with empty maps and lists."""
    fields = schema.fields or {}
    names = sorted(fields.keys() - {"apiVersion", "kind", "metadata", "status"})
    chosen = draw(st.lists(st.sampled_from(names), unique=True, min_size=1, max_size=3))
    return {name: draw(values(fields[name].schema, fields[name], empty=empty)) for name in chosen}


def _is_scalar(schema: Schema) -> bool:
    return schema.fields is None and schema.items is None


@st.composite
def values(
    draw: st.DrawFn,
    schema: Schema,
    field: Field | None = None,
    *,
    empty: bool = True,
    deep: int = 4,
) -> Any:
    """A value that fits a schema; below `deep` levels only what is small."""
    least = 0 if empty else 1
    if schema.scalar == "untyped" and (deep <= 0 or draw(st.booleans())):
        return draw(WORDS)
    if schema.fields:
        small = [name for name, f in schema.fields.items() if _is_scalar(f.schema)]
        names = sorted(small if deep <= 0 and small else schema.fields)
        chosen = draw(st.lists(st.sampled_from(names), unique=True, min_size=least, max_size=3))
        fields = {name: schema.fields[name] for name in chosen}
        return {
            name: draw(values(f.schema, f, empty=empty, deep=deep - 1))
            for name, f in fields.items()
        }
    if schema.fields is not None:
        if schema.element is None:
            return {}
        names = draw(st.lists(NAMES, unique=True, min_size=least, max_size=3))
        return {n: draw(values(schema.element, empty=empty, deep=deep - 1)) for n in names}
    if schema.scalar is None and schema.items is not None:
        return draw(_lists(schema, field, least, empty, deep))
    if schema.scalar == "numeric":
        return draw(_NUMBERS)
    return draw(st.booleans() if schema.scalar == "boolean" else WORDS)


@st.composite
def _lists(
    draw: st.DrawFn, schema: Schema, field: Field | None, least: int, empty: bool, deep: int
) -> list[Any]:
    items = schema.items
    assert items is not None
    keys = {name for name, default in schema.keys if default is UNSET}
    keys |= {name for name, default in schema.keys} - keys if draw(st.booleans()) else set()
    # What a strategic merge patch tells items by is always there, and never twice.
    own = field.patch_merge_key if field is not None else ""
    unique = {own} if own else {name for name, default in schema.keys if default is UNSET}
    found: list[Any] = []
    seen: set[Any] = set()
    for _ in range(draw(st.integers(least, 3 if deep > 0 else least))):
        item = draw(values(items, empty=empty, deep=deep - 1))
        told: Any = item
        if isinstance(item, dict):
            for name in keys | ({own} if own else set()):
                child = items.child(name)
                if child is not None:
                    item[name] = draw(values(child, empty=False, deep=deep - 1))
            told = tuple((name, item.get(name)) for name in sorted(unique))
        if schema.list_type != "atomic" or own or (field and "merge" in field.patch_strategy):
            if told in seen:
                continue
            seen.add(told)
        found.append(item)
    return found
