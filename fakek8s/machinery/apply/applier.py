"""Server-side apply: an object, a configuration and its manager give a new object and its owners.

The apply half of upstream's field manager (k8s.io/apimachinery/pkg/util/managedfields/internal),
its decorators as steps in the order in which they act.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from fakek8s.machinery.apply import fieldset
from fakek8s.machinery.apply.compare import compare
from fakek8s.machinery.apply.element import Mismatch, Unconvertible, written
from fakek8s.machinery.apply.managers import (
    APPLY,
    UPDATE,
    Identity,
    InvalidManagedFields,
    Managers,
    Owner,
    decode,
    encode,
    identity,
)
from fakek8s.machinery.apply.merge import merged
from fakek8s.machinery.apply.prune import pruned
from fakek8s.machinery.apply.typed import joined, problems
from fakek8s.machinery.apply.updater import NEVER_OWNED, Door, bare, lost, record_update, wrote
from fakek8s.machinery.apply.walk import fields_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fakek8s.machinery.apply.fieldset import Fields
    from fakek8s.machinery.schema import Schema

Object = dict[str, Any]

BEFORE_FIRST_APPLY: Final = "before-first-apply"
LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
KUBECTL: Final = "kubectl"
#: More bytes of annotations than this, keys and values together, are refused.
_ANNOTATIONS_LIMIT: Final = 256 * 1024


class BadConfiguration(ValueError):
    """A configuration of the wrong kind or with managedFields: 400, the text is the message."""


class UntypedConfiguration(ValueError):
    """A configuration that does not fit its schema, or makes what does not fit another version's:
    500, no reason, the text is the message.
    """


class Conflict(NamedTuple):
    """One field that somebody else owns."""

    owner: Identity
    path: tuple[str, ...]

    @property
    def field(self) -> str:
        """The path as causes show it."""
        return fieldset.shown(self.path)

    @property
    def message(self) -> str:
        """The text of the cause (reason FieldManagerConflict)."""
        return f"conflict with {_shown_manager(self.owner)}"


class Conflicts(Exception):
    """Fields of others would change: 409, `str()` is the message, `conflicts` the causes."""

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        self.conflicts = tuple(conflicts)
        super().__init__(_conflict_message(self.conflicts))


class Applied(NamedTuple):
    """What an apply gives: the object (not canonical, without managedFields) and its entries.

    changed: False if the configuration changed nothing but perhaps the owners.
    """

    object: Object
    managed_fields: list[Object] | None
    changed: bool


def _shown_manager(who: Identity) -> str:
    text = orjson.dumps(who.manager).decode()
    if who.subresource:
        text += f" with subresource {orjson.dumps(who.subresource).decode()}"
    return f"{text} using {who.api_version}" if who.operation == UPDATE else text


def _conflict_message(conflicts: Sequence[Conflict]) -> str:
    if len(conflicts) == 1:
        only = conflicts[0]
        return f"Apply failed with 1 conflict: {only.message}: {only.field}"
    by_owner: dict[Identity, list[str]] = {}
    for conflict in conflicts:
        by_owner.setdefault(conflict.owner, []).append(conflict.field)
    lines: list[str] = []
    for owner in sorted(by_owner, key=lambda who: who.text):
        lines.append(f"conflicts with {_shown_manager(owner)}:")
        lines += [f"- {field}" for field in by_owner[owner]]
    return f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(lines)


def _gvk(api_version: str, kind: str) -> str:
    """schema.GroupVersionKind.String."""
    group, _, version = api_version.rpartition("/")
    return f"{group}/{version}, Kind={kind}"


def apply(
    live: Object | None,
    config: Object,
    *,
    schema: Schema,
    manager: str,
    api_version: str,
    kind: str,
    now: str,
    force: bool = False,
    subresource: str = "",
    reset: Fields | Sequence[str] = (),
    only: Sequence[Sequence[str]] = (),
    empty: Object | None = None,
    convert: Callable[[Object, str], tuple[Object, Schema] | None] | None = None,
    settled: bool = False,
) -> Applied:
    """Lays `config` over `live` in the name of `manager`; edits nothing.

    live: the stored object, None if there is none. empty: the empty object of the kind (see
    `update_managed_fields`). The other arguments are those of `update_managed_fields`.

    The object that comes back is to be decoded, defaulted and brought to canonical form; then
    compare with `without_managed_fields_equal` as after every write.

    Raises BadConfiguration, UntypedConfiguration, Conflicts, InvalidManagedFields.
    """
    door = Door(
        api_version=api_version,
        schema=schema,
        reset=reset if isinstance(reset, dict) else fieldset.dotted(reset),
        only=only,
        convert=convert,
        settled=settled,
    )
    _check_kind(config, api_version, kind)
    blank = empty or {"apiVersion": api_version, "kind": kind}
    stored = bare(live) if live is not None else blank
    entries = live["metadata"].get("managedFields") or [] if live is not None else []
    managers = decode(entries, trusted=entries)
    if not managers:
        # Objects nobody tracked until now: what is there gets an owner of its own.
        who = identity(BEFORE_FIRST_APPLY, UPDATE, api_version, subresource)
        managers = record_update(blank, stored, {}, door, who, now)
    _check_type(config, schema, api_version, kind)
    applier = identity(manager or "unknown", APPLY, api_version, subresource)
    try:
        result = _apply(stored, config, managers, door, applier, force=force)
    except Conflicts as conflicts:
        if manager != KUBECTL:
            raise
        allowed = _last_applied_fields(stored, door)
        if allowed is None:
            raise
        left = [c for c in conflicts.conflicts if not fieldset.has(allowed, c.path)]
        if left:
            raise Conflicts(left) from None
        result = _apply(stored, config, managers, door, applier, force=True)
    except Unconvertible as error:
        raise UntypedConfiguration(str(error)) from None
    new, managers = result
    changed = new != stored
    if not changed:
        new = stored
    elif applier in managers:
        owner = managers[applier]
        managers[applier] = wrote(applier, owner, api_version, owner.fields, now)
    if manager == KUBECTL:
        new = _with_last_applied(new, config)
    return Applied(new, encode(managers), changed)


def _check_kind(config: Object, api_version: str, kind: str) -> None:
    given = _gvk(_text(config, "apiVersion"), _text(config, "kind"))
    if given != _gvk(api_version, kind):
        raise BadConfiguration(f"invalid object type: {given}")
    metadata = config.get("metadata")
    if isinstance(metadata, dict) and metadata.get("managedFields") is not None:
        raise BadConfiguration("metadata.managedFields must be nil")


def _text(map_: Any, name: str) -> str:
    """A string of a map, "" for all else (unstructured.NestedString)."""
    found = map_.get(name) if isinstance(map_, dict) else None
    return found if isinstance(found, str) else ""


def _check_type(config: Object, schema: Schema, api_version: str, kind: str) -> None:
    found = problems(config, schema)
    if found:
        metadata = config.get("metadata")
        name = f"{_text(metadata, 'namespace')}/{_text(metadata, 'name')}"
        raise UntypedConfiguration(
            f"failed to create typed patch object ({name}; {_gvk(api_version, kind)}): "
            f"{joined(found)}"
        )


def _apply(
    live: Object, config: Object, before: Managers, door: Door, applier: Identity, *, force: bool
) -> tuple[Object, Managers]:
    """merge.Updater.Apply, and the stripping of what is never owned."""
    managers: Managers = {}
    for who, owner in before.items():
        managers[who] = owner.owning(door.reconciled(live, owner))
    last = managers.get(applier)
    new = merged(live, config, door.schema)
    claimed = fieldset.recursive_difference(fields_of(config, door.schema), door.reset)
    if door.only:
        claimed = fieldset.matching(claimed, door.only)
    time = last.time if last is not None else ""
    managers[applier] = Owner(api_version=door.api_version, fields=claimed, time=time)
    try:
        new = pruned(new, managers, applier, last, door.in_version)
    except Unconvertible as error:
        raise error.within("failed to prune fields") from None
    managers = _settled(live, new, managers, door, applier, force=force)
    if applier in managers:
        mine = managers[applier]
        owned = fieldset.difference(mine.fields, NEVER_OWNED)
        if not owned:
            del managers[applier]
        elif last is not None and owned == last.fields and last.api_version == mine.api_version:
            managers[applier] = last
        else:
            managers[applier] = mine.owning(owned)
    return new, managers


def _settled(
    live: Object, new: Object, managers: Managers, door: Door, applier: Identity, *, force: bool
) -> Managers:
    """The managers after the change; raises Conflicts unless forced (merge.Updater.update)."""
    left: Managers = {}
    conflicts: list[Conflict] = []
    versions: dict[str, Any] = {}
    for who, owner in managers.items():
        if who == applier:
            left[who] = owner
            continue
        version = owner.api_version
        if version not in versions:
            versions[version] = door.compare(live, new, version)
        changes = versions[version]
        if changes is None:
            continue
        touched = fieldset.intersection(
            owner.fields, fieldset.union(changes.modified, changes.added)
        )
        conflicts += [Conflict(who, path) for path in fieldset.paths(touched)]
        left[who] = owner.owning(lost(owner.fields, changes))
    if conflicts and not force:
        raise Conflicts(conflicts)
    return {who: owner for who, owner in left.items() if owner.fields}


def _last_applied_fields(live: Object, door: Door) -> Fields | None:
    """What client-side apply's annotation names and the object still has as it says.

    None if there is no annotation that can be read (allowedConflictsFromLastApplied).
    """
    text = ((live.get("metadata") or {}).get("annotations") or {}).get(LAST_APPLIED)
    if not text:
        return None
    try:
        applied = orjson.loads(text)
    except ValueError:
        return None
    if not isinstance(applied, dict) or applied.get("apiVersion") != door.api_version:
        return None
    if not applied.get("kind") or problems(applied, door.schema):
        return None
    try:
        changes = compare(applied, live, door.schema)
        return lost(fields_of(applied, door.schema), changes)
    except Mismatch:
        return None


def _with_last_applied(new: Object, config: Object) -> Object:
    """The object with its last-applied annotation brought up to date, if it has one."""
    metadata = new.get("metadata") or {}
    annotations = metadata.get("annotations") or {}
    if not annotations.get(LAST_APPLIED):
        return new
    applied = dict(config)
    inner = applied.get("metadata")
    if isinstance(inner, dict) and LAST_APPLIED in (inner.get("annotations") or {}):
        own = {k: v for k, v in inner["annotations"].items() if k != LAST_APPLIED}
        applied["metadata"] = {**inner, "annotations": own}
    changed = {**annotations, LAST_APPLIED: written(applied) + "\n"}
    if sum(len(k.encode()) + len(v.encode()) for k, v in changed.items()) > _ANNOTATIONS_LIMIT:
        del changed[LAST_APPLIED]
    return {**new, "metadata": {**metadata, "annotations": changed}}


__all__ = [
    "Applied",
    "BadConfiguration",
    "Conflict",
    "Conflicts",
    "InvalidManagedFields",
    "UntypedConfiguration",
    "apply",
]
