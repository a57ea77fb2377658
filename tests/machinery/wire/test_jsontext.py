"""JSON text as Go reads and writes it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakek8s.machinery.wire.jsontext import (
    ExactFloat,
    JSONSyntaxError,
    KindError,
    TypeMismatch,
    dump,
    dump_pretty,
    go_float,
    may_repeat_keys,
    parse,
    parse_unstructured,
    plain,
    summarize,
    version_and_kind,
)
from fakek8s.machinery.wire.scan import quote, scan

SYNTAX = [
    (b"", "unexpected end of JSON input"),
    (b"{", "unexpected end of JSON input"),
    (b'{"a":', "unexpected end of JSON input"),
    (b'{"a":1 x', "invalid character 'x' after object key:value pair"),
    (b'{"a" x', "invalid character 'x' after object key"),
    (b"{x", "invalid character 'x' looking for beginning of object key string"),
    (b"[1 x", "invalid character 'x' after array element"),
    (b"{} t", "invalid character 't' after top-level value"),
    (b"tru", "invalid character ' ' in literal true (expecting 'e')"),
    (b"nul", "invalid character ' ' in literal null (expecting 'l')"),
    (b"-", "invalid character ' ' in numeric literal"),
    (b"1.x", "invalid character 'x' after decimal point in numeric literal"),
    (b"1e", "invalid character ' ' in exponent of numeric literal"),
    (b"01", "invalid character '1' after top-level value"),
    (b'"abc', "unexpected end of JSON input"),
    (b'"\\x', "invalid character 'x' in string escape code"),
    (b'"\\u12z', "invalid character 'z' in \\u hexadecimal character escape"),
    (b'"a\nb"', "invalid character '\\n' in string literal"),
    (b"'a'", "invalid character '\\'' looking for beginning of value"),
    (b"\xff", "invalid character 'ÿ' looking for beginning of value"),
    (b"[" * 10001, "invalid character '[' exceeded max depth"),
]


@pytest.mark.parametrize(("text", "message"), SYNTAX)
def test_syntax_errors_are_worded_as_go_words_them(text: bytes, message: str) -> None:
    with pytest.raises(JSONSyntaxError) as caught:
        parse(text)
    assert str(caught.value) == message


def test_lone_surrogates_and_invalid_utf8_become_replacement_characters() -> None:
    assert parse(b'"x\\ud800y"') == "x\ufffdy"
    assert parse(b'"\\ud83c\\udf89 \xff\xe2\x28"') == "\U0001f389 \ufffd\ufffd("


def test_ten_thousand_levels_are_read_and_written() -> None:
    text = b"[" * 10000 + b"]" * 10000
    assert dump(parse(text)) == text


def test_integers_beyond_64_bits_keep_their_value() -> None:
    assert dump(parse(b"[123456789012345678901234567890" + b",0" * 3 + b',"\\ud800"]')).startswith(
        b"[123456789012345678901234567890,"
    )


def test_a_custom_resource_reports_each_repeated_field_once_in_order() -> None:
    text = b'{"a":1,"b":{"c":1,"c":{"x":[{"q":1,"q":2,"q":3}]}},"a":2}'
    value, errors = parse_unstructured(text)
    assert value == {"a": 2, "b": {"c": {"x": [{"q": 3}]}}}
    assert errors == [
        'duplicate field "b.c"',
        'duplicate field "b.c.x[0].q"',
        'duplicate field "a"',
    ]


def test_a_custom_resource_has_int64_or_float64_numbers() -> None:
    value, _ = parse_unstructured(b"[9223372036854775807,9223372036854775808,1e3,1.0]")
    assert [type(v) for v in value] == [int, float, float, float]
    with pytest.raises(TypeMismatch, match="number 1e400 into Go value of type float64"):
        parse_unstructured(b"[1e400]")


PARSE_ERROR = "couldn't get version/kind; json parse error: "
STRUCT = (
    'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; '
    'Kind string "json:\\"kind,omitempty\\"" }'
)
KINDS = [
    (b"[1, 2]", f"{PARSE_ERROR}json: cannot unmarshal array into Go value of type {STRUCT}"),
    (
        b'{"kind":5}',
        f"{PARSE_ERROR}json: cannot unmarshal number into Go struct field .kind of type string",
    ),
    (b"{", "couldn't get version/kind; json parse error: unexpected end of JSON input"),
    (b'{"apiVersion":"a/b/c"}', "unexpected GroupVersion string: a/b/c"),
]


@pytest.mark.parametrize(("body", "message"), KINDS)
def test_a_body_without_a_readable_kind_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(KindError) as caught:
        version_and_kind(body)
    assert str(caught.value) == message


def test_kind_is_found_whatever_the_case_of_its_key() -> None:
    assert version_and_kind(b'{"KIND":"Pod","apiversion":"v1"}')[:2] == ("v1", "Pod")
    assert version_and_kind(b'{"kind":"Pod","apiVersion":"v1","Kind":"Node"}')[:2] == ("v1", "Node")
    assert version_and_kind(b"null") == ("", "", None)


def test_bodies_are_summarized_as_text_or_hex() -> None:
    assert summarize(b"") == "<empty>"
    assert summarize(b"[1, 2]") == "5b312c20325d"
    assert (
        summarize(b'{"kind": "ConfigMap", "apiVersion": "v1"}')
        == '{"kind": "ConfigMap", "apiVers ...'
    )


def test_html_characters_and_line_separators_are_escaped() -> None:
    assert (
        dump({"<k>": "a&b\u2028\u2029é"})
        == b'{"\\u003ck\\u003e":"a\\u0026b\\u2028\\u2029\xc3\xa9"}'
    )


def test_pretty_text_of_deep_or_large_values_has_the_same_layout() -> None:
    value = {"a": [1, {"x": {}, "y": []}], "b": None}
    large = {"a": [2**70, {"x": {}, "y": []}], "b": None}
    assert dump_pretty(large) == dump_pretty(value).replace(b"1,", str(2**70).encode() + b",", 1)


FLOATS = [
    (1.0, "1"),
    (1e20, "100000000000000000000"),
    (1e21, "1e+21"),
    (1e-6, "0.000001"),
    (1e-7, "1e-7"),
    (-2.5e-10, "-2.5e-10"),
    (1.7976931348623157e308, "1.7976931348623157e+308"),
    (5e-324, "5e-324"),
    (-0.0, "-0"),
    (0.1, "0.1"),
]


@pytest.mark.parametrize(("value", "text"), FLOATS)
def test_floats_are_written_as_go_writes_them(value: float, text: str) -> None:
    assert go_float(value) == text
    assert dump([ExactFloat(value)]) == f"[{text}]".encode()


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_written_float_reads_back_as_itself(value: float) -> None:
    assert float(go_float(value)) == value


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_the_exact_scanner_agrees_with_the_fast_parser(value: object) -> None:
    text = json.dumps(value).encode()
    assert plain(scan(text)) == json.loads(text) == parse(text)


@given(
    st.dictionaries(st.text(), st.text(), min_size=1), st.sampled_from([",", ", "]), st.booleans()
)
def test_a_repeated_key_is_always_noticed(held: dict[str, str], comma: str, escaped: bool) -> None:
    pairs = [f"{json.dumps(k, ensure_ascii=escaped)}:{json.dumps(v)}" for k, v in held.items()]
    distinct = ("{" + comma.join(pairs) + "}").encode()
    repeated = ("{" + comma.join([*pairs, pairs[0]]) + "}").encode()
    assert not may_repeat_keys(distinct, parse(distinct))
    assert may_repeat_keys(repeated, parse(repeated))


def test_quote_escapes_what_go_escapes() -> None:
    assert quote('a"\\\n\x01\x7fé\u2028') == '"a\\"\\\\\\n\\x01\\x7fé\\u2028"'
