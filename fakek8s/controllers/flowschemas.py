"""Flow schemas: whether the priority level that a FlowSchema names is there.

Source: apiserver pkg/util/flowcontrol/apf_controller.go (syncFlowSchemaStatus).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.machinery.printing import quote
from fakek8s.machinery.timestamps import format_time

if TYPE_CHECKING:
    from fakek8s.controllers.controller import Context

Object = dict[str, Any]

_GROUP = "flowcontrol.apiserver.k8s.io"
_SCHEMAS = f"flowschemas.{_GROUP}"
_LEVELS = f"prioritylevelconfigurations.{_GROUP}"
_REFERENCE = "This FlowSchema references the PriorityLevelConfiguration object named"
_TOLD = ("status", "reason", "message")


class FlowSchemas:
    """Keys are FlowSchemas."""

    name = "api-priority-and-fairness-config-consumer-v1"

    def setup(self, context: Context) -> None:
        """Follows FlowSchemas and priority levels."""
        self._client = context.client
        self._clock = context.clock
        self._queue = context.queue
        self._schemas = context.informers.of(_SCHEMAS)
        self._levels = context.informers.of(_LEVELS)
        context.enqueue_on(_SCHEMAS)
        self._levels.on_change(self._level_changed)

    def _level_changed(self, old: Object | None, new: Object | None) -> None:
        if old is not None and new is not None:
            return
        level = new or old
        assert level is not None
        for schema in self._schemas.list():
            if _level_of(schema) == level["metadata"]["name"]:
                self._queue.add(schema["metadata"]["name"])

    async def sync(self, key: str) -> None:
        """Applies the Dangling condition of one FlowSchema if it has changed."""
        schema = self._schemas.by_key(key)
        if schema is None:
            return
        name = _level_of(schema)
        wanted: Object = {"type": "Dangling", "status": "False", "reason": "Found"}
        wanted["message"] = f"{_REFERENCE} {quote(name)} and it exists"
        if self._levels.get("", name) is None:
            wanted |= {"status": "True", "reason": "NotFound"}
            wanted["message"] = f"{_REFERENCE} {quote(name)} but there is no such object"
        conditions = (schema.get("status") or {}).get("conditions") or ()
        before: Object = next((c for c in conditions if c.get("type") == "Dangling"), {})
        if all(before.get(part) == wanted[part] for part in _TOLD):
            return
        wanted["lastTransitionTime"] = format_time(self._clock.now())
        status = {"conditions": [wanted]}
        try:
            await self._client.apply(
                _SCHEMAS, "", key, {"status": status}, manager=self.name, subresource="status"
            )
        except errors.APIError as error:
            if error.code != 404:
                raise


def _level_of(schema: Object) -> str:
    name: str = schema["spec"]["priorityLevelConfiguration"].get("name", "")
    return name
