"""The event recorder: what a component tells users about an object, as Events (core/v1).

Repeated events are counted up in one object (client-go tools/record, without its rate limits).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.machinery.timestamps import format_time

if TYPE_CHECKING:
    from fakek8s.client.client import Client
    from fakek8s.clock import Clock
    from fakek8s.ids import Ids

Object = dict[str, Any]


class Recorder:
    """Records events under one component's name, of one host if it has one."""

    def __init__(
        self, client: Client, clock: Clock, ids: Ids, component: str, host: str = ""
    ) -> None:
        self._client = client
        self._clock = clock
        self._ids = ids
        self._component = component
        self._host = host
        self._known: dict[tuple[str, ...], Object] = {}
        self._made = 0

    async def event(
        self, obj: Object, type_: str, reason: str, message: str, field_path: str = ""
    ) -> None:
        """Records one event about `obj`; one that can't be stored is lost, as upstream."""
        reference = reference_to(obj, field_path)
        namespace = reference.get("namespace", "") or "default"
        key = (reference.get("uid", ""), field_path, type_, reason, message)
        now = format_time(self._clock.now())
        known = self._known.get(key)
        try:
            if known is not None:
                count = known["count"] + 1
                patch = {"count": count, "lastTimestamp": now}
                name = known["metadata"]["name"]
                self._known[key] = await self._client.patch("events", namespace, name, patch)
                return
            self._known[key] = await self._client.create(
                "events", namespace, self._new(reference, namespace, type_, reason, message, now)
            )
        except errors.APIError:
            self._known.pop(key, None)

    def _new(
        self, reference: Object, namespace: str, type_: str, reason: str, message: str, now: str
    ) -> Object:
        source = {"component": self._component}
        if self._host:
            source["host"] = self._host
        # As upstream's by time, which is the order that `kubectl describe` shows; what comes in
        # the same instant, and what others record in it, has to differ.
        self._made += 1
        instant = int(self._clock.now().timestamp() * 10**9)
        suffix = f"{instant + (self._made << 12) + int(self._ids.random() * 4096):x}"
        return {
            "metadata": {"name": f"{reference.get('name', '')}.{suffix}", "namespace": namespace},
            "involvedObject": reference,
            "reason": reason,
            "message": message,
            "source": source,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
            "type": type_,
            "eventTime": None,
            "reportingComponent": self._component,
            "reportingInstance": self._host,
        }


def reference_to(obj: Object, field_path: str = "") -> Object:
    """An ObjectReference to an object (client-go tools/reference)."""
    metadata = obj["metadata"]
    found = {
        "kind": obj.get("kind", ""),
        "namespace": metadata.get("namespace", ""),
        "name": metadata.get("name", ""),
        "uid": metadata.get("uid", ""),
        "apiVersion": obj.get("apiVersion", ""),
        "resourceVersion": metadata.get("resourceVersion", ""),
        "fieldPath": field_path,
    }
    return {key: value for key, value in found.items() if value}
