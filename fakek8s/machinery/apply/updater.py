"""What a write does to the managers of an object: the update half of upstream's field manager.

k8s.io/apimachinery/pkg/util/managedfields/internal stacks decorators (fieldmanager.go); here they
are the steps of `update_managed_fields`, in the order in which they act. The middle one, who
loses and who gains, is structured-merge-diff's merge.Updater.Update.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import orjson

from fakek8s.machinery.apply import fieldset
from fakek8s.machinery.apply.compare import Comparison, compare
from fakek8s.machinery.apply.element import Mismatch, Unconvertible
from fakek8s.machinery.apply.managers import (
    UPDATE,
    Identity,
    InvalidManagedFields,
    Managers,
    Owner,
    capped,
    decode,
    decode_stored,
    encode,
    entry,
    is_reset,
)
from fakek8s.machinery.apply.reconcile import reconciled
from fakek8s.machinery.apply.typed import joined, problems

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fakek8s.machinery.apply.fieldset import Fields
    from fakek8s.machinery.schema import Schema

Object = dict[str, Any]

#: Longer texts are not remembered.
_REMEMBERED: Final = 16 * 1024
#: The maps of strings in metadata.
_STRINGS: Final = ("labels", "annotations")
#: What is nobody's (stripMetaManager). Finer than metadata itself: labels can be owned.
NEVER_OWNED: Final = fieldset.of(
    ("f:apiVersion",),
    ("f:kind",),
    ("f:metadata",),
    *(
        ("f:metadata", f"f:{name}")
        for name in (
            "name",
            "namespace",
            "creationTimestamp",
            "selfLink",
            "uid",
            "clusterName",
            "generation",
            "managedFields",
            "resourceVersion",
        )
    ),
)


def update_managed_fields(
    live: Object | None,
    new: Object,
    *,
    schema: Schema,
    manager: str,
    api_version: str,
    now: str,
    subresource: str = "",
    reset: Fields | Sequence[str] = (),
    only: Sequence[Sequence[str]] = (),
    empty: Object | None = None,
    convert: Callable[[Object, str], tuple[Object, Schema] | None] | None = None,
    settled: bool = False,
) -> list[Object] | None:
    """The managedFields to store with `new`; None for none at all. Edits nothing.

    live: the stored object, None on a create. new: the object to store, its managedFields as the
    writer sent them. empty: the empty object of the kind as its Go type encodes it, which a
    create is compared with ({"metadata": {}, "spec": {"containers": None}, "status": {}}): what
    it has is not added by a create; custom resources have none.
    reset: what the strategy resets, dotted or as a set; only: if given, patterns (elements, "*"
    for any) outside of which this door owns nothing. now: RFC 3339 in seconds.
    convert: (object, apiVersion) -> (object there, its schema), or None for a version that is not
    served; without it versions other than `api_version` count as not served, and
    their managers are dropped.
    settled: the schema is the one by which the entries of the live object were written, so that
    these need not be brought under it, and by which objects are decoded, so that they fit it.

    A schema that the object does not fit (an item of a list map without its keys, a text for a
    number) leaves the entries of the live object: validation will say what is wrong, unless the
    strategy has dropped it (FieldManager.UpdateNoErrors).
    """
    stored = (live["metadata"].get("managedFields") or []) if live is not None else []
    sent = new["metadata"].get("managedFields")
    managers = _sent_or_stored(stored, sent, bool(subresource)) if stored or sent else {}
    if not managers and live is not None:
        # Objects that nobody tracks stay so until somebody applies (skipNonAppliedManager).
        return None
    who = Identity(manager or "unknown", UPDATE, api_version, subresource)
    if live is None and not managers and not only:
        try:
            fields = _first_fields(new, empty, schema, reset)
        except Mismatch:
            return None
        return [entry(who, api_version, now, fields)] if fields else None
    old = live if live is not None else (empty or {})
    door = Door(
        api_version=api_version,
        schema=schema,
        reset=reset if isinstance(reset, dict) else fieldset.dotted(reset),
        only=only,
        convert=convert,
        settled=settled,
    )
    try:
        before, after = bare(old), bare(new)
        if not settled:
            check_types(after, schema)
            check_types(before, schema)
        managers = record_update(before, after, managers, door, who, now)
    except Mismatch:
        return stored or None
    return encode(managers)


def check_types(obj: Object, schema: Schema) -> None:
    """Raises Mismatch if an object does not fit its schema (typeConverter.ObjectToTyped)."""
    wrong = problems(obj, schema, duplicates=True)
    if wrong:
        raise Mismatch(joined(wrong))


def _first_fields(
    new: Object, empty: Object | None, schema: Schema, reset: Fields | Sequence[str]
) -> Fields:
    """What the first writer of an object owns, in order; raises Mismatch.

    Most objects are like others but for their names, so the answer is remembered by the text of
    what it follows from: of metadata's strings, labels and annotations only the names.
    """
    if isinstance(reset, dict):
        return _made_first_fields(new, empty, schema, reset)
    metadata = {
        name: "-"
        if value.__class__ is str
        else dict.fromkeys(value, "-")
        if name in _STRINGS and value.__class__ is dict
        else value
        for name, value in new["metadata"].items()
    }
    try:
        text = orjson.dumps(({**new, "metadata": metadata}, empty))
    except TypeError:
        text = b""
    if 0 < len(text) <= _REMEMBERED:
        return _known_first_fields(text, schema, tuple(reset))
    return _made_first_fields(new, empty, schema, fieldset.dotted(reset))


@lru_cache(maxsize=512)
def _known_first_fields(text: bytes, schema: Schema, reset: tuple[str, ...]) -> Fields:
    new: Object
    empty: Object | None
    new, empty = orjson.loads(text)
    return _made_first_fields(new, empty, schema, fieldset.dotted(reset))


def _made_first_fields(new: Object, empty: Object | None, schema: Schema, reset: Fields) -> Fields:
    after = bare(new)
    if empty is None:
        check_types(after, schema)
    found = compare(empty or {}, after, schema).filtered(reset)
    gained = fieldset.union(found.modified, found.added)
    return fieldset.ordered(fieldset.difference(gained, NEVER_OWNED))


def _sent_or_stored(stored: list[Object], sent: Any, subresource: bool) -> Managers:
    """The managers a write starts from (decodeLiveOrNew).

    What the writer sent counts, so that entries can be edited by hand; nothing or nonsense means
    what is stored, so that clients that don't know the field can't delete it. Subresource writes
    never edit entries.
    """
    if not subresource:
        if is_reset(sent):
            return {}
        if sent and sent is not stored and sent != stored:
            try:
                return decode(sent, trusted=stored)
            except InvalidManagedFields:
                pass
    return decode_stored(stored)


def bare(obj: Object) -> Object:
    """The object without its managedFields, which are not compared."""
    metadata = obj.get("metadata")
    if not metadata or "managedFields" not in metadata:
        return obj
    return {**obj, "metadata": {k: v for k, v in metadata.items() if k != "managedFields"}}


class Door:
    """How a write came in: its version and schema, what is reset there, other versions."""

    __slots__ = ("api_version", "convert", "only", "reset", "schema", "settled")

    def __init__(
        self,
        *,
        api_version: str,
        schema: Schema,
        reset: Fields,
        only: Sequence[Sequence[str]],
        convert: Callable[[Object, str], tuple[Object, Schema] | None] | None,
        settled: bool,
    ) -> None:
        self.api_version = api_version
        self.schema = schema
        self.reset = reset
        self.only = only
        self.convert = convert
        self.settled = settled

    def in_version(self, obj: Object, api_version: str) -> tuple[Object, Schema] | None:
        """The object and its schema in a version, None if that is not served.

        Raises Unconvertible if the object has what the version does not know.
        """
        if self.convert is not None and obj:
            found = self.convert(obj, api_version)
            if found is not None and found[0] is not obj:
                wrong = problems(*found, duplicates=True)
                if wrong:
                    raise Unconvertible(joined(wrong))
            return found
        return (obj, self.schema) if api_version == self.api_version else None

    def reconciled(self, obj: Object, owner: Owner) -> Fields:
        """What an owner owns under today's schema of its version; raises Unconvertible."""
        if self.settled and owner.stored is not None:
            return owner.fields
        there = self.in_version(obj, owner.api_version)
        return owner.fields if there is None else reconciled(owner.fields, there[1])

    def compare(self, old: Object, new: Object, api_version: str) -> Comparison | None:
        """The changes as a version sees them, without what is reset; None if not served.

        Raises Mismatch.
        """
        try:
            first = self.in_version(old, api_version)
        except Unconvertible as error:
            raise error.within("failed to convert old object") from None
        try:
            second = self.in_version(new, api_version)
        except Unconvertible as error:
            raise error.within("failed to convert new object") from None
        if first is None or second is None:
            return None
        return compare(first[0], second[0], second[1]).filtered(self.reset, self.only)


def record_update(
    old: Object, new: Object, managers: Managers, door: Door, who: Identity, now: str
) -> Managers:
    """The managers after `who` wrote `new` over `old`; raises Mismatch."""
    left, gained = updated(old, new, managers, door)
    gained = fieldset.difference(gained, NEVER_OWNED)
    if gained:
        before, kept = managers.get(who), left.get(who)
        owned = gained if kept is None else fieldset.union(gained, kept.fields)
        left[who] = wrote(who, before, door.api_version, owned, now)
    return capped(left)


def wrote(who: Identity, before: Owner | None, api_version: str, fields: Fields, now: str) -> Owner:
    """The owner of `fields` as of now; those who own what they owned need no new order."""
    if before is None or before.stored is None or fields != before.fields:
        return Owner(api_version=api_version, fields=fields, time=now)
    same = before.fields
    stored = entry(who, api_version, now, same)
    return Owner(api_version=api_version, fields=same, time=now, stored=stored)


def updated(old: Object, new: Object, managers: Managers, door: Door) -> tuple[Managers, Fields]:
    """Who owns what after a write, the writer aside, and what the writer gains.

    Everybody loses what changed or vanished, the writer's own earlier entry included (it gets
    back what it gains); entries left with nothing go.
    """
    result = compare(old, new, door.schema).filtered(door.reset, door.only)
    versions: dict[str, Comparison | None] = {door.api_version: result}
    left: Managers = {}
    for who, owner in managers.items():
        version = owner.api_version
        if version not in versions:
            versions[version] = door.compare(old, new, version)
        changes = versions[version]
        if changes is None:
            continue
        fields = lost(door.reconciled(old or new, owner), changes)
        if fields:
            left[who] = owner.owning(fields)
    return left, fieldset.union(result.modified, result.added)


def lost(fields: Fields, changes: Comparison) -> Fields:
    """A set without the fields that changed."""
    if changes.empty:
        return fields
    for gone in changes:
        fields = fieldset.difference(fields, gone)
    return fields
