from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("discovery.k8s.io", "v1", "endpointslices")


def endpoint_slice(**fields: Any) -> dict[str, Any]:
    endpoints = [{"addresses": ["10.1.1.1"]}]
    return {
        "metadata": {"name": "s"},
        "addressType": "IPv4",
        "endpoints": endpoints,
        "ports": [{"port": 80}],
        **fields,
    }


def test_a_port_gets_a_name_and_a_protocol(doors: Doors) -> None:
    found = doors.create(endpoint_slice())
    assert found.texts == []
    assert found.object["ports"] == [{"name": "", "protocol": "TCP", "port": 80}]
    assert found.object["metadata"]["generation"] == 1


def test_a_change_of_labels_is_a_new_generation(doors: Doors) -> None:
    old = doors.create(endpoint_slice()).object
    labelled = doors.update(old, {"metadata": {"labels": {"a": "b"}}}).object
    assert labelled["metadata"]["generation"] == 2
    noted = doors.update(old, {"metadata": {"annotations": {"a": "b"}}}).object
    assert noted["metadata"]["generation"] == 1


def test_the_old_topology_is_dropped(doors: Doors) -> None:
    endpoint = {"addresses": ["10.1.1.1"], "deprecatedTopology": {"a": "b"}}
    found = doors.create(endpoint_slice(endpoints=[endpoint])).object
    assert found["endpoints"] == [{"addresses": ["10.1.1.1"], "conditions": {}}]


@pytest.mark.parametrize(
    ("fields", "texts"),
    [
        (
            {"addressType": "X", "ports": [{"protocol": "ICMP"}], "endpoints": [{"addresses": []}]},
            [
                (
                    'ports[0].protocol: Unsupported value: "ICMP": '
                    'supported values: "SCTP", "TCP", "UDP"'
                ),
                'addressType: Unsupported value: "X": supported values: "FQDN", "IPv4", "IPv6"',
                "endpoints[0].addresses: Required value",
            ],
        ),
        ({"ports": [{"port": 1}, {"port": 2}]}, ['ports[1].name: Duplicate value: ""']),
        (
            {"endpoints": [{"addresses": ["::1"]}]},
            [
                'endpoints[0].addresses: Invalid value: "::1": must be an IPv4 address',
                (
                    'endpoints[0].addresses[0]: Invalid value: "::1": '
                    "may not be in the loopback range (127.0.0.0/8, ::1/128)"
                ),
            ],
        ),
        (
            {"addressType": "FQDN", "endpoints": [{"addresses": ["", "a"]}]},
            [
                "endpoints[0].addresses[0]: Required value",
                (
                    'endpoints[0].addresses[1]: Invalid value: "a": '
                    "should be a domain with at least two segments separated by dots"
                ),
            ],
        ),
        (
            {"endpoints": [{"addresses": ["10.1.1.1"] * 101}]},
            ["endpoints[0].addresses: Too many: 101: must have at most 100 items"],
        ),
        (
            {
                "endpoints": [
                    {
                        "addresses": ["10.1.1.1"],
                        "hints": {"forZones": [{"name": "a"}, {"name": "a"}]},
                    }
                ]
            },
            ['endpoints[0].hints.forZones[1].name: Duplicate value: "a"'],
        ),
    ],
)
def test_a_slice_is_refused_with_all_that_is_wrong(
    doors: Doors, fields: dict[str, Any], texts: list[str]
) -> None:
    assert doors.create(endpoint_slice(**fields)).texts == texts


def test_the_address_type_stays(doors: Doors) -> None:
    old = doors.create(endpoint_slice(endpoints=[])).object
    immutable = "addressType: Invalid value: null: field is immutable"
    assert doors.update(old, {"addressType": "IPv6"}).texts == [immutable]
    assert doors.update(old, {"addressType": None}).texts == [
        "addressType: Required value",
        immutable,
    ]


def test_names_instead_of_addresses_are_deprecated(doors: Doors) -> None:
    named = endpoint_slice(addressType="FQDN", endpoints=[{"addresses": ["a.b"]}])
    assert doors.create(named).warnings == ["spec.addressType: FQDN endpoints are deprecated"]


def test_a_row_shows_three_of_each_and_counts_the_rest(doors: Doors) -> None:
    ports = [{"port": 1, "name": "a"}, {"name": "b"}]
    endpoints = [{"addresses": [f"10.1.1.{number}"]} for number in range(5)]
    row = doors.cells(doors.decode(endpoint_slice(ports=ports, endpoints=endpoints)))
    assert row[1:4] == ["IPv4", "1,b", "10.1.1.0,10.1.1.1,10.1.1.2 + 2 more..."]
    empty = doors.cells(doors.decode(endpoint_slice(ports=None, endpoints=None)))
    assert empty[2:4] == ["<unset>", "<unset>"]


def test_a_change_of_what_is_dropped_is_a_new_generation_too(doors: Doors) -> None:
    old = doors.create(endpoint_slice()).object
    endpoint = {"addresses": ["10.1.1.1"], "deprecatedTopology": {"a": "b"}}
    found = doors.update(old, {"endpoints": [endpoint]}).object
    assert found["endpoints"] == [{"addresses": ["10.1.1.1"], "conditions": {}}]
    assert found["metadata"]["generation"] == 2


def test_an_address_type_that_is_taken_away_is_missed_last(doors: Doors) -> None:
    old = doors.create(endpoint_slice()).object
    bad = [{"name": "A!", "protocol": "TCP", "port": 80}]
    missing = doors.update(old, {"addressType": "", "ports": bad})
    assert [error.field for error in missing.errors][-2:] == ["addressType", "addressType"]
    unheard = doors.update(old, {"addressType": "x", "ports": bad})
    assert unheard.errors[0].field == "addressType"
