from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("", "v1", "services")
BALANCERS_ONLY = "may only be used when `type` is 'LoadBalancer'"
INGRESS = "status.loadBalancer.ingress"


def service(**spec: Any) -> dict[str, Any]:
    """A service as it is after allocation."""
    spec = {"ports": [{"port": 80}], "clusterIP": "10.0.0.5", "clusterIPs": ["10.0.0.5"], **spec}
    return {"metadata": {"name": "s"}, "spec": {k: v for k, v in spec.items() if v is not None}}


def external(**spec: Any) -> dict[str, Any]:
    none = {"ports": None, "clusterIP": None, "clusterIPs": None}
    return service(type="ExternalName", **{**none, **spec})


def test_a_port_gets_its_protocol_and_target(doors: Doors) -> None:
    spec = doors.decode(service())["spec"]
    assert spec["ports"] == [{"protocol": "TCP", "port": 80, "targetPort": 80}]
    assert (spec["type"], spec["sessionAffinity"]) == ("ClusterIP", "None")
    assert spec["internalTrafficPolicy"] == "Cluster"
    assert "externalTrafficPolicy" not in spec


def test_affinity_by_client_lasts_three_hours(doors: Doors) -> None:
    spec = doors.decode(service(sessionAffinity="ClientIP"))["spec"]
    assert spec["sessionAffinityConfig"] == {"clientIP": {"timeoutSeconds": 10800}}
    config = {"clientIP": {"timeoutSeconds": 5}}
    spec = doors.decode(service(sessionAffinityConfig=config))["spec"]
    assert "sessionAffinityConfig" not in spec


def test_addresses_from_outside_default_the_external_policy(doors: Doors) -> None:
    spec = doors.decode(service(externalIPs=["192.0.2.1"]))["spec"]
    assert spec["externalTrafficPolicy"] == "Cluster"


def test_an_external_name_never_shows_an_internal_policy(doors: Doors) -> None:
    found = doors.create(external(externalName="a.b.", internalTrafficPolicy="Local"))
    assert found.texts == []
    assert "internalTrafficPolicy" not in found.object["spec"]


@pytest.mark.parametrize(
    ("spec", "texts"),
    [
        ({"ports": []}, ["spec.ports: Required value"]),
        (
            {"ports": [{"port": 80}, {"port": 81}]},
            ["spec.ports[0].name: Required value", "spec.ports[1].name: Required value"],
        ),
        (
            {"ports": [{"port": 80, "name": "x", "nodePort": 30000}]},
            ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
        ),
        (
            {"ports": [{"port": 80, "name": "a"}, {"port": 80, "name": "a"}]},
            [
                'spec.ports[1].name: Duplicate value: "a"',
                (
                    'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP",'
                    '"AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}'
                ),
            ],
        ),
        (
            {"type": "Cluster"},
            [
                (
                    'spec.type: Unsupported value: "Cluster": supported values: '
                    '"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"'
                )
            ],
        ),
        (
            {"type": "NodePort", "clusterIP": "None", "clusterIPs": ["None"]},
            [
                (
                    'spec.clusterIPs[0]: Invalid value: "None": '
                    "may not be set to 'None' for NodePort services"
                )
            ],
        ),
        (
            {
                "sessionAffinity": "ClientIP",
                "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 0}},
            },
            [
                (
                    "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: "
                    "must be greater than 0 and less than 86400"
                )
            ],
        ),
        (
            {"externalIPs": ["127.0.0.1", "1.2.3.04"], "externalTrafficPolicy": "Cluster"},
            [
                (
                    'spec.externalIPs[0]: Invalid value: "127.0.0.1": '
                    "may not be in the loopback range (127.0.0.0/8, ::1/128)"
                ),
                'spec.externalIPs[1]: Invalid value: "1.2.3.04": must not have leading 0s',
            ],
        ),
        (
            {
                "allocateLoadBalancerNodePorts": True,
                "loadBalancerClass": "a",
                "loadBalancerSourceRanges": ["10.0.0.0/8"],
                "externalTrafficPolicy": "Local",
                "healthCheckNodePort": 3,
            },
            [
                f"spec.LoadBalancerSourceRanges: Forbidden: {BALANCERS_ONLY}",
                f"spec.allocateLoadBalancerNodePorts: Forbidden: {BALANCERS_ONLY}",
                f"spec.loadBalancerClass: Forbidden: {BALANCERS_ONLY}",
                (
                    'spec.externalTrafficPolicy: Invalid value: "Local": '
                    "may only be set for externally-accessible services"
                ),
                (
                    "spec.healthCheckNodePort: Invalid value: 3: may only be set when `type` is "
                    "'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
                ),
            ],
        ),
    ],
)
def test_a_service_is_refused_with_all_that_is_wrong(
    doors: Doors, spec: dict[str, Any], texts: list[str]
) -> None:
    assert doors.create(service(**spec)).texts == texts


def test_an_external_name_has_a_name_and_nothing_to_do_with_addresses(doors: Doors) -> None:
    assert doors.create(external()).texts == ["spec.externalName: Required value"]
    found = doors.create(external(externalName="a.b", clusterIPs=["None"], ipFamilies=["IPv4"]))
    assert found.texts == [
        "spec.clusterIPs: Forbidden: may not be set for ExternalName services",
        "spec.ipFamilies: Forbidden: may not be set for ExternalName services",
    ]


def test_ranges_may_come_by_annotation_and_stay_as_they_were(doors: Doors) -> None:
    name = "service.beta.kubernetes.io/load-balancer-source-ranges"
    annotated = service(type="LoadBalancer")
    annotated["metadata"]["annotations"] = {name: "x, 10.0.0.0/8"}
    found = doors.create(annotated)
    assert found.texts == [
        (
            f'metadata.annotations[{name}]: Invalid value: "x": '
            "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
        )
    ]
    assert doors.update(found.object, {"metadata": {"labels": {"a": "b"}}}).texts == []


def test_the_class_of_a_load_balancer_stays(doors: Doors) -> None:
    old = doors.create(service(type="LoadBalancer", loadBalancerClass="a")).object
    found = doors.update(old, {"spec": {"loadBalancerClass": "b"}})
    assert found.texts == ['spec.loadBalancerClass: Invalid value: "b": may not change once set']


def test_writers_are_warned_of_what_has_no_effect(doors: Doors) -> None:
    found = doors.create(
        service(
            externalIPs=["192.0.2.1"],
            loadBalancerIP="::ffff:192.0.2.9",
            externalName="x",
            trafficDistribution="PreferClose",
        )
    )
    assert found.texts == []
    assert found.warnings == [
        "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
        (
            'spec.loadBalancerIP: non-standard IP address "::ffff:192.0.2.9" is invalid: '
            'use "192.0.2.9"'
        ),
        'spec.externalName is ignored when spec.type is not "ExternalName"',
        'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ]


def test_the_status_door_writes_where_a_load_balancer_is(doors: Doors) -> None:
    old = doors.create(service(type="LoadBalancer")).object
    ingress = [{"ip": "192.0.2.9"}, {"hostname": "lb.example.com"}]
    changes = {"spec": {"selector": {"a": "b"}}, "status": {"loadBalancer": {"ingress": ingress}}}
    found = doors.update(old, changes, "status")
    assert found.texts == []
    assert "selector" not in found.object["spec"]
    assert found.object["status"]["loadBalancer"]["ingress"][0] == {
        "ip": "192.0.2.9",
        "ipMode": "VIP",
    }


def test_a_status_is_refused_with_all_that_is_wrong(doors: Doors) -> None:
    old = doors.create(service(type="LoadBalancer")).object
    ingress = [{"ipMode": "VIP"}, {"ip": "x", "ipMode": "Q", "hostname": "1.2.3.4"}]
    found = doors.update(old, {"status": {"loadBalancer": {"ingress": ingress}}}, "status")
    assert found.texts == [
        f"{INGRESS}[0].ipMode: Forbidden: may not be specified when `ip` is not set",
        (
            f'{INGRESS}[1].ip: Invalid value: "x": '
            "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
        ),
        f'{INGRESS}[1].ipMode: Unsupported value: "Q": supported values: "Proxy", "VIP"',
        f'{INGRESS}[1].hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
    ]
    plain = doors.create(service()).object
    found = doors.update(plain, {"status": {"loadBalancer": {"ingress": ingress[:1]}}}, "status")
    assert found.texts == [
        f"{INGRESS}: Forbidden: may only be used when `spec.type` is 'LoadBalancer'"
    ]


@pytest.mark.parametrize(
    ("spec", "row"),
    [
        ({}, ["ClusterIP", "10.0.0.5", "<none>", "80/TCP", "<unknown>", "<none>"]),
        (
            {"type": "LoadBalancer", "selector": {"b": "2", "a": "1"}},
            ["LoadBalancer", "10.0.0.5", "<pending>", "80/TCP", "<unknown>", "a=1,b=2"],
        ),
        (
            {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30001}], "externalIPs": ["x"]},
            ["NodePort", "10.0.0.5", "x", "80:30001/TCP", "<unknown>", "<none>"],
        ),
    ],
)
def test_a_row_shows_how_to_reach_it(doors: Doors, spec: dict[str, Any], row: list[Any]) -> None:
    assert doors.cells(doors.create(service(**spec)).object) == ["s", *row]


def test_a_row_shows_where_the_load_balancer_is(doors: Doors) -> None:
    found = doors.create(service(type="LoadBalancer", externalIPs=["192.0.2.7"])).object
    ingress = [{"hostname": "b.example"}, {"ip": "192.0.2.1"}]
    found["status"] = {"loadBalancer": {"ingress": ingress}}
    assert doors.cells(found)[3] == "192.0.2.1,b.example,192.0.2.7"


def test_field_selectors_see_the_address_and_the_type(doors: Doors) -> None:
    found = doors.create(service()).object
    assert doors.field("spec.clusterIP", found) == "10.0.0.5"
    assert doors.field("spec.type", found) == "ClusterIP"
