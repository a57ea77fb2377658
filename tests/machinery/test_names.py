"""Validators in upstream's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakek8s.machinery import names

if TYPE_CHECKING:
    from collections.abc import Callable

LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and"
    " must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used"
    " for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
KEY = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an"
    " alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for"
    " validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (names.is_dns1123_label, "a-1"),
        (names.is_dns1123_subdomain, "a.b-c.d"),
        (names.is_dns1123_subdomain_prefix, "web-"),
        (names.is_dns1123_subdomain_with_underscore, "_a.b_c"),
        (names.is_dns1035_label, "abc"),
        (names.is_wildcard_dns1123_subdomain, "*.example.com"),
        (names.is_qualified_name, "example.com/My_Name"),
        (names.is_label_value, ""),
        (names.is_c_identifier, "_x1"),
        (names.is_env_var_name, "my.env-name"),
        (names.is_relaxed_env_var_name, "1 weird!"),
        (names.is_config_map_key, "a_B.c"),
        (names.is_port_name, "http-1"),
        (names.is_http_header_name, "X-A"),
        (names.is_percent, "10%"),
        (names.is_path_segment_name, "system:node"),
        (names.is_fully_qualified_name, "a.b.c"),
        (names.is_fully_qualified_domain_name, "a.b."),
        (names.is_domain_prefixed_path, "acme.io/foo"),
    ],
)
def test_valid_values_give_no_message(check: Callable[[str], list[str]], value: str) -> None:
    assert check(value) == []


@pytest.mark.parametrize(
    ("check", "value", "messages"),
    [
        (names.is_dns1123_label, "A", [LABEL]),
        (names.is_dns1123_label, "a.b", ["must not contain dots"]),
        (names.is_dns1123_label, "a" * 64, ["must be no more than 63 characters"]),
        (names.is_dns1123_label, "a\n", [LABEL]),
        (names.is_label_value, "a" * 64, ["must be no more than 63 bytes"]),
        (names.is_qualified_name, "", ["name part must be non-empty", f"name part {KEY}"]),
        (names.is_qualified_name, "/a", ["prefix part must be non-empty"]),
        (
            names.is_qualified_name,
            "a/b/c",
            [
                (
                    f"a valid label key {KEY} with an optional DNS subdomain prefix and '/' (e.g."
                    " 'example.com/MyName')"
                )
            ],
        ),
        (names.is_config_map_key, "..", ["must not be '..'"]),
        (names.is_env_var_name, "..x", ["must not start with '..'"]),
        (
            names.is_port_name,
            "-1--",
            [
                "must contain at least one letter (a-z)",
                "must not contain consecutive hyphens",
                "must not begin or end with a hyphen",
            ],
        ),
        (names.is_path_segment_name, "..", ["may not be '..'"]),
        (names.is_path_segment_name, "a/b%", ["may not contain '/'", "may not contain '%'"]),
        (
            names.is_fully_qualified_name,
            "a.b",
            ["should be a domain with at least three segments separated by dots"],
        ),
        (names.is_fully_qualified_name, "", [names.REQUIRED]),
    ],
)
def test_invalid_values_are_worded_as_upstream_words_them(
    check: Callable[[str], list[str]], value: str, messages: list[str]
) -> None:
    assert check(value) == messages


def test_declarative_validation_counts_bytes() -> None:
    assert names.is_dns1123_label("a" * 64, "bytes") == ["must be no more than 63 bytes"]


def test_ports_have_a_range() -> None:
    assert names.is_port_num(65535) == []
    assert names.is_port_num(0) == ["must be between 1 and 65535, inclusive"]


def test_a_trailing_dash_of_a_prefix_is_masked() -> None:
    assert names.mask_trailing_dash("web-") == "wea"
    assert names.mask_trailing_dash("-") == "-"
