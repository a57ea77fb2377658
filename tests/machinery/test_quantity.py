"""Quantities: canonical text, arithmetic, errors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakek8s.machinery import quantity


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("0", "0"),
        ("0.1", "100m"),
        ("100m", "100m"),
        ("1000m", "1"),
        ("67108864", "67108864"),
        ("1000", "1k"),
        ("1e3", "1e3"),
        ("1000e3", "1e6"),
        ("1024Ki", "1Mi"),
        ("1.5Gi", "1536Mi"),
        ("0.5Ki", "512"),
        ("0.1Ki", "102400m"),
        ("1500Mi", "1500Mi"),
        ("1.500", "1.500"),
        ("+5", "+5"),
        ("010", "010"),
        (".5", "500m"),
        ("1.", "1."),
        ("0Mi", "0"),
        ("-0", "0"),
        ("-1.5", "-1500m"),
        ("1.0000000001", "1000000001n"),
        ("0.0000000001", "1n"),
        ("16Ei", "9223372036854775807"),
        ("-16Ei", "-9223372036854775807"),
        ("1000E", "1"),
    ],
)
def test_text_is_canonical(text: str, canonical: str) -> None:
    assert quantity.canonical(text) == canonical
    assert str(quantity.parse(text)) == canonical


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", quantity.FORMAT_ERROR),
        ("abc", quantity.FORMAT_ERROR),
        ("1 Gi", quantity.FORMAT_ERROR),
        ("1.2.3", quantity.FORMAT_ERROR),
        ("1kk", quantity.SUFFIX_ERROR),
        ("1e", quantity.SUFFIX_ERROR),
        ("Pi", quantity.NUMERIC_ERROR),
    ],
)
def test_what_is_no_quantity_is_refused(text: str, message: str) -> None:
    with pytest.raises(quantity.QuantityError) as caught:
        quantity.parse(text)
    assert str(caught.value) == message


def test_values_round_away_from_zero() -> None:
    assert quantity.parse("1.1").value() == 2
    assert quantity.parse("-1.1").value() == -2
    assert quantity.parse("1500u").milli_value() == 2
    assert quantity.parse("2Ki").value() == 2048


def test_order_is_by_value_whatever_the_notation() -> None:
    parse = quantity.parse
    assert parse("1Ki") == parse("1024") == parse("1.024k")
    assert hash(parse("1Ki")) == hash(parse("1.024k"))
    assert parse("1e100000") > parse("1Ei") > parse("-1")
    assert [parse(text).sign() for text in ("-1", "0", "1n")] == [-1, 0, 1]


def test_a_sum_has_the_first_notation_unless_that_is_zero() -> None:
    parse = quantity.parse
    assert str(parse("1Gi") + parse("1M")) == "1074741824"
    assert str(parse("512Mi") + parse("0.5G")) == "1036870912"
    assert str(parse("0") + parse("1Gi")) == "1Gi"
    assert str(parse("1") - parse("250m")) == "750m"


def test_json_numbers_are_read_too() -> None:
    assert str(quantity.from_json(2)) == "2"
    assert str(quantity.from_json(0.5)) == "500m"
    assert str(quantity.from_json(" 1Gi ")) == "1Gi"
    with pytest.raises(quantity.QuantityError):
        quantity.from_json(True)


numbers = st.from_regex(
    r"\A[+-]?[0-9]{1,22}(\.[0-9]{0,12})?(n|u|m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi|Ei|e-?[0-9]{1,2}|)\Z"
)


@given(numbers)
def test_canonical_text_is_canonical_and_keeps_the_value(text: str) -> None:
    value = quantity.parse(text)
    again = quantity.parse(str(value))
    limit = quantity.parse("1000E")
    if value.format == "DecimalExponent" or -limit < value < limit:
        assert again == value
        assert str(again) == str(value)
