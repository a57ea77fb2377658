"""Services written one after the other in a small cluster: hooks, addresses and ports."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from fakek8s import errors
from fakek8s.machinery.clone import clone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakek8s.kind import Operation, Reader, Writer
    from tests.kinds.conftest import Doors

Object = dict[str, Any]

NODE_PORTS = (30000, 30099)


class Services:
    """The services and addresses of a cluster with the range 10.0.0.0/24 and 100 node ports."""

    def __init__(self, doors: Doors, cidr: str = "10.0.0.0/24") -> None:
        self.doors = doors
        self.stored: dict[str, Object] = {}
        self.addresses: dict[str, Object] = {"10.0.0.1": {}}
        self.ranges: list[Object] = []
        self.reserved: set[int] = set()
        self.settings = {
            "service_cidr": cidr,
            "node_ports": NODE_PORTS,
            "reserved_node_ports": self.reserved,
        }

    # The reader and the writer

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        assert resource == "ipaddresses.networking.k8s.io"
        return self.addresses.get(name)

    def list(self, resource: str, namespace: str = "") -> Sequence[Object]:
        if resource == "servicecidrs.networking.k8s.io":
            return self.ranges
        return [*self.stored.values()] if resource == "services" else []

    async def create(self, resource: str, namespace: str, obj: Object) -> Object:
        name = obj["metadata"]["name"]
        if name in self.addresses:
            raise errors.already_exists("ipaddresses", "networking.k8s.io", name)
        self.addresses[name] = obj
        return obj

    async def delete(self, resource: str, namespace: str, name: str) -> None:
        self.addresses.pop(name, None)

    # Writes

    def _operation(self, verb: str, obj: Object, old: Object | None, dry_run: bool) -> Operation:
        op = self.doors.operation(verb, obj, old)
        reader, writer = cast("Reader", self), cast("Writer", self)
        return replace(op, reader=reader, writer=writer, settings=self.settings, dry_run=dry_run)

    async def post(self, name: str, *, dry_run: bool = False, **spec: Any) -> Object:
        """Creates a service; raises APIError."""
        obj = self.doors.decode({"metadata": {"name": name, "namespace": "ns"}, "spec": spec})
        return await self._write(obj, None, dry_run)

    async def patch(self, name: str, *, dry_run: bool = False, **spec: Any) -> Object:
        """Changes fields of the spec; None removes one. Raises APIError."""
        old = self.stored[name]
        merged = {**old["spec"], **spec}
        changed = {key: value for key, value in merged.items() if value is not None}
        return await self._write(self.doors.decode({**old, "spec": changed}), old, dry_run)

    async def put(self, name: str, **spec: Any) -> Object:
        """Replaces the spec; raises APIError."""
        old = self.stored[name]
        return await self._write(self.doors.decode({**old, "spec": spec}), old, False)

    async def _write(self, obj: Object, old: Object | None, dry_run: bool) -> Object:
        before = clone(old)
        op = self._operation("create" if old is None else "update", obj, old, dry_run)
        main = self.doors.kind.behaviour.main
        assert main.begin is not None
        finish = await main.begin(obj, op)
        assert finish is not None
        for prepare in main.prepare:
            prepare(obj, op)
        found = [error for rule in main.rules for error in rule(obj, op)]
        assert old == before, "hooks never edit what is stored"
        await finish(not found)
        if found:
            raise errors.invalid("Service", "", obj["metadata"]["name"], found)
        obj = self.doors.kind.shape.canonical(obj)
        if not dry_run:
            self.stored[obj["metadata"]["name"]] = obj
        return obj

    async def remove(self, name: str) -> None:
        """Deletes a service."""
        obj = self.stored.pop(name)
        after = self.doors.kind.behaviour.after_delete
        assert after is not None
        await after(obj, self._operation("delete", obj, obj, False))
