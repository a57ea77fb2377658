"""Shapes that come often: what is written for them agrees with the loop, plain values or not."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakek8s.facts import load_facts
from fakek8s.machinery.wire import straight
from fakek8s.machinery.wire.canonical import canonical, stored
from fakek8s.machinery.wire.decode import DecodeError, decode_value
from fakek8s.machinery.wire.jsontext import dump
from fakek8s.machinery.wire.types import WireTypes

if TYPE_CHECKING:
    from fakek8s.machinery.wire.types import GoType, WireType

GOTYPES = load_facts().gotypes
LOOPED, WRITTEN = WireTypes(GOTYPES), WireTypes(GOTYPES)
KINDS = {
    "v1": ("Pod", "Secret", "Service", "Event"),
    "apps/v1": ("Deployment",),
    "rbac.authorization.k8s.io/v1": ("Role",),
    "apiextensions.k8s.io/v1": ("CustomResourceDefinition",),
}
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, "", "a", 0, 1, -1, 2**40, 1.5, True, False, [], ["a", None], {}]
)
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": st.sampled_from(["", "a"]),
    "bool": st.booleans(),
    "bytes": st.sampled_from(["", "YQ==", "YQ"]),
    "Time": st.sampled_from(["2026-01-02T03:04:05Z", "0001-01-01T00:00:00Z", None]),
    "Quantity": st.sampled_from(["1", "0.5", 2]),
    "JSONSchemaPropsOrBool": st.booleans(),
}


@st.composite
def objects(draw: st.DrawFn, wiretype: WireType, depth: int = 0) -> dict[str, Any]:
    if not wiretype.fields:
        return {}
    few = draw(st.lists(st.sampled_from(wiretype.fields), unique_by=lambda f: f.json, max_size=5))
    return {field.json: draw(values(field.type, depth)) for field in few}


@st.composite
def values(draw: st.DrawFn, gotype: GoType, depth: int) -> Any:
    if depth > 6 or draw(st.integers(0, 30)) == 0:
        return draw(ODD)
    kind, elem = gotype.kind, gotype.elem
    if kind == "struct" and not gotype.struct.special:
        return draw(objects(gotype.struct, depth + 1))
    if kind == "pointer" and elem is not None:
        return draw(values(elem, depth))
    if kind == "slice" and elem is not None:
        return draw(st.lists(values(elem, depth + 1), max_size=2))
    if kind == "map" and elem is not None:
        return draw(st.dictionaries(st.sampled_from("ba"), values(elem, depth + 1)))
    kind = gotype.struct.special if kind == "struct" else kind
    return draw(SCALARS.get(kind, st.integers(-1, 2**31)))


def outcome(value: Any, wiretype: WireType) -> tuple[str, ...]:
    """What all three passes make of a value, to the byte, or the refusal."""
    try:
        decoded = decode_value(copy.deepcopy(value), wiretype)
    except DecodeError as error:
        return (str(error),)
    made = decoded.object
    edited = dict(reversed(made.items()))
    forms = (made, canonical(made, wiretype), stored(made, wiretype), stored(edited, wiretype))
    return (*decoded.strict_errors, *(dump(form).decode() for form in forms))


@given(st.data(), st.sampled_from([(v, kind) for v, kinds in KINDS.items() for kind in kinds]))
def test_what_is_written_for_a_shape_does_the_same(
    data: st.DataObject, kind: tuple[str, str]
) -> None:
    slow, fast = LOOPED.of_kind(*kind), WRITTEN.of_kind(*kind)
    assert slow is not None
    assert fast is not None
    value = data.draw(objects(slow))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(straight, "OFTEN", 0)
        wanted = outcome(value, slow)
        patch.setattr(straight, "OFTEN", 1)
        outcome(value, fast)
        assert outcome(value, fast) == wanted


def test_a_shape_is_written_when_it_has_come_often() -> None:
    wiretype = WireTypes(GOTYPES).of_kind("v1", "ConfigMap")
    assert wiretype is not None
    body = {"metadata": {"name": "m"}, "data": {"b": "2", "a": "1"}}
    found = [dump(decode_value(body, wiretype).object) for _ in range(straight.OFTEN + 2)]
    assert set(found) == {b'{"metadata":{"name":"m"},"data":{"a":"1","b":"2"}}'}
