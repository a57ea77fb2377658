"""Between the stored form of an object and the version a request speaks.

Most kinds have one form; where two APIs show one stored object (events, autoscalers) the
kind declares the two functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.clone import clone

if TYPE_CHECKING:
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


def stored(kind: Kind, obj: Object) -> Object:
    """The object in the form the store keeps."""
    behaviour = kind.behaviour
    return behaviour.to_stored(obj) if behaviour.to_stored else obj
