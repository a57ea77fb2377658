"""Events by the names of events.k8s.io, held to stricter rules than in the core group.

Upstream: pkg/apis/events/v1/conversion.go, pkg/apis/core/validation/events.go (the strict path).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.core.event import event_cells, legacy_rules, reference_fields
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.kinds.shared.podtemplate.internal import Fields, internal
from fakek8s.machinery.causes import invalid, required
from fakek8s.machinery.meta import object_meta_rules
from fakek8s.machinery.rules import immutable, subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

#: Names of fields here and as stored.
_STORED_NAMES = {
    "regarding": "involvedObject",
    "note": "message",
    "reportingController": "reportingComponent",
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
}
_NAMES_HERE = {stored: here for here, stored in _STORED_NAMES.items()}
_REFERENCE: Fields = (
    ("Kind", "kind", ""),
    ("Namespace", "namespace", ""),
    ("Name", "name", ""),
    ("UID", "uid", ""),
    ("APIVersion", "apiVersion", ""),
    ("ResourceVersion", "resourceVersion", ""),
    ("FieldPath", "fieldPath", ""),
)
_SOURCE: Fields = (("Component", "component", ""), ("Host", "host", ""))
#: Fields that no update changes: the stored name, the name in messages, the zero value and,
#: for structs, how they are printed.
_FIXED: tuple[tuple[str, str, Any, Fields | None], ...] = (
    ("involvedObject", "involvedObject", {}, _REFERENCE),
    ("reason", "reason", "", None),
    ("message", "message", "", None),
    ("source", "source", {}, _SOURCE),
    ("firstTimestamp", "firstTimestamp", None, None),
    ("lastTimestamp", "lastTimestamp", None, None),
    ("count", "count", 0, None),
    ("type", "type", "", None),
    ("eventTime", "eventTime", None, None),
    ("action", "action", "", None),
    ("related", "related", None, _REFERENCE),
    ("reportingComponent", "reportingController", "", None),
    ("reportingInstance", "reportingInstance", "", None),
)


def to_stored(event: Object) -> Object:
    """The event in the core group's form."""
    found = {_STORED_NAMES.get(name, name): value for name, value in event.items()}
    return {**found, "apiVersion": "v1"}


def from_stored(event: Object) -> Object:
    """The stored event in this group's form."""
    found = {_NAMES_HERE.get(name, name): value for name, value in event.items()}
    return {**found, "apiVersion": "events.k8s.io/v1"}


def rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateEventCreate and ValidateEventUpdate; messages name fields as stored."""
    event = to_stored(obj)
    yield from legacy_rules(event, "reportingController")
    if op.old is None:
        yield from _create_rules(event, op)
    else:
        yield from finalizer_names(event, op)
        yield from _update_rules(event, to_stored(op.old))


def _create_rules(event: Object, op: Operation) -> Iterator[FieldError]:
    yield from dict.fromkeys(object_meta_rules(event["metadata"], "metadata", True, subdomain_name))
    yield from finalizer_names(event, op)
    yield from _series_rules(event)
    if not event.get("eventTime"):
        yield required("eventTime")
    if event.get("type") not in ("Normal", "Warning"):
        yield invalid("type", "", f"has invalid value: {event.get('type', '')}")
    for field in ("firstTimestamp", "lastTimestamp", "count", "source"):
        if event.get(field):
            yield invalid(field, "", "needs to be unset")


def _update_rules(event: Object, old: Object) -> Iterator[FieldError]:
    if event.get("series") != old.get("series"):
        yield from _series_rules(event)
    for stored, shown, zero, fields in _FIXED:
        after, before = event.get(stored, zero), old.get(stored, zero)
        if after == before:
            continue
        value = internal(after, fields) if fields and after is not None else after
        yield from immutable(value, before, shown)


def _series_rules(event: Object) -> Iterator[FieldError]:
    series = event.get("series")
    if series is None:
        return
    if series.get("count", 0) < 2:
        yield invalid("series.count", "", "should be at least 2")
    if not series.get("lastObservedTime"):
        yield required("series.lastObservedTime")


def cells(event: Object, now: datetime) -> list[Any]:
    """The core group's columns."""
    return event_cells(to_stored(event), now)


KIND = Behaviour(
    group="events.k8s.io",
    plural="events",
    name=subdomain_name,
    main=Strategy(rules=(rules,)),
    cells=cells,
    selectable={
        **reference_fields("regarding"),
        "reason": lambda event: str(event.get("reason", "")),
        "reportingController": lambda event: str(event.get("reportingController", "")),
        "type": lambda event: str(event.get("type", "")),
    },
    allow_create_on_update=True,
    checks_metadata=False,
    garbage_collection=False,
    watch_cache=False,
    stored_as="events",
    to_stored=to_stored,
    from_stored=from_stored,
)
