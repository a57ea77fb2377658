"""What has to be there before a connection to a pod, service or node can be tried."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.errors import APIError
from fakek8s.kinds.core.node import locate_proxied as locate_node
from fakek8s.kinds.core.pod.connect import check_container, check_log, check_stream
from fakek8s.kinds.core.pod.connect import locate_proxied as locate_pod
from fakek8s.kinds.core.service.connect import locate_proxied as locate_service

if TYPE_CHECKING:
    from collections.abc import Sequence

Object = dict[str, Any]


@dataclass
class Objects:
    """A reader of these objects, by resource and name."""

    known: dict[tuple[str, str], Object] = field(default_factory=dict)

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        return self.known.get((resource, name))

    def list(self, resource: str, namespace: str = "") -> Sequence[Object]:
        return [found for (kind, _), found in self.known.items() if kind == resource]


def pod(*containers: str, node: str = "", address: str = "") -> Object:
    spec: Object = {"containers": [{"name": name} for name in containers]}
    spec["initContainers"] = [{"name": "i"}]
    if node:
        spec["nodeName"] = node
    return {"metadata": {"name": "p"}, "spec": spec, "status": {"podIP": address}}


def test_one_container_need_not_be_named() -> None:
    check_container(pod("a"), {}, Objects())
    check_container(pod("a"), {"container": ["i"]}, Objects())


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("", "a container name must be specified for pod p, choose one of: [i a b]"),
        ("c", "container c is not valid for pod p"),
    ],
)
def test_a_container_that_cannot_be_meant_is_refused(wanted: str, message: str) -> None:
    with pytest.raises(APIError) as caught:
        check_container(pod("a", "b"), {"container": [wanted]}, Objects())
    assert (caught.value.code, caught.value.message) == (400, message)


def test_the_node_of_a_pod_must_have_an_address_that_is_asked_for() -> None:
    there = Objects({("nodes", "n"): {"status": {"addresses": [{"type": "Odd", "address": "x"}]}}})
    for node, code, message in (
        ("", 400, "pod p does not have a host assigned"),
        ("none", 404, 'pods "none" not found'),
        ("n", 500, "no preferred addresses found; known addresses: [{Odd x}]"),
    ):
        with pytest.raises(APIError) as caught:
            check_stream(pod("a", node=node), {}, there)
        assert (caught.value.code, caught.value.message) == (code, message)


def test_the_log_of_a_pod_without_a_node_is_no_error() -> None:
    check_log(pod("a"), {}, Objects())


@pytest.mark.parametrize("address", ["", "127.0.0.1", "169.254.1.1", "224.0.0.1", "::1", "odd"])
def test_pods_are_proxied_to_at_global_addresses_alone(address: str) -> None:
    there = Objects({("pods", "p"): pod("a", address=address)})
    with pytest.raises(APIError, match="address not allowed"):
        locate_pod("ns", "p:80", there)


def test_a_proxied_pod_is_found_by_its_bare_name() -> None:
    found = pod("a", address="10.1.2.3")
    assert locate_pod("ns", "https:p:80", Objects({("pods", "p"): found})) is found


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("s", 503, 'no endpoints available for service "s"'),
        ("s:80", 503, 'no endpoints available for service "s"'),
        ("s:81", 503, 'no service port 81 found for service "s"'),
        ("none:81", 404, 'services "none" not found'),
        ("none:web", 503, 'no endpoints available for service "none"'),
        ("a:b:c:d", 400, 'invalid service request "a:b:c:d"'),
    ],
)
def test_a_proxied_service_needs_its_port_and_endpoints(name: str, code: int, message: str) -> None:
    there = Objects({("services", "s"): {"spec": {"ports": [{"port": 80}]}}})
    with pytest.raises(APIError) as caught:
        locate_service("ns", name, there)
    assert (caught.value.code, caught.value.message) == (code, message)


def test_a_proxied_node_needs_an_address() -> None:
    node: Object = {"status": {"addresses": [{"type": "Hostname", "address": "n"}]}}
    assert locate_node("", "n:10250", Objects({("nodes", "n"): node})) is node
    with pytest.raises(APIError, match='nodes "none" not found'):
        locate_node("", "none", Objects())
