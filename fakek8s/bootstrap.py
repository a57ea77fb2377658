"""The objects that a fresh API server makes for itself, put into a store from the facts."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from fakek8s.machinery.apply import applier
from fakek8s.machinery.clone import clone
from fakek8s.machinery.meta import key_of
from fakek8s.machinery.timestamps import format_time
from fakek8s.registry import managed
from fakek8s.registry.create import stored_form

if TYPE_CHECKING:
    from fakek8s.facts import Facts
    from fakek8s.kind import Kind
    from fakek8s.registry.context import Registry

Object = dict[str, Any]

_NAMESPACES = "/api/v1/namespaces"
_SERVICES = "/api/v1/services"
_IP_ADDRESSES = "/apis/networking.k8s.io/v1/ipaddresses"
_SERVICE_CIDRS = "/apis/networking.k8s.io/v1/servicecidrs"
#: Left out: leases are kept under names that no other server shares, and where the server can
#: be reached is not known yet (`write_address`).
_LEFT_OUT = ("/apis/coordination.k8s.io/v1/leases", "/api/v1/endpoints")
_TOKEN_TRACKING = "kube-apiserver-legacy-service-account-token-tracking"
_FLOW_CONTROL = "/apis/flowcontrol.apiserver.k8s.io/v1"
_MANAGER = "kube-apiserver"
#: Parts of the server that write under a name of their own.
_MANAGERS = dict.fromkeys(
    (f"{_FLOW_CONTROL}/flowschemas", f"{_FLOW_CONTROL}/prioritylevelconfigurations"),
    "api-priority-and-fairness-config-producer-v1",
)
#: Who applies the status, where that is somebody's.
_STATUS_MANAGERS = {
    f"{_FLOW_CONTROL}/flowschemas": "api-priority-and-fairness-config-consumer-v1",
    _SERVICE_CIDRS: "kubernetes-service-cidr-controller",
}
#: What nobody sends: the server fills it in, so it is nobody's.
_FILLED_IN = {_NAMESPACES: ("finalizers",), _SERVICES: ("clusterIPs", "ipFamilies")}


async def bootstrap(registry: Registry, facts: Facts, service_cidr: str) -> None:
    """Writes the recorded objects, with the service addresses of this cluster."""
    paths = sorted(facts.bootstrap, key=lambda path: (path != _NAMESPACES, path))
    first = str(ipaddress.ip_network(service_cidr)[1])
    for path in paths:
        if path in _LEFT_OUT:
            continue
        kind = _kind(registry, path)
        for recorded in facts.bootstrap[path]:
            obj = clone(recorded)
            if path == _SERVICES:
                obj["spec"]["clusterIP"] = first
                obj["spec"]["clusterIPs"] = [first]
            elif path == _IP_ADDRESSES:
                obj["metadata"]["name"] = first
            elif path == _SERVICE_CIDRS:
                obj["spec"]["cidrs"] = [service_cidr]
            elif obj["metadata"]["name"] == _TOKEN_TRACKING:
                obj["data"] = {"since": registry.clock.now().strftime("%Y-%m-%d")}
            await _write(registry, kind, obj, path)


async def write_address(registry: Registry, address: str, port: int) -> None:
    """Writes where the server can be reached: endpoints and target port of `kubernetes`."""
    kind = registry.catalogue.by_resource("services")
    entry = registry.entry(kind, "default", "kubernetes")
    assert entry is not None
    service = clone(entry.object)
    service["spec"]["ports"][0]["targetPort"] = port
    await registry.store.commit(kind.resource, entry.name_key, entry.revision, service)
    ports: list[Object] = [{"name": "https", "port": port, "protocol": "TCP"}]
    metadata = {"name": "kubernetes", "namespace": "default"}
    await _write(
        registry,
        registry.catalogue.by_resource("endpoints"),
        {
            "metadata": {
                **metadata,
                "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"},
            },
            "subsets": [{"addresses": [{"ip": address}], "ports": ports}],
        },
    )
    await _write(
        registry,
        registry.catalogue.by_resource("endpointslices.discovery.k8s.io"),
        {
            "metadata": {
                **metadata,
                "generation": 1,
                "labels": {"kubernetes.io/service-name": "kubernetes"},
            },
            "addressType": "IPv4",
            "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
            "ports": ports,
        },
    )


def _kind(registry: Registry, path: str) -> Kind:
    parts = path.strip("/").split("/")
    group, version, plural = ("", *parts[1:]) if parts[0] == "api" else parts[1:]
    found = registry.catalogue.find(group, version, plural)
    assert found is not None, path
    return found


async def _write(registry: Registry, kind: Kind, obj: Object, path: str = "") -> None:
    """Writes what is kept at the path of a list, as its manager would have."""
    now = registry.clock.now()
    metadata = obj["metadata"]
    draft = {"kind": kind.kind, "apiVersion": kind.api_version, **obj}
    for condition in (draft.get("status") or {}).get("conditions") or ():
        condition["lastTransitionTime"] = format_time(now)
    sent = draft
    if filled := _FILLED_IN.get(path):
        sent = {**draft, "spec": {k: v for k, v in draft["spec"].items() if k not in filled}}
    managed.track(
        registry.catalogue,
        kind,
        None,
        sent,
        _MANAGERS.get(path, _MANAGER),
        now,
        resets=kind.behaviour.main.resets,
    )
    if path in _STATUS_MANAGERS:
        _own_status(kind, draft, _STATUS_MANAGERS[path], format_time(now))
    metadata["uid"] = registry.ids.uid()
    metadata["creationTimestamp"] = format_time(now)
    metadata["resourceVersion"] = "0"
    key = key_of(metadata.get("namespace", ""), metadata["name"])
    await registry.store.commit(kind.resource, key, 0, await stored_form(registry, kind, draft))


def _own_status(kind: Kind, obj: Object, manager: str, now: str) -> None:
    """Makes the status what `manager` has applied, in place."""
    assert kind.schema is not None
    strategy = kind.behaviour.status
    assert strategy is not None
    conditions = [{k: v for k, v in c.items() if v} for c in obj["status"]["conditions"]]
    found = applier.apply(
        {**obj, "status": {}},
        {
            "apiVersion": kind.api_version,
            "kind": kind.kind,
            "metadata": {"name": obj["metadata"]["name"]},
            "status": {"conditions": conditions},
        },
        schema=kind.schema,
        manager=manager,
        api_version=kind.api_version,
        kind=kind.kind,
        now=now,
        force=True,
        subresource="status",
        reset=strategy.resets,
    )
    obj["metadata"]["managedFields"] = found.managed_fields
