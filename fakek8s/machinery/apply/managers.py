"""The entries of metadata.managedFields: read, told apart, limited, ordered and written.

k8s.io/apimachinery/pkg/util/managedfields/internal: managedfields.go, capmanagers.go; and
apiserver's fieldmanager/equality.go.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from fakek8s.machinery.apply import fieldset
from fakek8s.machinery.apply.fieldset import Fields, InvalidFields

if TYPE_CHECKING:
    from collections.abc import Iterable

Object = dict[str, Any]

#: More Update entries than this are merged, oldest first, into one per version.
MAX_UPDATE_MANAGERS: Final = 10
OLD_UPDATES: Final = "ancient-changes"
UPDATE: Final = "Update"
APPLY: Final = "Apply"


class Identity(NamedTuple):
    """What tells entries apart; an applier has one entry whatever the version."""

    manager: str
    operation: str
    api_version: str
    subresource: str

    @property
    def text(self) -> str:
        """Upstream's manager identifier, by which ties are ordered."""
        parts = {
            "manager": self.manager,
            "operation": self.operation,
            "apiVersion": self.api_version,
            "subresource": self.subresource,
        }
        return orjson.dumps({k: v for k, v in parts.items() if v}).decode()


def identity(manager: str, operation: str, api_version: str, subresource: str) -> Identity:
    """The identity of an entry (BuildManagerIdentifier)."""
    version = "" if operation == APPLY else api_version
    return Identity(manager, operation, version, subresource)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """One entry. time: RFC 3339 or "". stored: the entry in an object, if it is unchanged."""

    api_version: str
    fields: Fields
    time: str = ""
    stored: Object | None = None

    def owning(self, fields: Fields) -> Owner:
        """The same owner of other fields."""
        return self if fields is self.fields else replace(self, fields=fields, stored=None)


Managers = dict[Identity, Owner]


class InvalidManagedFields(ValueError):
    """Entries that can't be read."""


def decode(entries: Iterable[Object], *, trusted: Iterable[Object] = ()) -> Managers:
    """The managers of some entries; raises InvalidManagedFields (DecodeManagedFields).

    trusted: entries that were written here: what equals one of them is not read again.
    """
    known = list(trusted)
    found: Managers = {}
    for number, entry in enumerate(entries):
        operation = entry.get("operation", "")
        if operation not in (APPLY, UPDATE):
            raise InvalidManagedFields("operation must be `Apply` or `Update`")
        api_version = entry.get("apiVersion", "")
        if not api_version:
            raise InvalidManagedFields("apiVersion must not be empty")
        fields_type = entry.get("fieldsType", "")
        if fields_type != "FieldsV1":
            problem = f"invalid fieldsType {fields_type!r}" if fields_type else "missing fieldsType"
            raise InvalidManagedFields(f"{problem} in managed fields entry {number}")
        who = identity(
            entry.get("manager", ""), operation, api_version, entry.get("subresource", "")
        )
        if entry in known:
            fields, stored = entry["fieldsV1"], entry
        else:
            try:
                fields, stored = fieldset.parsed(entry.get("fieldsV1")), None
            except InvalidFields as error:
                raise InvalidManagedFields(f"error decoding set: {error}") from error
        found[who] = Owner(
            api_version=api_version,
            fields=fields,
            time=entry.get("time") or "",
            stored=stored,
        )
    return found


def decode_stored(entries: Iterable[Object]) -> Managers:
    """The managers of an object in the store, whose entries were written by `encode`."""
    found: Managers = {}
    for entry in entries:
        get = entry.get
        operation, version = entry["operation"], entry["apiVersion"]
        who = identity(get("manager", ""), operation, version, get("subresource", ""))
        fields = entry["fieldsV1"]
        time = get("time") or ""
        found[who] = Owner(api_version=version, fields=fields, time=time, stored=entry)
    return found


def encode(managers: Managers) -> list[Object] | None:
    """The entries to store, in upstream's order; None if there is no manager."""
    if not managers:
        return None
    ranked = sorted(
        managers.items(),
        key=lambda pair: (
            pair[0].operation,
            pair[1].time,
            pair[0].manager,
            pair[1].api_version,
            pair[0].subresource,
        ),
    )
    return [
        owner.stored
        if owner.stored is not None
        else entry(who, owner.api_version, owner.time, fieldset.ordered(owner.fields))
        for who, owner in ranked
    ]


def entry(who: Identity, api_version: str, time: str, fields: Fields) -> Object:
    """An entry as it is stored; `fields` are in order, and not copied."""
    made: Object = {}
    if who.manager:
        made["manager"] = who.manager
    made["operation"] = who.operation
    made["apiVersion"] = api_version
    if time:
        made["time"] = time
    made["fieldsType"] = "FieldsV1"
    made["fieldsV1"] = fields
    if who.subresource:
        made["subresource"] = who.subresource
    return made


def capped(managers: Managers, limit: int = MAX_UPDATE_MANAGERS) -> Managers:
    """The managers with the oldest Update entries merged per version until `limit` hold.

    The first entry of each version stays until a second one of it has to go.
    """
    updaters = [who for who in managers if who.operation == UPDATE]
    count = len(updaters)
    if count <= limit:
        return managers
    updaters.sort(key=lambda who: (managers[who].time, who.text))
    kept = dict(managers)
    first: dict[str, Identity] = {}
    for who in updaters:
        if count <= limit:
            break
        owner = kept[who]
        version = owner.api_version
        if version not in first:
            first[version] = who
            continue
        bucket = identity(OLD_UPDATES, UPDATE, version, "")
        if bucket not in kept:
            kept[bucket] = kept.pop(first[version])
        merged = fieldset.union(owner.fields, kept[bucket].fields)
        del kept[who]
        kept[bucket] = Owner(api_version=version, fields=merged, time=owner.time)
        count -= 1
    return kept


def is_reset(entries: Any) -> bool:
    """Do these entries ask to stop tracking: `[]` or `[{}]`?"""
    return isinstance(entries, list) and entries in ([], [{}])


def _without_times(entries: Iterable[Object]) -> list[Object]:
    return [{k: v for k, v in entry.items() if k != "time"} for entry in entries]


def without_managed_fields_equal(a: Object, b: Object) -> bool:
    """Are two objects the same but for the times in their managedFields?

    A write that changes nothing else keeps the old times, and so is no write
    (IgnoreManagedFieldsTimestampsTransformer). Objects without managedFields are never "the
    same" here: for them the rule does not exist.
    """
    mine, theirs = a["metadata"], b["metadata"]
    entries, others = mine.get("managedFields"), theirs.get("managedFields")
    if not entries or not others or len(entries) != len(others):
        return False
    if entries != others and _without_times(entries) != _without_times(others):
        return False
    if len(a) != len(b) or len(mine) != len(theirs):
        return False
    if any(k != "metadata" and (k not in b or v != b[k]) for k, v in a.items()):
        return False
    return all(k == "managedFields" or (k in theirs and v == theirs[k]) for k, v in mine.items())
