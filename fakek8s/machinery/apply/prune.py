"""What goes when an applier no longer names it (merge.Updater.prune upstream).

A field or item is removed if the applier applied it last time, does not now, and nobody else
owns it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.apply import fieldset
from fakek8s.machinery.apply.element import Unconvertible, item
from fakek8s.machinery.apply.fieldset import LEAF, Fields
from fakek8s.machinery.apply.walk import fields_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.machinery.apply.managers import Identity, Managers, Owner
    from fakek8s.machinery.schema import Schema

    InVersion = Callable[[dict[str, Any], str], tuple[dict[str, Any], Schema] | None]


def without(value: Any, fields: Fields, schema: Schema) -> Any:
    """A value without some of its fields and items (typed.RemoveItems)."""
    if isinstance(value, dict) and schema.fields is not None:
        if not value or schema.map_atomic:
            return None
        return _map_without(value, fields, schema) or None
    if isinstance(value, list) and schema.items is not None:
        if not value or schema.list_type == "atomic":
            return None
        return _list_without(value, fields, schema) or None
    return value


def _map_without(value: dict[str, Any], fields: Fields, schema: Schema) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, child in value.items():
        below = fields.get("f:" + name)
        if below is None:
            found[name] = child
        elif below and "." not in below:
            sub = schema.child(name)
            found[name] = child if sub is None else without(child, below, sub)
    return found


def _list_without(value: list[Any], fields: Fields, schema: Schema) -> list[Any]:
    assert schema.items is not None
    found: list[Any] = []
    for child in value:
        below = fields.get(item(schema, child))
        if below is None:
            found.append(child)
        elif below and "." not in below:
            found.append(without(child, below, schema.items))
    return found


def with_structs(fields: Fields, schema: Schema | None) -> Fields:
    """The set with each struct on the way to a member (EnsureNamedFieldsAreMembers)."""
    found: Fields = {}
    for step, below in fields.items():
        if not below:
            found[step] = below
            continue
        sub: Schema | None = None
        named = False
        if schema is not None and step[0] == "f" and schema.fields is not None:
            named = step[2:] in schema.fields
            sub = schema.child(step[2:])
        elif schema is not None and step[0] == "k":
            sub = schema.items
        inner = with_structs(below, sub)
        found[step] = {".": LEAF, **inner} if named and "." not in inner else inner
    return found


def pruned(
    new: dict[str, Any],
    managers: Managers,
    applier: Identity,
    last: Owner | None,
    in_version: InVersion,
) -> dict[str, Any]:
    """The merged object without what the applier gave up.

    managers: with the applier's new set in place. last: what it owned before. in_version:
    (object, apiVersion) -> (object there, its schema), None if that version is not served.
    Raises Unconvertible.
    """
    if last is None or not last.fields:
        return new
    mine = managers[applier]
    if mine.api_version == last.api_version and not fieldset.difference(last.fields, mine.fields):
        return new  # nothing was given up
    try:
        there = in_version(new, last.api_version)
    except Unconvertible as error:
        step = "failed to convert merged object to last applied version"
        raise error.within(step) from None
    if there is None:
        return new
    merged, schema = there
    owned = with_structs(last.fields, schema)
    kept = without(merged, owned, schema) or {}
    kept = _with_owned(merged, kept, last.api_version, managers, in_version)
    # What nobody applied before stays, even below something that goes.
    gone = fieldset.difference(
        with_structs(fields_of(merged, schema), schema),
        with_structs(fields_of(kept, schema), schema),
    )
    kept = without(merged, fieldset.intersection(gone, owned), schema) or {}
    back = in_version(kept, mine.api_version)
    return kept if back is None else back[0]


def _with_owned(
    merged: dict[str, Any],
    kept: dict[str, Any],
    version: str,
    managers: Managers,
    in_version: InVersion,
) -> dict[str, Any]:
    """Adds back what other managers, or the applier's new set, own; the pruned version first."""
    owned: dict[str, Fields] = {version: {}}
    for owner in managers.values():
        before = owned.get(owner.api_version, {})
        owned[owner.api_version] = fieldset.union(before, owner.fields)
    current = version
    for api_version, fields in owned.items():
        try:
            first, second = in_version(merged, api_version), in_version(kept, api_version)
        except Unconvertible as error:
            # What is kept is a part of what was merged, which does not fit then either.
            step = f"failed to convert merged object at version {api_version}"
            raise error.within(f"failed add back owned items: {step}") from None
        if first is None or second is None:
            continue
        (merged, schema), (kept, _) = first, second
        current = api_version
        gone = fieldset.difference(
            with_structs(fields_of(merged, schema), schema),
            fieldset.union(
                with_structs(fields_of(kept, schema), schema), with_structs(fields, schema)
            ),
        )
        kept = without(merged, gone, schema) or {}
    if current != version:
        back = in_version(kept, version)
        if back is not None:
            return back[0]
    return kept
