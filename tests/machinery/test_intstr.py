"""Numbers or percentages."""

from __future__ import annotations

import pytest

from fakek8s.machinery import intstr


@pytest.mark.parametrize(
    ("value", "up", "down"), [(3, 3, 3), ("25%", 3, 2), ("100%", 10, 10), ("0%", 0, 0)]
)
def test_percentages_are_scaled(value: int | str, up: int, down: int) -> None:
    assert intstr.scaled_value(value, 10, round_up=True) == up
    assert intstr.scaled_value(value, 10, round_up=False) == down


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "nil value for IntOrString"),
        ("5", "invalid value for IntOrString: invalid type: string is not a percentage"),
        (
            "x%",
            (
                'invalid value for IntOrString: invalid value "x%": strconv.Atoi: parsing "x":'
                " invalid syntax"
            ),
        ),
    ],
)
def test_other_strings_are_refused(value: str | None, message: str) -> None:
    with pytest.raises(intstr.IntOrStringError) as caught:
        intstr.scaled_value(value, 10, round_up=True)
    assert str(caught.value) == message


def test_text_that_fits_32_bits_is_a_number() -> None:
    assert intstr.parse("80") == 80
    assert intstr.parse("http") == "http"
    assert intstr.parse("9999999999") == "9999999999"
    assert intstr.int_value("7") == 7
    assert intstr.int_value("x") == 0
