from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.errors import APIError
from tests.kinds.core.services import NODE_PORTS, Services

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("", "v1", "services")
WEB = [{"port": 80}]
BOTH = [{"port": 53, "name": "tcp"}, {"port": 53, "name": "udp", "protocol": "UDP"}]


@pytest.fixture(name="services")
def _services(doors: Doors) -> Services:
    return Services(doors)


async def refused(write: Any) -> str:
    with pytest.raises(APIError) as caught:
        await write
    return caught.value.message


def node_ports(service: dict[str, Any]) -> list[int]:
    return [port.get("nodePort", 0) for port in service["spec"]["ports"]]


async def test_a_service_gets_an_address_that_an_object_reserves(services: Services) -> None:
    spec = (await services.post("a", ports=WEB))["spec"]
    address = spec["clusterIP"]
    assert spec["clusterIPs"] == [address]
    assert (spec["ipFamilies"], spec["ipFamilyPolicy"]) == (["IPv4"], "SingleStack")
    reserved = services.addresses[address]
    parent = {"resource": "services", "namespace": "ns", "name": "a"}
    assert reserved["spec"]["parentRef"] == parent
    assert reserved["metadata"]["labels"] == {
        "ipaddress.kubernetes.io/ip-family": "IPv4",
        "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
    }


async def test_addresses_come_from_the_upper_band_until_it_is_full(services: Services) -> None:
    for number in range(238):
        spec = (await services.post(f"s{number}", ports=WEB))["spec"]
        assert int(spec["clusterIP"].rpartition(".")[2]) > 16
    spec = (await services.post("one-more", ports=WEB))["spec"]
    assert 1 < int(spec["clusterIP"].rpartition(".")[2]) <= 16


async def test_a_full_range_is_an_internal_error(doors: Doors) -> None:
    services = Services(doors, "10.0.0.0/30")
    await services.post("a", ports=WEB)
    assert await refused(services.post("b", ports=WEB)) == (
        'Internal error occurred: failed to allocate a serviceIP for Service "b": range is full'
    )


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("10.0.0.1", "provided IP is already allocated"),
        ("10.9.9.9", "the provided network does not match the current range"),
        ("10.0.0.0", "the provided network does not match the current range"),
        ("10.0.0.255", "the provided network does not match the current range"),
    ],
)
async def test_an_address_must_be_free_and_of_the_range(
    services: Services, address: str, why: str
) -> None:
    assert await refused(services.post("a", clusterIP=address, ports=WEB)) == (
        f'Service "a" is invalid: spec.clusterIPs: Invalid value: ["{address}"]: '
        f"failed to allocate IP {address}: {why}"
    )


async def test_a_deleted_service_frees_its_address(services: Services) -> None:
    await services.post("a", clusterIP="10.0.0.5", ports=WEB)
    await services.remove("a")
    again = await services.post("b", clusterIP="10.0.0.5", ports=WEB)
    assert again["spec"]["clusterIPs"] == ["10.0.0.5"]


async def test_a_refused_service_leaves_nothing_behind(services: Services) -> None:
    await refused(services.post("a", type="NodePort", ports=[{"port": 0}]))
    assert list(services.addresses) == ["10.0.0.1"]
    assert services.reserved == set()


async def test_a_dry_run_shows_an_address_and_ports_but_takes_none(services: Services) -> None:
    ports = [{"port": 80, "name": "a"}, {"port": 81, "name": "b"}]
    shown = await services.post("a", dry_run=True, type="NodePort", ports=ports)
    assert shown["spec"]["clusterIP"] == "10.0.0.0"
    assert node_ports(shown) == [32769, 32770]
    assert list(services.addresses) == ["10.0.0.1"]
    await refused(services.post("a", dry_run=True, clusterIP="10.9.9.9", ports=WEB))


async def test_a_dry_run_counts_on_from_what_was_asked_for(services: Services) -> None:
    ports = [{"port": 80, "name": "a", "nodePort": -1}, {"port": 81, "name": "b"}]
    shown = await services.post("a", dry_run=True, type="NodePort", ports=ports)
    assert node_ports(shown) == [-1, 1]


async def test_an_address_stays_when_the_writer_leaves_it_out(services: Services) -> None:
    address = (await services.post("a", ports=WEB))["spec"]["clusterIP"]
    spec = (await services.put("a", ports=[{"port": 81}]))["spec"]
    assert (spec["clusterIP"], spec["clusterIPs"]) == (address, [address])
    assert await refused(services.patch("a", clusterIP="10.0.0.9")) == (
        'Service "a" is invalid: spec.clusterIPs[0]: Invalid value: ["10.0.0.9"]: '
        "may not change once set"
    )


async def test_an_external_name_has_no_address(services: Services) -> None:
    address = (await services.post("a", ports=WEB))["spec"]["clusterIP"]
    spec = (await services.patch("a", type="ExternalName", externalName="x.example"))["spec"]
    assert not {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"} & set(spec)
    assert address not in services.addresses
    spec = (await services.patch("a", type="ClusterIP", externalName=None))["spec"]
    assert spec["clusterIP"] in services.addresses


async def test_headless_services_have_families_but_no_address(services: Services) -> None:
    bare = (await services.post("a", clusterIP="None"))["spec"]
    assert (bare["ipFamilies"], bare["ipFamilyPolicy"]) == (["IPv4", "IPv6"], "RequireDualStack")
    selecting = (await services.post("b", clusterIP="None", selector={"a": "b"}))["spec"]
    assert (selecting["ipFamilies"], selecting["clusterIPs"]) == (["IPv4"], ["None"])
    assert list(services.addresses) == ["10.0.0.1"]


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (
            {"ipFamilyPolicy": "RequireDualStack"},
            (
                'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": '
                "this cluster is not configured for dual-stack services"
            ),
        ),
        (
            {"ipFamilies": ["IPv6"]},
            'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
        ),
        (
            {"clusterIP": "::7"},
            'spec.clusterIPs[0]: Invalid value: ["::7"]: IPv6 is not configured on this cluster',
        ),
        (
            {"ipFamilies": ["IPv4", "IPv6"]},
            (
                "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' "
                "or 'PreferDualStack' when multiple IP families are specified"
            ),
        ),
        (
            {"clusterIPs": ["10.0.0.9"]},
            (
                'spec.clusterIPs: Invalid value: ["10.0.0.9"]: '
                "must be empty when `clusterIP` is not specified"
            ),
        ),
    ],
)
async def test_families_must_fit_the_cluster(
    services: Services, spec: dict[str, Any], why: str
) -> None:
    text = await refused(services.post("a", ports=WEB, **spec))
    assert text == f'Service "a" is invalid: {why}'


async def test_a_dual_stack_cluster_gives_two_addresses_and_takes_one_back(doors: Doors) -> None:
    services = Services(doors, "10.0.0.0/24,fd00::/112")
    spec = (await services.post("a", ipFamilyPolicy="PreferDualStack", ports=WEB))["spec"]
    first, second = spec["clusterIPs"]
    assert (spec["ipFamilies"], spec["clusterIP"]) == (["IPv4", "IPv6"], first)
    assert second.startswith("fd00::")
    spec = (await services.patch("a", ipFamilyPolicy="SingleStack"))["spec"]
    assert (spec["ipFamilies"], spec["clusterIPs"]) == (["IPv4"], [first])
    assert second not in services.addresses
    spec = (await services.patch("a", ipFamilyPolicy="RequireDualStack"))["spec"]
    assert spec["clusterIPs"][0] == first
    assert spec["clusterIPs"][1] in services.addresses


async def test_ports_of_one_number_share_a_node_port(services: Services) -> None:
    one, other = node_ports(await services.post("a", type="NodePort", ports=BOTH))
    assert one == other
    assert one > NODE_PORTS[0] + 15, "the lower ports are for those who ask for them"


@pytest.mark.parametrize(
    ("port", "why"),
    [
        (30005, "provided port is already allocated"),
        (
            80,
            "provided port is not in the valid range. The range of valid ports is 30000-30099",
        ),
    ],
)
async def test_a_node_port_must_be_free_and_in_range(
    services: Services, port: int, why: str
) -> None:
    await services.post("a", type="NodePort", ports=[{"port": 80, "nodePort": 30005}])
    write = services.post("b", type="NodePort", ports=[{"port": 80, "nodePort": port}])
    assert await refused(write) == (
        f'Service "b" is invalid: spec.ports[0].nodePort: Invalid value: {port}: {why}'
    )


async def test_a_write_under_way_holds_its_node_port(services: Services) -> None:
    services.reserved.add(30007)
    write = services.post("a", type="NodePort", ports=[{"port": 80, "nodePort": 30007}])
    assert "provided port is already allocated" in await refused(write)
    assert services.reserved == {30007}


async def test_node_ports_stay_by_name_and_go_with_the_type(services: Services) -> None:
    (port,) = node_ports(await services.post("a", type="NodePort", ports=WEB))
    assert node_ports(await services.put("a", type="NodePort", ports=[{"port": 81}])) == [port]
    assert node_ports(await services.patch("a", type="ClusterIP")) == [0]
    again = await services.post("b", type="NodePort", ports=[{"port": 1, "nodePort": port}])
    assert node_ports(again) == [port]


async def test_a_node_port_given_twice_in_one_update_is_a_bare_error(services: Services) -> None:
    await services.post("a", type="NodePort", ports=WEB)
    ports = [
        {"port": 81, "name": "x", "nodePort": 30009},
        {"port": 82, "name": "y", "nodePort": 30009},
    ]
    assert await refused(services.patch("a", ports=ports)) == "duplicate nodePort: {TCP 30009}"


async def test_local_traffic_needs_a_health_check_port(services: Services) -> None:
    local: dict[str, Any] = {"type": "LoadBalancer", "externalTrafficPolicy": "Local", "ports": WEB}
    spec = (await services.post("a", **local, healthCheckNodePort=30010))["spec"]
    assert spec["healthCheckNodePort"] == 30010
    assert await refused(services.post("b", **local, healthCheckNodePort=30010)) == (
        "Internal error occurred: failed to allocate requested HealthCheck NodePort 30010: "
        "provided port is already allocated"
    )
    assert await refused(services.patch("a", healthCheckNodePort=30011)) == (
        'Service "a" is invalid: spec.healthCheckNodePort: Forbidden: field is immutable'
    )
    spec = (await services.patch("a", externalTrafficPolicy="Cluster"))["spec"]
    assert "healthCheckNodePort" not in spec


async def test_a_load_balancer_may_do_without_node_ports(services: Services) -> None:
    spec: dict[str, Any] = {
        "type": "LoadBalancer",
        "allocateLoadBalancerNodePorts": False,
        "ports": WEB,
    }
    assert node_ports(await services.post("a", **spec)) == [0]


async def test_what_belongs_to_a_load_balancer_goes_with_the_type(services: Services) -> None:
    await services.post("a", type="LoadBalancer", loadBalancerClass="x.example/y", ports=WEB)
    balancer = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1", "ipMode": "VIP"}]}}
    services.stored["a"] = {**services.stored["a"], "status": balancer}
    found = await services.patch("a", type="ClusterIP")
    gone = {"allocateLoadBalancerNodePorts", "loadBalancerClass", "externalTrafficPolicy"}
    assert not gone & set(found["spec"])
    assert found["status"] == {"loadBalancer": {}}


@pytest.mark.parametrize(
    ("conditions", "taken"),
    [
        ([], True),
        ([{"type": "Ready", "status": "True"}], True),
        ([{"type": "Ready", "status": "False"}], False),
        ([{"type": "Other", "status": "False"}], True),
    ],
)
async def test_a_further_range_serves_unless_it_says_that_it_is_not_ready(
    services: Services, conditions: list[dict[str, str]], taken: bool
) -> None:
    further = {"spec": {"cidrs": ["10.7.0.0/28"]}, "status": {"conditions": conditions}}
    services.ranges = [{"metadata": {"name": "more"}, **further}]
    if not taken:
        assert "does not match" in await refused(services.post("a", clusterIP="10.7.0.3"))
        return
    made = await services.post("a", clusterIP="10.7.0.3", ports=WEB)
    assert made["spec"]["clusterIPs"] == ["10.7.0.3"]
