"""Events, as the core group shows them and as all of them are stored.

Upstream: pkg/registry/core/event, pkg/apis/core/validation/events.go (the legacy path),
pkg/printers/internalversion printEvent. The same objects by their other name: events/event.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.shared import cells
from fakek8s.machinery import names
from fakek8s.machinery.causes import invalid, required
from fakek8s.machinery.rules import path_segment_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

#: Fields of the new API that must be there, and how long they may be (validation/events.go).
_LIMITS = (("reportingInstance", 128), ("action", 128), ("reason", 128))
_MESSAGE_LIMIT = 1024
_REFERENCE = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
_ELSEWHERE = "does not match event.namespace"


def rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """All that events of core/v1 must fulfil."""
    return legacy_rules(obj, "reportingComponent")


def legacy_rules(event: Object, controller_field: str) -> Iterator[FieldError]:
    """legacyValidateEvent: only events with an eventTime are held to the new API's form."""
    namespace = event["metadata"].get("namespace", "")
    about = event["involvedObject"].get("namespace", "")
    if not event.get("eventTime"):
        if namespace != about and (about or namespace != "default"):
            yield invalid("involvedObject.namespace", about, _ELSEWHERE)
        return
    if not about and namespace not in ("default", "kube-system"):
        yield invalid("involvedObject.namespace", about, _ELSEWHERE)
    controller = event.get("reportingComponent", "")
    if not controller:
        yield required(controller_field)
    for message in names.is_qualified_name(controller):
        yield invalid(controller_field, controller, message)
    for field, limit in _LIMITS:
        if not event.get(field):
            yield required(field)
        yield from _length_rules(event, field, limit)
    yield from _length_rules(event, "message", _MESSAGE_LIMIT)


def _length_rules(event: Object, field: str, limit: int) -> Iterator[FieldError]:
    if names.byte_length(event.get(field, "")) > limit:
        yield invalid(field, "", f"can have at most {limit} characters")


def event_cells(event: Object, now: datetime) -> list[Any]:
    """Last Seen, Type, Reason, Object, Subobject, Source, Message, First Seen, Count, Name."""
    about, series = event["involvedObject"], event.get("series")
    first = cells.since(event.get("firstTimestamp") or event.get("eventTime"), now)
    last, count = event.get("lastTimestamp"), event.get("count") or 1
    seen = cells.since(last, now) if last else first
    if series is not None:
        seen, count = cells.since(series.get("lastObservedTime"), now), series.get("count", 0)
    kind, name = about.get("kind", "").lower(), about.get("name")
    return [
        seen,
        event.get("type", ""),
        event.get("reason", ""),
        f"{kind}/{name}" if name else kind,
        about.get("fieldPath", ""),
        _source(event),
        event.get("message", "").strip(),
        first,
        count,
        event["metadata"].get("name", ""),
    ]


def _source(event: Object) -> str:
    component = event["source"].get("component") or event.get("reportingComponent", "")
    instance = event["source"].get("host") or event.get("reportingInstance")
    return f"{component}, {instance}" if instance else str(component)


def _at(name: str) -> Callable[[Object], str]:
    return lambda event: str(event.get(name, ""))


def reference_fields(field: str) -> dict[str, Callable[[Object], str]]:
    """The field labels for the object that an event is about (`involvedObject.kind` ...)."""

    def at(name: str) -> Callable[[Object], str]:
        return lambda event: str(event[field].get(name, ""))

    return {f"{field}.{name}": at(name) for name in _REFERENCE}


KIND = Behaviour(
    group="",
    checks_metadata=False,
    plural="events",
    name=path_segment_name,
    main=Strategy(rules=(rules,)),
    cells=event_cells,
    selectable={
        **reference_fields("involvedObject"),
        "reason": _at("reason"),
        "reportingComponent": _at("reportingComponent"),
        "type": _at("type"),
        "source": lambda event: str(
            event["source"].get("component") or event.get("reportingComponent", "")
        ),
    },
    allow_create_on_update=True,
    garbage_collection=False,
    watch_cache=False,
)
