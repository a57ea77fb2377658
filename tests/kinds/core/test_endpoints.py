from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("", "v1", "endpoints")


def endpoints(*subsets: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": "e"}, "subsets": list(subsets)}


def test_a_port_is_tcp_unless_it_says_so(doors: Doors) -> None:
    found = doors.create(endpoints({"addresses": [{"ip": "10.1.1.1"}], "ports": [{"port": 1}]}))
    assert found.texts == []
    assert found.object["subsets"][0]["ports"] == [{"port": 1, "protocol": "TCP"}]


def test_a_subset_has_addresses_that_traffic_may_go_to(doors: Doors) -> None:
    ports = [{"port": 0, "name": "a"}, {"port": 1, "protocol": "x"}]
    addresses = [{"ip": "127.0.0.9"}, {"ip": "x"}]
    assert doors.create(endpoints({}, {"addresses": addresses, "ports": ports})).texts == [
        "subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`",
        (
            'subsets[1].addresses[0].ip: Invalid value: "127.0.0.9": '
            "may not be in the loopback range (127.0.0.0/8, ::1/128)"
        ),
        (
            'subsets[1].addresses[1].ip: Invalid value: "x": '
            "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
        ),
        'subsets[1].addresses[1].ip: Invalid value: "x": must be a valid IP address',
        "subsets[1].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
        "subsets[1].ports[1].name: Required value",
        (
            'subsets[1].ports[1].protocol: Unsupported value: "x": '
            'supported values: "SCTP", "TCP", "UDP"'
        ),
    ]


def test_what_is_stored_already_may_stay(doors: Doors) -> None:
    old = doors.decode(endpoints({"addresses": [{"ip": "127.0.0.9"}]}))
    assert doors.update(old, {"metadata": {"labels": {"a": "b"}}}).texts == []


def test_odd_addresses_are_warned_of_unless_the_controller_writes(doors: Doors) -> None:
    odd = endpoints({"notReadyAddresses": [{"ip": "2001:DB8::1"}]})
    assert doors.create(odd).warnings == [
        (
            'subsets[0].notReadyAddresses[0].ip: IPv6 address "2001:DB8::1" should be in '
            'RFC 5952 canonical format ("2001:db8::1")'
        )
    ]
    odd["metadata"]["labels"] = {"endpoints.kubernetes.io/managed-by": "endpoint-controller"}
    assert doors.create(odd).warnings == []


def test_a_row_shows_three_addresses_and_counts_the_rest(doors: Doors) -> None:
    subset = {"addresses": [{"ip": "10.1.1.1"}, {"ip": "fd00::1"}], "ports": [{"port": 1}]}
    assert doors.cells(doors.decode(endpoints(subset)))[1] == "10.1.1.1:1,[fd00::1]:1"
    portless = {"addresses": [{"ip": f"10.1.1.{n}"} for n in range(5)]}
    shown = "10.1.1.0,10.1.1.1,10.1.1.2 + 2 more..."
    assert doors.cells(doors.decode(endpoints(portless)))[1] == shown
    assert doors.cells(doors.decode(endpoints()))[1] == "<none>"
