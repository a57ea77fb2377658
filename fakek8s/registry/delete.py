"""Delete: at once, gracefully, or as soon as the finalizers are gone.

Sources: apiserver pkg/registry/rest/delete.go (`BeforeDelete`) and
pkg/registry/generic/registry/store.go (`Delete`, `updateForGracefulDeletionAndFinalizers`,
`deletionFinalizersForGarbageCollection`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.machinery.clone import clone
from fakek8s.machinery.meta import FOREGROUND, ORPHAN
from fakek8s.machinery.timestamps import format_time, parse_time
from fakek8s.registry import convert, options
from fakek8s.registry.create import operation, stored_form
from fakek8s.registry.get import find
from fakek8s.registry.options import WriteOptions
from fakek8s.registry.storageerrors import invalid_object
from fakek8s.store.types import RevisionMismatch

if TYPE_CHECKING:
    from fakek8s.kind import Kind, Operation
    from fakek8s.registry.context import Caller, Registry
    from fakek8s.store.types import Entry

Object = dict[str, Any]


async def delete(
    registry: Registry,
    kind: Kind,
    namespace: str,
    name: str,
    delete_options: Object,
    caller: Caller,
    *,
    one_of_many: bool = False,
) -> tuple[int, Object, Kind | None, Entry | None]:
    """One deletion. `delete_options` is a DeleteOptions object.

    `one_of_many`: of a collection, whose deletion names none of its objects to admission.

    Returns (HTTP code, the object or a Status, the kind if it is the object, its entry).
    Raises APIError.
    """
    options.check_delete_options(delete_options)
    if delete_options.get(options.UNSAFE):
        raise _readable(kind, find(registry, kind, namespace, name))
    dry_run = bool(delete_options.get("dryRun"))
    while True:
        entry = find(registry, kind, namespace, name)
        await convert.ready(kind, (entry,))
        op = replace(
            operation(
                registry,
                kind,
                namespace,
                "" if one_of_many else name,
                WriteOptions(dry_run=dry_run),
                caller,
                verb="delete",
                old=convert.shown_entry(kind, entry),
            ),
            options=delete_options,
        )
        _check_preconditions(kind, entry, delete_options)
        try:
            gone, obj, stored = await _attempt(registry, kind, entry, delete_options, op, caller)
        except RevisionMismatch:
            continue
        break
    code = 200
    if gone and not obj["metadata"]:
        return code, obj, kind, None
    if not gone and delete_options.get("orphanDependents") is False:
        code = 202
    if gone and not kind.behaviour.returns_deleted:
        metadata = obj["metadata"]
        status = errors.success(
            metadata["name"], kind.group, kind.plural, uid=metadata.get("uid", "")
        )
        return code, status, None, None
    return code, obj, kind, stored


def _readable(kind: Kind, entry: Entry) -> errors.APIError:
    """Refuses to delete as unreadable what can be read (corruptObjectDeleter); here all can."""
    why = "unsafe deletion is not allowed because the object is decodable from storage"
    return invalid_object(kind, entry.object["metadata"], why)


def _check_preconditions(kind: Kind, entry: Entry, delete_options: Object) -> None:
    wanted = delete_options.get("preconditions") or {}
    metadata = entry.object["metadata"]
    own = kind.behaviour.precondition_failed
    for field, noun in (("uid", "UID"), ("resourceVersion", "ResourceVersion")) if own else ():
        asked, found = wanted.get(field), metadata.get(field, "")
        if asked is not None and asked != found:
            why = f"{own}: {noun} in precondition: {asked}, {noun} in object meta: {found}"
            raise errors.conflict(kind.plural, kind.group, metadata["name"], why)
    uid, found = wanted.get("uid"), metadata.get("uid", "")
    if uid is not None and uid != found:
        raise errors.conflict(
            kind.kind,
            kind.group,
            metadata["name"],
            f"the UID in the precondition ({uid}) does not match the UID in record ({found}). "
            "The object might have been deleted and then recreated",
        )
    version, found = wanted.get("resourceVersion"), metadata["resourceVersion"]
    if version is not None and version != found:
        raise errors.conflict(
            kind.kind,
            kind.group,
            metadata["name"],
            f"the ResourceVersion in the precondition ({version}) does not match the "
            f"ResourceVersion in record ({found}). The object might have been modified",
        )


async def _attempt(
    registry: Registry,
    kind: Kind,
    entry: Entry,
    delete_options: Object,
    op: Operation,
    caller: Caller,
) -> tuple[bool, Object, Entry | None]:
    """(really gone?, the object to show, its entry); RevisionMismatch if it changed meanwhile."""
    obj = clone(convert.shown_entry(kind, entry))
    behaviour = kind.behaviour
    graceful, pending = _grace(kind, obj, delete_options, op)
    if pending:
        return not behaviour.returns_deleted, convert.shown_entry(kind, entry), entry
    if not caller.system:
        op = replace(op, options=_admitted(kind, obj, delete_options, graceful))
        await registry.admission.mutate(None, op)
        await registry.admission.validate(None, op)
    if behaviour.before_delete is not None and behaviour.before_delete(obj, op):
        return await _mark(registry, kind, obj, entry, op)
    changed = _set_finalizers(kind, obj, delete_options)
    metadata = obj["metadata"]
    if metadata.get("finalizers"):
        if not graceful:
            _mark_as_deleting(metadata, op)
        return await _mark(registry, kind, obj, entry, op)
    if graceful is not None and graceful > 0:
        return await _mark(registry, kind, obj, entry, op)
    if (graceful is not None or changed) and not op.dry_run:
        # Upstream writes the grace period of zero before it deletes: watchers see both.
        _, _, marked = await _mark(registry, kind, obj, entry, op)
        entry = marked or entry
        obj = convert.shown_entry(kind, entry)
    if op.dry_run and changed and graceful is None:
        # Upstream's update gave up half-way, and its empty result is what it shows.
        return True, kind.shape.empty(), None
    if not op.dry_run:
        await registry.store.commit(kind.resource, entry.name_key, entry.revision, None)
        obj = {
            **obj,
            "metadata": {**obj["metadata"], "resourceVersion": str(registry.store.revision)},
        }
        if behaviour.after_delete is not None:
            await behaviour.after_delete(obj, op)
    return True, kind.shape.canonical(obj), None


def _admitted(kind: Kind, obj: Object, delete_options: Object, grace: int | None) -> Object:
    """The options as admission sees them, by when the grace and the uid are decided upon."""
    found = delete_options
    if grace is not None:
        found = {**found, "gracePeriodSeconds": grace}
    if kind.behaviour.precondition_failed:
        uid = {"uid": obj["metadata"].get("uid", "")}
        found = {**found, "preconditions": uid | (found.get("preconditions") or {})}
    return found


async def _mark(
    registry: Registry, kind: Kind, obj: Object, entry: Entry, op: Operation
) -> tuple[bool, Object, Entry | None]:
    """Stores what marks the object as being deleted."""
    value = await stored_form(registry, kind, obj)
    if value == entry.object:
        return False, convert.shown_entry(kind, entry), entry
    if op.dry_run:
        return False, await convert.shown_new(kind, value), None
    stored = await registry.store.commit(kind.resource, entry.name_key, entry.revision, value)
    assert stored is not None
    await convert.ready(kind, (stored,))
    return False, convert.shown_entry(kind, stored), stored


def _grace(
    kind: Kind, obj: Object, delete_options: Object, op: Operation
) -> tuple[int | None, bool]:
    """(grace in seconds or None if the kind has none now, deletion already pending?); in place."""
    behaviour, metadata = kind.behaviour, obj["metadata"]
    requested = delete_options.get("gracePeriodSeconds")
    if requested is not None and requested < 0:
        requested = 1
    if behaviour.grace is None:
        return None, False
    if "deletionTimestamp" in metadata:
        return _shorten(metadata, requested, op)
    seconds = behaviour.grace(obj, requested, op)
    if seconds is None:
        return None, False
    metadata["deletionTimestamp"] = format_time(op.now + timedelta(seconds=seconds))
    metadata["deletionGracePeriodSeconds"] = seconds
    if metadata.get("generation"):
        metadata["generation"] += 1
    return seconds, False


def _shorten(metadata: Object, requested: int | None, op: Operation) -> tuple[int | None, bool]:
    """A further deletion of an object that is going already: only a shorter grace counts."""
    current = metadata.get("deletionGracePeriodSeconds")
    if not current:
        return None, False
    if requested is None or requested >= current:
        return None, True
    started = parse_time(metadata["deletionTimestamp"]) - timedelta(seconds=current)
    end = started + timedelta(seconds=requested)
    seconds = requested
    if end < op.now:
        end = op.now
        if seconds:
            seconds = 1
    metadata["deletionTimestamp"] = format_time(end)
    metadata["deletionGracePeriodSeconds"] = seconds
    return seconds, False


def _mark_as_deleting(metadata: Object, op: Operation) -> None:
    """registry.markAsDeleting, in place."""
    if "deletionTimestamp" not in metadata:
        if metadata.get("generation"):
            metadata["generation"] += 1
        metadata["deletionTimestamp"] = format_time(op.now)
    elif parse_time(metadata["deletionTimestamp"]) > op.now:
        metadata["deletionTimestamp"] = format_time(op.now)
    metadata["deletionGracePeriodSeconds"] = 0


def _set_finalizers(kind: Kind, obj: Object, delete_options: Object) -> bool:
    """Adds or removes the collector's finalizers, in place; True if that changed them."""
    if not kind.behaviour.garbage_collection:
        return False
    metadata = obj["metadata"]
    old = metadata.get("finalizers") or []
    new = [name for name in old if name not in (ORPHAN, FOREGROUND)]
    if _orphans(kind, old, delete_options):
        new.append(ORPHAN)
    if _in_foreground(old, delete_options):
        new.append(FOREGROUND)
    if set(new) == set(old):
        return False
    metadata["finalizers"] = new
    return True


def _orphans(kind: Kind, finalizers: list[str], delete_options: Object) -> bool:
    explicit = delete_options.get("orphanDependents")
    if explicit is not None:
        return bool(explicit)
    policy = delete_options.get("propagationPolicy")
    if policy is not None:
        return bool(policy == "Orphan")
    for name in finalizers:
        if name in (ORPHAN, FOREGROUND):
            return name == ORPHAN
    return kind.behaviour.orphan_by_default


def _in_foreground(finalizers: list[str], delete_options: Object) -> bool:
    if delete_options.get("orphanDependents") is not None:
        return False
    policy = delete_options.get("propagationPolicy")
    if policy is not None:
        return bool(policy == "Foreground")
    for name in finalizers:
        if name in (ORPHAN, FOREGROUND):
            return name == FOREGROUND
    return False
