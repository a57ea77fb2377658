"""Between the stored form of an object and the version a request speaks.

Most kinds have one form; where two APIs show one stored object (events, autoscalers) the
kind declares the two functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.clone import clone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fakek8s.kind import Kind
    from fakek8s.store.types import Entry

Object = dict[str, Any]


def shown(kind: Kind, stored: Object) -> Object:
    """The stored object in the kind's version; shared, not to be edited."""
    behaviour = kind.behaviour
    if behaviour.from_stored is None and behaviour.decorate is None:
        return stored
    found = behaviour.from_stored(stored) if behaviour.from_stored else clone(stored)
    if behaviour.decorate is not None:
        behaviour.decorate(found)
    return kind.shape.canonical(found)


def shown_entry(kind: Kind, entry: Entry) -> Object:
    """`shown`, made once per stored version."""
    behaviour = kind.behaviour
    if behaviour.from_stored is None and behaviour.decorate is None:
        return entry.object
    key = ("object", kind.form_key)
    found = entry.forms.get(key)
    if found is None:
        found = entry.forms[key] = shown(kind, entry.object)
    return found


async def ready(kind: Kind, entries: Iterable[Entry], *, again: bool = True) -> None:
    """Has entries converted where that may have to wait, so that `shown_entry` need not.

    `again`: also those that were converted before, since what converts may have changed; those
    who only follow what happens (watches) take what there is. Raises APIError.
    """
    converts = kind.behaviour.converts
    if converts is None:
        return
    key = ("object", kind.form_key)
    wanted = [entry for entry in entries if again or key not in entry.forms]
    if not wanted:
        return
    found = await converts.shown([entry.object for entry in wanted])
    for entry, obj in zip(wanted, found, strict=True):
        made = kind.shape.canonical(obj)
        if entry.forms.get(key) != made:
            entry.forms[key] = made
            entry.forms.pop(("json", kind.form_key), None)


async def shown_new(kind: Kind, stored: Object) -> Object:
    """`shown` of an object that no entry holds; raises APIError."""
    converts = kind.behaviour.converts
    if converts is None:
        return shown(kind, stored)
    return kind.shape.canonical((await converts.shown([stored]))[0])
