"""The scheduler's events, which are of the newer kind (events.k8s.io).

Source: client-go tools/events: eventTime instead of first and last timestamps, `series` for
repetitions, the component as `reportingComponent` and no `source`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.client.events import reference_to
from fakek8s.machinery.timestamps import format_micro_time

if TYPE_CHECKING:
    from fakek8s.client.client import Client
    from fakek8s.clock import Clock
    from fakek8s.ids import Ids

Object = dict[str, Any]

_LONGEST_NOTE = 1024


class EventRecorder:
    """Records events under one component's name."""

    def __init__(self, client: Client, clock: Clock, ids: Ids, component: str) -> None:
        self._client = client
        self._clock = clock
        self._ids = ids
        self._component = component
        self._known: dict[tuple[str, ...], Object] = {}

    async def event(
        self,
        obj: Object,
        kind: str,
        reason: str,
        action: str,
        note: str,
        related: Object | None = None,
    ) -> None:
        """Records one event; one that can't be stored is lost, as upstream."""
        if len(note) > _LONGEST_NOTE:
            note = note[: _LONGEST_NOTE - 4] + " ..."
        metadata = obj["metadata"]
        namespace = metadata.get("namespace", "") or "default"
        key = (metadata["uid"], kind, reason, action, note)
        now = format_micro_time(self._clock.now())
        known = self._known.get(key)
        try:
            if known is not None:
                count = (known.get("series") or {"count": 1})["count"] + 1
                series = {"count": count, "lastObservedTime": now}
                name = known["metadata"]["name"]
                self._known[key] = await self._client.patch(
                    "events", namespace, name, {"series": series}
                )
                return
            suffix = f"{int(self._ids.random() * 2**60):x}"
            event = {
                "metadata": {"name": f"{metadata['name']}.{suffix}", "namespace": namespace},
                "involvedObject": reference_to(obj),
                "reason": reason,
                "message": note,
                "source": {},
                "firstTimestamp": None,
                "lastTimestamp": None,
                "type": kind,
                "eventTime": now,
                "action": action,
                "reportingComponent": self._component,
                "reportingInstance": f"{self._component}-fakek8s",
            }
            if related is not None:
                event["related"] = reference_to(related)
            self._known[key] = await self._client.create("events", namespace, event)
        except errors.APIError:
            self._known.pop(key, None)

    def forget(self, uid: str) -> None:
        """An object is gone: its events won't repeat."""
        for key in [key for key in self._known if key[0] == uid]:
            del self._known[key]
