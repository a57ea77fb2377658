"""Objects made to fit a schema, and schemas that are published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from fakek8s.machinery.clone import clone
from fakek8s.machinery.structural.explain import explain
from fakek8s.machinery.structural.node import read
from fakek8s.machinery.structural.publish import definitions_v2, definitions_v3
from tests.machinery.structural.schemas import boat, compiled, crd, of_spec
from tests.machinery.structural.test_properties import NAMES, PLAIN, RICH, VALUES, without_enum

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "com.example.sea.v1.Boat"


def known(schema: Any) -> Any:
    """What both sides know alike and something fits: no enums, no bounds that leave nothing."""
    made = without_enum(schema)
    for low, high in (("minLength", "maxLength"), ("minimum", "maximum"), ("minItems", "maxItems")):
        if low in made and high in made and made[low] > made[high]:
            del made[high]
    for name, others in (("pattern", ("maxLength",)), ("multipleOf", ("minimum", "maximum"))):
        if name in made:
            for other in others:
                made.pop(other, None)
    if "required" in made:
        made["required"] = [n for n in made["required"] if n in made["properties"]]
        made.pop("maxProperties", None)
    if not made.get("required", True):
        del made["required"]
    for name in ("items", "additionalProperties"):
        if name in made:
            made[name] = known(made[name])
    if "properties" in made:
        made["properties"] = {k: known(v) for k, v in made["properties"].items()}
        made.setdefault("additionalProperties", False)
    return made


def fitting(schema: Any) -> st.SearchStrategy[Any]:
    """Values that a schema of `known` allows."""
    return MAKERS[schema["type"]](schema)


def _texts(schema: Any) -> st.SearchStrategy[Any]:
    least, most = schema.get("minLength", 0), schema.get("maxLength", 5)
    found = st.text("abc", min_size=least, max_size=most)
    if "pattern" not in schema:
        return found
    return found.map(lambda text: f"a{text}cb")  # which all patterns of PLAIN find


def _numbers(schema: Any) -> st.SearchStrategy[Any]:
    low = schema.get("minimum", schema.get("maximum", 3) - 5)
    found = st.integers(low, schema.get("maximum", low + 5))
    step = schema.get("multipleOf", 1)
    whole = found.map(lambda n: n * int(max(step, 1)) if "multipleOf" in schema else n)
    if schema["type"] == "integer":
        return whole
    return whole | whole.map(float)


def _objects(schema: Any) -> st.SearchStrategy[Any]:
    fields = {name: fitting(below) for name, below in schema.get("properties", {}).items()}
    if not fields:
        return st.dictionaries(NAMES, fitting(schema["additionalProperties"]), max_size=3)
    required = {name: fields.pop(name) for name in schema.get("required", ())}
    found = st.fixed_dictionaries(required, optional=fields)
    most = schema.get("maxProperties", len(fields))
    return found.map(lambda made: dict(sorted(made.items())[:most]) if not required else made)


MAKERS: dict[str, Callable[[Any], st.SearchStrategy[Any]]] = {
    "string": _texts,
    "integer": _numbers,
    "number": _numbers,
    "boolean": lambda schema: st.booleans(),
    "array": lambda schema: st.lists(
        fitting(schema["items"]),
        min_size=schema.get("minItems", 0),
        max_size=schema.get("maxItems", schema.get("minItems", 0) + 2),
    ),
    "object": _objects,
}


def structural(schema: Any) -> Any:
    """The same without what a structural schema may not say: properties forbid all others there."""
    made = dict(schema)
    if "properties" in made:
        made["properties"] = {k: structural(v) for k, v in made["properties"].items()}
        del made["additionalProperties"]
    elif "additionalProperties" in made:
        made["additionalProperties"] = structural(made["additionalProperties"])
    if "items" in made:
        made["items"] = structural(made["items"])
    return made


@given(PLAIN, st.data())
@settings(max_examples=200)
def test_what_json_schema_allows_is_valid_and_survives_pruning(
    schema: Any, data: st.DataObject
) -> None:
    plain = known(schema)
    value = data.draw(fitting(plain))
    held = compiled(of_spec({"a": structural(plain)}))
    obj = boat({"a": value})
    before = clone(obj)
    assert held.validate(obj) == []
    assert held.coerce(obj, strict=True) == []
    assert obj == before
    held.default(obj)
    assert obj == before


@given(PLAIN, st.data())
@settings(max_examples=200)
def test_one_wrong_turn_is_judged_alike(schema: Any, data: st.DataObject) -> None:
    """A valid object with one place exchanged is valid, or not, for both."""
    plain = known(schema)
    value = data.draw(fitting(plain))
    changed = exchange(value, data.draw(VALUES), data)
    expected = jsonschema.Draft7Validator(plain).is_valid(changed)
    node = read(plain)
    assert explain(node, changed, "").valid is expected


def exchange(value: Any, other: Any, data: st.DataObject) -> Any:
    if value and isinstance(value, dict) and data.draw(st.booleans()):
        name = data.draw(st.sampled_from(sorted(value)))
        return {**value, name: exchange(value[name], other, data)}
    if value and isinstance(value, list) and data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(value) - 1))
        return [*value[:at], exchange(value[at], other, data), *value[at + 1 :]]
    return other


@given(RICH, VALUES)
@settings(max_examples=200)
def test_defaults_only_fill_gaps(schema: Any, value: Any) -> None:
    """What an object says stays as it is; defaults stand beside it."""
    held = compiled(of_spec({"a": schema, "b": {"type": "string", "default": "given"}}))
    obj = boat({"a": value})
    held.coerce(obj)
    before = clone(obj)
    held.default(obj)
    assert contains(obj, before)
    assert obj["spec"]["b"] == "given"


def contains(whole: Any, part: Any) -> bool:
    if part is None:  # a gap too, where the schema doesn't allow it
        return True
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            name in whole and contains(whole[name], held) for name, held in part.items()
        )
    if isinstance(part, list):
        return (
            isinstance(whole, list) and len(whole) == len(part) and all(map(contains, whole, part))
        )
    return bool(whole == part) and type(whole) is type(part)


def without_empty(schema: Any) -> Any:
    """`required: []` says nothing, and is not published."""
    if isinstance(schema, dict):
        return {k: without_empty(v) for k, v in schema.items() if k != "required" or v}
    return schema


@given(PLAIN)
@settings(max_examples=150)
def test_published_and_read_again_a_schema_is_the_same(schema: Any) -> None:
    first = definitions_v3(crd(of_spec({"a": schema})), "v1")[NAME]
    spec = first["properties"]["spec"]
    assert without_empty(spec["properties"]["a"]) == without_empty(schema)
    again = definitions_v3(crd({"type": "object", "properties": {"spec": spec}}), "v1")[NAME]
    assert again == first


def without_format(schema: Any) -> Any:
    """Upstream looks no further at a list where a text of some format should be."""
    if isinstance(schema, list):
        return [without_format(held) for held in schema]
    if isinstance(schema, dict):
        return {k: without_format(v) for k, v in schema.items() if k != "format"}
    return schema


@given(RICH, VALUES)
@settings(max_examples=150)
def test_the_v2_form_never_refuses_what_the_schema_allows(schema: Any, value: Any) -> None:
    """kubectl checks objects by it before it sends them."""
    schema = without_format(schema)
    body = crd(of_spec({"a": schema}))
    published = definitions_v2(body, "v1")[NAME].get("properties", {}).get("spec", {})
    if explain(read(of_spec({"a": schema})), {"spec": {"a": value}}, "").valid:
        assert jsonschema.Draft7Validator(published).is_valid({"a": value})
