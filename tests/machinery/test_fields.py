"""Field selectors: grammar, escapes, matching."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakek8s.machinery import fields


def test_terms_are_sorted_and_empty_ones_skipped() -> None:
    selector = fields.parse("status.phase!=Running,,metadata.name==a,")
    assert selector.requirements == (
        ("metadata.name", "=", "a"),
        ("status.phase", "!=", "Running"),
    )
    assert str(selector) == "metadata.name=a,status.phase!=Running"


def test_a_missing_field_counts_as_empty() -> None:
    selector = fields.parse("spec.nodeName=,metadata.name!=b")
    assert selector.matches({"metadata.name": "a"})
    assert not selector.matches({"metadata.name": "a", "spec.nodeName": "n"})
    assert not selector.matches({"metadata.name": "b"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "metadata.name in (a)",
            "invalid selector: 'metadata.name in (a)'; can't understand 'metadata.name in (a)'",
        ),
        ("a=b=c", "invalid field selector: unescaped character in value: 61"),
        ("a=\\x", "invalid field selector: invalid escape sequence: \\x"),
        ("a=b\\", "invalid field selector: invalid escape sequence: \\"),
    ],
)
def test_bad_selectors_are_refused_in_upstreams_words(text: str, message: str) -> None:
    with pytest.raises(fields.FieldSelectorError) as caught:
        fields.parse(text)
    assert str(caught.value) == message


def test_fields_can_be_renamed_and_dropped() -> None:
    def rename(name: str, value: str) -> tuple[str, str]:
        return ("", "") if name == "drop" else (f"metadata.{name}", value)

    selector = fields.parse("name=a,drop=b").transform(rename)
    assert str(selector) == "metadata.name=a"
    assert selector.requires_exact_match("metadata.name") == "a"


@given(st.text(min_size=1))
def test_escaped_values_read_back(value: str) -> None:
    assert fields.parse(f"f={fields.escape_value(value)}").requirements == (("f", "=", value),)
