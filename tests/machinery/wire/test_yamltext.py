"""YAML as go-yaml v2 and sigs.k8s.io/yaml read and write it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakek8s.machinery.wire.jsontext import dump
from fakek8s.machinery.wire.yamltext import YAMLError, to_yaml, yaml_to_json_value, yaml_warnings

READ = [
    ("a: yes\nb: No\nc: on\nd: y\ne: nope", '{"a":true,"b":false,"c":true,"d":true,"e":"nope"}'),
    ("a: ~\nb:\nc: Null\nd: ''", '{"a":null,"b":null,"c":null,"d":""}'),
    ("a: 0x1F\nb: 017\nc: 0o17\nd: 0b11", '{"a":31,"b":15,"c":15,"d":3}'),
    ("a: 1_000\nb: 08\nc: +5", '{"a":1000,"b":8,"c":5}'),
    (
        "a: 1e3\nb: .5\nc: 1.\nd: 1.0\ne: 1e21\nf: -0",
        '{"a":1000,"b":0.5,"c":1,"d":1,"e":1e+21,"f":0}',
    ),
    (
        "a: 18446744073709551615\nb: 99999999999999999999",
        '{"a":18446744073709551615,"b":100000000000000000000}',
    ),
    (
        "a: 2020-01-01\nb: 2020-01-01T00:00:00Z\nc: 1:30",
        '{"a":"2020-01-01","b":"2020-01-01T00:00:00Z","c":"1:30"}',
    ),
    ("{2: a, true: b, 1.5: c, x: d}", '{"1.5":"c","2":"a","true":"b","x":"d"}'),
    ("z: &x {c: 1}\na:\n  <<: *x\n  d: 3", '{"a":{"c":1,"d":3},"z":{"c":1}}'),
    ("a: &x 1\nb: &x 2\nc: *x", '{"a":1,"b":2,"c":2}'),
    ('a: !!int "5"\nb: !!str 5\nc: !!float 5\nd: !!binary aGk=', '{"a":5,"b":"5","c":5,"d":"hi"}'),
    ("a: b\n---\nc: [", '{"a":"b"}'),
    ("", "null"),
    ("# only a comment", "null"),
    ("a: >-\n  x\n  y\nb: |\n  k\n", '{"a":"x y","b":"k\\n"}'),
]


@pytest.mark.parametrize(("text", "json"), READ)
def test_scalars_resolve_as_in_go(text: str, json: str) -> None:
    value, errors = yaml_to_json_value(text.encode())
    assert (dump(value).decode(), errors) == (json, [])


REFUSED = [
    ("a: b\n\tc: d\n", "yaml: line 2: found a tab character that violates indentation"),
    ("apiVersion: v1\nkind: [ConfigMap\n", "yaml: line 2: did not find expected ',' or ']'"),
    ("a: b: c\n", "yaml: mapping values are not allowed in this context"),
    ("a: @x", "yaml: found character that cannot start any token"),
    ("b: 1\na: *xyz\n", "yaml: unknown anchor 'xyz' referenced"),
    ("a: &a [*a]", "yaml: anchor 'a' value contains itself"),
    ("a: .inf", "json: unsupported value: +Inf"),
    ("a: !!int x", "yaml: cannot decode !!str `x` as a !!int"),
    ("a: {<<: 5}", "yaml: map merge requires map or sequence of maps as the value"),
    ("[a, b]: c", 'yaml: invalid map key: []interface {}{"a", "b"}'),
    ("a\x01b", "yaml: control characters are not allowed"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_bad_texts_are_refused_in_go_yamls_words(text: str, message: str) -> None:
    with pytest.raises(YAMLError) as caught:
        yaml_to_json_value(text.encode())
    assert str(caught.value) == message


def test_a_repeated_key_keeps_its_last_value_and_is_a_strict_error_with_its_line() -> None:
    value, errors = yaml_to_json_value(b'data:\n  k: "1"\n  k: "2"\n  k: "3"\nz: {1: 1, 1: 2}')
    assert value == {"data": {"k": "3"}, "z": {"1": 2}}
    (error,) = errors
    assert error == (
        'yaml: unmarshal errors:\n  line 3: key "k" already set in map\n'
        '  line 4: key "k" already set in map\n  line 5: key 1 already set in map'
    )
    assert yaml_warnings(error)[0] == 'line 3: key "k" already set in map'
    assert yaml_warnings('unknown field "x"') == ['unknown field "x"']


WRITTEN: list[tuple[Any, str]] = [
    ({"k": "yes"}, 'k: "yes"\n'),
    ({"k": "1.5", "l": "1:30", "m": "2020-01-01"}, 'k: "1.5"\nl: "1:30"\nm: "2020-01-01"\n'),
    ({"k": "a: b", "l": "#x", "m": "it's", "o": "- a"}, "k: 'a: b'\nl: '#x'\nm: it's\no: '- a'\n"),
    ({"k": "tab\there", "l": "x\x00"}, 'k: "tab\\there"\nl: "x\\0"\n'),
    ({"k": "a\nb\n", "l": "x\n\n"}, "k: |\n  a\n  b\nl: |+\n  x\n\n"),
    ({"k": {}, "l": [], "m": None, "n": True}, 'k: {}\nl: []\nm: null\n"n": true\n'),
    ({"k": [[1, 2], {"a": 1}]}, "k:\n- - 1\n  - 2\n- a: 1\n"),
    ({"k": 1.5, "l": 1.5e-9, "m": 123456789.5}, "k: 1.5\nl: 1.5e-09\nm: 1.234567895e+08\n"),
    ({"a10": 1, "a2": 2, "A": 3, "-": 4}, "'-': 4\nA: 3\na2: 2\na10: 1\n"),
    ({"k": "word " * 20 + "x"}, "k: " + "word " * 15 + "word\n  " + "word " * 4 + "x\n"),
    ({"k": "b<c>&d\u2028"}, "k: 'b<c>&d\u2028'\n"),
]


@pytest.mark.parametrize(("value", "text"), WRITTEN)
def test_values_are_written_as_go_yaml_writes_them(value: Any, text: str) -> None:
    assert to_yaml(value).decode() == text


PLAIN = st.characters(
    min_codepoint=32, max_codepoint=0xD7FF, exclude_characters="\x7f\u2028\u2029\ufeff"
)
TEXT = st.text(PLAIN.filter(lambda c: not "\x7f" <= c <= "\x9f"), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_what_is_written_reads_back(value: dict[str, Any]) -> None:
    made, errors = yaml_to_json_value(to_yaml(value))
    assert (made, errors) == (value, [])


def test_a_document_that_is_mostly_aliases_is_refused_in_time() -> None:
    levels = ["a: &a [x,x,x,x,x,x,x,x,x,x]"]
    for name, below in zip("bcdefgh", "abcdefg", strict=True):
        levels.append(f"{name}: &{name} [{','.join([f'*{below}'] * 10)}]")
    with pytest.raises(YAMLError, match="document contains excessive aliasing"):
        yaml_to_json_value("\n".join(levels).encode())


def test_aliases_in_a_short_document_are_free() -> None:
    value, _ = yaml_to_json_value(b"a: &a [x, yes]\nb: [*a, *a]\n")
    assert dump(value) == b'{"a":["x",true],"b":[["x",true],["x",true]]}'


_TEXTS = st.text(st.sampled_from("ab:#-{}[],&*!|>%@`\"'\\ \n/?<~=.0123456789é"), max_size=10)
_WORDS = st.sampled_from(["<<", "yes", "null", "1.5", "2001-01-01", "---", "a: b", "-0"])
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXTS
    | _WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS | _WORDS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_TEXTS | _WORDS, _JSON, max_size=4), st.sampled_from([None, 0, 2]))
def test_json_is_read_as_the_yaml_it_is(value: dict[str, Any], indent: int | None) -> None:
    text = json.dumps(value, indent=indent).encode()
    # Behind a space it is taken for YAML.
    found, as_yaml = yaml_to_json_value(text), yaml_to_json_value(b" " + text)
    assert json.dumps(found) == json.dumps(as_yaml)


@pytest.mark.parametrize(
    "text", ['{"a":1,"a":2}', '{"a":{"b":1,"b":2}}', '{"a":1, "b":{}, "a" :2}']
)
def test_keys_that_json_repeats_are_told(text: str) -> None:
    value, errors = yaml_to_json_value(text.encode())
    assert (value, errors) == yaml_to_json_value(b" " + text.encode())
    assert "already set in map" in errors[0]
