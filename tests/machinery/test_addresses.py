"""IP addresses and CIDRs, old fields and new ones."""

from __future__ import annotations

import pytest

from fakek8s.machinery import addresses

NOT_AN_IP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
NOT_A_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"


@pytest.mark.parametrize(
    ("value", "legacy", "strict", "modern"),
    [
        ("1.2.3.4", [], [], []),
        ("01.2.3.4", [], ["must not have leading 0s"], ["must not have leading 0s"]),
        ("::ffff:1.2.3.4", [], *[["must not be an IPv4-mapped IPv6 address"]] * 2),
        ("2001:DB8::1", [], [], ['must be in canonical form ("2001:db8::1")']),
        ("256.1.1.1", *[[NOT_AN_IP]] * 3),
        ("fe80::1%eth0", *[[NOT_AN_IP]] * 3),
        ("1::2::3", *[[NOT_AN_IP]] * 3),
        ("", *[[NOT_AN_IP]] * 3),
    ],
)
def test_old_fields_are_laxer_about_addresses(
    value: str, legacy: list[str], strict: list[str], modern: list[str]
) -> None:
    assert addresses.is_ip_legacy(value) == legacy
    assert addresses.is_ip_legacy(value, strict=True) == strict
    assert addresses.is_ip(value) == modern


@pytest.mark.parametrize(
    ("value", "legacy", "modern"),
    [
        ("10.0.0.0/8", [], []),
        ("10.0.0.1/8", [], ["must not have bits set beyond the prefix length"]),
        ("10.0.0.0/08", [], ["must not have leading 0s in IP or prefix length"]),
        ("2001:DB8::/32", [], ['must be in canonical form ("2001:db8::/32")']),
        ("10.0.0.0/33", [NOT_A_CIDR], [NOT_A_CIDR]),
        ("10.0.0.0", [NOT_A_CIDR], [NOT_A_CIDR]),
    ],
)
def test_old_fields_are_laxer_about_networks(
    value: str, legacy: list[str], modern: list[str]
) -> None:
    assert addresses.is_cidr_legacy(value) == legacy
    assert addresses.is_cidr(value) == modern


def test_an_interface_address_keeps_its_host_bits() -> None:
    assert addresses.is_interface_address("10.9.8.7/24") == []
    assert addresses.is_interface_address("10.9.8.07/24") == [
        'must be in canonical form ("10.9.8.7/24")'
    ]


def test_odd_spellings_are_warned_about() -> None:
    assert addresses.ip_warnings("spec.x", "010.0.0.1") == [
        'spec.x: non-standard IP address "010.0.0.1" is invalid: use "10.0.0.1"'
    ]
    assert addresses.cidr_warnings("spec.x", "10.0.0.1/8") == [
        (
            'spec.x: CIDR value "10.0.0.1/8" is ambiguous in this context'
            ' (should be "10.0.0.0/8" or "10.0.0.1/32"?)'
        )
    ]
