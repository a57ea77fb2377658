"""API availability: whether the server that an APIService names can be asked.

Source: kube-aggregator pkg/controllers/status, local and remote. What upstream then sends to the
other server is not sent here: a version that is served elsewhere never becomes available.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.timestamps import format_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.controllers.controller import Context

Object = dict[str, Any]

_APIS = "apiservices.apiregistration.k8s.io"
_SLICES = "endpointslices.discovery.k8s.io"
_SERVICE_NAME = "kubernetes.io/service-name"


class APIAvailability:
    """Keys are APIServices."""

    name = "availability"

    def setup(self, context: Context) -> None:
        """Follows APIServices, and the Services and endpoints behind them."""
        self._client = context.client
        self._clock = context.clock
        self._queue = context.queue
        self._apis = context.informers.of(_APIS)
        self._services = context.informers.of("services")
        self._slices = context.informers.of(_SLICES)
        context.enqueue_on(_APIS)
        self._services.on_change(lambda old, new: self._changed(new or old, _name_of))
        self._slices.on_change(lambda old, new: self._changed(new or old, _service_of))

    def _changed(self, obj: Object | None, service_of: Callable[[Object], str]) -> None:
        assert obj is not None
        changed = obj["metadata"]["namespace"], service_of(obj)
        for api in self._apis.list():
            service = api["spec"].get("service")
            if service and (service["namespace"], service["name"]) == changed:
                self._queue.add(api["metadata"]["name"])

    async def sync(self, key: str) -> None:
        """Writes the condition of one APIService if it has changed."""
        api = self._apis.by_key(key)
        if api is None:
            return
        status = api.get("status") or {}
        conditions = status.get("conditions") or []
        before = next((c for c in conditions if c["type"] == "Available"), None)
        now = self._condition(api)
        if before is not None and before["status"] == now["status"]:
            now["lastTransitionTime"] = before.get("lastTransitionTime")
        if now == before:
            return
        if before is None:
            conditions = [*conditions, now]
        else:
            conditions = [now if c is before else c for c in conditions]
        changed = {**api, "status": {**status, "conditions": conditions}}
        await self._client.update(_APIS, changed, "status")

    def _condition(self, api: Object) -> Object:
        available, reason, message = "True", "Local", "Local APIServices are always available"
        if service := api["spec"].get("service"):
            available = "False"
            reason, message = self._fault(api["spec"], service)
        return {
            "type": "Available",
            "status": available,
            "lastTransitionTime": format_time(self._clock.now()),
            "reason": reason,
            "message": message,
        }

    def _fault(self, spec: Object, reference: Object) -> tuple[str, str]:
        """(reason, message) of what is wrong with a version that is served elsewhere."""
        namespace, name = reference["namespace"], reference["name"]
        where, port = f'service/{name} in "{namespace}"', reference.get("port", 443)
        service = self._services.get(namespace, name)
        if service is None:
            return "ServiceNotFound", f"{where} is not present"
        if service["spec"].get("type") == "ClusterIP":
            ports = [p for p in service["spec"].get("ports") or () if p["port"] == port]
            if not ports:
                return "ServicePortError", f"{where} is not listening on port {port}"
            slices = [found for found in self._slices.list(namespace) if _service_of(found) == name]
            if not slices:
                return "EndpointsNotFound", f"cannot find endpointslices for {where}"
            named = ports[0].get("name", "")
            if not any(_is_ready(found, named) for found in slices):
                text = f'endpointslices for {where} have no addresses with port name "{named}"'
                return "MissingEndpoints", text
        host = service["spec"].get("clusterIP", "")
        url = f"https://{host}:{port}/apis/{spec['group']}/{spec['version']}"
        text = f"failing or missing response from {url}: fakek8s asks no other API servers"
        return "FailedDiscoveryCheck", text


def _name_of(service: Object) -> str:
    name: str = service["metadata"]["name"]
    return name


def _service_of(endpoints: Object) -> str:
    """The Service that an EndpointSlice belongs to, "" if to none."""
    name: str = (endpoints["metadata"].get("labels") or {}).get(_SERVICE_NAME, "")
    return name


def _is_ready(found: Object, port_name: str) -> bool:
    """hasAvailableEndpoint."""
    ready = any(
        (endpoint.get("conditions") or {}).get("ready") is not False
        for endpoint in found.get("endpoints") or ()
    )
    return ready and any(
        port.get("name") == port_name and port.get("port") is not None
        for port in found.get("ports") or ()
    )
