"""Bodies that a real server wrote: read and written again they are the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fakek8s.facts import load_facts
from fakek8s.machinery.wire.canonical import canonical, sorted_copy
from fakek8s.machinery.wire.decode import decode_json
from fakek8s.machinery.wire.jsontext import dump, dump_pretty, parse, parse_unstructured
from fakek8s.machinery.wire.types import WireType, WireTypes
from fakek8s.machinery.wire.yamltext import to_yaml, yaml_to_json_value

RAW = Path(__file__).parents[3] / "conformance" / "transcripts" / "raw"
META = "k8s.io/apimachinery/pkg/apis/meta/v1."
TYPES = WireTypes(load_facts().gotypes)
BODIES = sorted(p.name for p in RAW.glob("*.body") if p.read_bytes()[:1] == b"{")
CUSTOM = {"cr-created.body", "cr-list.body"}
PRETTY = {"pod-pretty.body", "version.body"}
TYPED = [name for name in BODIES if name not in CUSTOM | PRETTY]


def type_of(body: dict[str, Any]) -> WireType:
    kind = body.get("kind", "")
    found = TYPES.of_kind(body.get("apiVersion", "v1"), kind) or TYPES.of_kind("v1", kind)
    found = found or TYPES.get(META + (kind or "WatchEvent"))
    assert found is not None
    return found


@pytest.mark.parametrize("name", TYPED)
def test_a_typed_body_is_written_again_byte_for_byte(name: str) -> None:
    for line in (RAW / name).read_bytes().splitlines():
        body = parse(line)
        decoded = decode_json(line, type_of(body))
        assert decoded.strict_errors == []
        assert dump(decoded.object) == line


@pytest.mark.parametrize("name", TYPED)
def test_a_decoded_body_is_canonical_and_canonical_shares_it(name: str) -> None:
    line = (RAW / name).read_bytes().splitlines()[0]
    wiretype = type_of(parse(line))
    made = decode_json(line, wiretype).object
    assert canonical(made, wiretype) is made


@pytest.mark.parametrize("name", sorted(CUSTOM))
def test_a_custom_resource_is_written_again_byte_for_byte(name: str) -> None:
    line = (RAW / name).read_bytes().rstrip(b"\n")
    value, errors = parse_unstructured(line)
    assert errors == []
    assert dump(value) == line


def test_custom_resource_items_have_sorted_keys() -> None:
    value, _ = parse_unstructured((RAW / "cr-created.body").read_bytes())
    assert dump(sorted_copy(dict(reversed(value.items())))) == dump(value)


@pytest.mark.parametrize("name", sorted(PRETTY))
def test_pretty_bodies_are_written_again_byte_for_byte(name: str) -> None:
    body = (RAW / name).read_bytes()
    assert dump_pretty(parse(body)) == body.rstrip(b"\n")


def test_a_pretty_pod_decodes_like_a_compact_one() -> None:
    pretty = (RAW / "pod-pretty.body").read_bytes()
    pod = TYPES.of_kind("v1", "Pod")
    assert pod is not None
    assert dump_pretty(decode_json(pretty, pod).object) == pretty.rstrip(b"\n")


def test_the_yaml_answer_is_written_again_byte_for_byte() -> None:
    body = (RAW / "pod-yaml.body").read_bytes()
    value, errors = yaml_to_json_value(body)
    assert errors == []
    assert to_yaml(value) == body


def test_yaml_of_a_decoded_pod_equals_the_recorded_yaml() -> None:
    pod = TYPES.of_kind("v1", "Pod")
    assert pod is not None
    made = decode_json((RAW / "pod-pretty.body").read_bytes(), pod).object
    assert to_yaml(made) == (RAW / "pod-yaml.body").read_bytes()
