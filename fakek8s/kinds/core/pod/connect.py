"""Connections to pods: which container, and what has to be there before one can be tried.

Upstream: pkg/registry/core/pod/strategy.go (streamLocation, PortForwardLocation, LogLocation,
ResourceLocation, validateContainer).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.kinds.shared.reaching import check_address, split_name
from fakek8s.machinery.addresses import parse_sloppy

if TYPE_CHECKING:
    from fakek8s.kind import Query, Reader

Object = dict[str, Any]


def check_stream(pod: Object, query: Query, reader: Reader) -> None:
    """exec and attach: the container, then the node. Raises APIError."""
    check_container(pod, query, reader)
    check_node(pod, query, reader)


def check_node(pod: Object, query: Query, reader: Reader) -> None:
    """portforward. Raises APIError."""
    if not pod["spec"].get("nodeName"):
        name = pod["metadata"]["name"]
        raise errors.bad_request(f"pod {name} does not have a host assigned")
    _reach(pod, reader)


def check_log(pod: Object, query: Query, reader: Reader) -> None:
    """log: a pod without a node has an empty one. Raises APIError."""
    check_container(pod, query, reader)
    if pod["spec"].get("nodeName"):
        _reach(pod, reader)


def locate_proxied(namespace: str, name: str, reader: Reader) -> Object:
    """The pod of a proxied request. Raises APIError."""
    name, _ = split_name(name, "pod")
    pod = reader.get("pods", namespace, name)
    if pod is None:
        raise errors.not_found("pods", "", name)
    if not _global_unicast((pod.get("status") or {}).get("podIP", "")):
        raise errors.bad_request("address not allowed")
    return pod


def check_container(pod: Object, query: Query, reader: Reader) -> None:
    """validateContainer: the container that is meant; raises APIError 400."""
    name, spec = pod["metadata"]["name"], pod.get("spec", {})
    wanted = (query.get("container") or [""])[0]
    init, containers, ephemeral = (
        [c["name"] for c in spec.get(kind) or ()]
        for kind in ("initContainers", "containers", "ephemeralContainers")
    )
    choices = [*init, *containers, *ephemeral]
    asked = f"a container name must be specified for pod {name}"
    if wanted:
        if wanted not in choices:
            raise errors.bad_request(f"container {wanted} is not valid for pod {name}")
    elif not containers:
        raise errors.bad_request(asked)
    elif len(containers) > 1:
        raise errors.bad_request(f"{asked}, choose one of: [{' '.join(choices)}]")


def _reach(pod: Object, reader: Reader) -> None:
    node = pod["spec"]["nodeName"]
    check_address(reader.get("nodes", "", node), node, "pods")


def _global_unicast(address: str) -> bool:
    """net.IP.IsGlobalUnicast: neither unspecified, loopback, link-local, multicast, broadcast."""
    ip = parse_sloppy(address)
    if ip is None:
        return False
    plain = ip.ipv4_mapped or ip if ip.version == 6 else ip
    return not (
        plain.is_unspecified
        or plain.is_loopback
        or plain.is_link_local
        or plain.is_multicast
        or str(plain) == "255.255.255.255"
    )
