"""Update: the guaranteed-update loop that PUT, PATCH and subresources share.

Sources: apiserver pkg/endpoints/handlers/update.go, pkg/registry/rest/update.go and
pkg/registry/generic/registry/store.go (`Update`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from fakek8s import errors
from fakek8s.kind import Strategy
from fakek8s.machinery import emptied, meta
from fakek8s.machinery.causes import invalid
from fakek8s.machinery.clone import clone
from fakek8s.machinery.printing import quote
from fakek8s.registry import convert, managed
from fakek8s.registry.create import (
    dedupe_owners,
    ensure_namespace,
    insert,
    operation,
    refusal,
    stored_form,
)
from fakek8s.registry.get import check_name
from fakek8s.registry.options import parse_revision
from fakek8s.registry.storageerrors import other_uid
from fakek8s.store.types import RevisionMismatch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fakek8s.kind import Kind, Operation
    from fakek8s.machinery.causes import FieldError
    from fakek8s.registry.context import Caller, Registry
    from fakek8s.registry.options import WriteOptions
    from fakek8s.store.types import Entry

Object = dict[str, Any]
#: From the live object in the kind's version (None if absent; shared, not to be edited) to the
#: new one (decoded, defaulted, the loop's to edit).
Change = "Callable[[Object | None], Awaitable[Object]]"


async def replace(
    registry: Registry,
    kind: Kind,
    namespace: str,
    name: str,
    obj: Object,
    options: WriteOptions,
    caller: Caller,
    *,
    subresource: str = "",
) -> tuple[int, Object, Entry | None]:
    """PUT: (HTTP code, the object in the kind's version, its entry). Raises APIError."""
    obj.setdefault("metadata", {})
    for default in kind.behaviour.defaults:
        default(obj)
    ensure_namespace(obj, namespace if kind.namespaced else "")
    check_body_name(obj, name, namespace)
    dedupe_owners(obj, caller, admitted=False)

    async def change(live: Object | None) -> Object:
        return clone(obj)

    return await update(
        registry,
        kind,
        namespace,
        name,
        change,
        options,
        caller,
        subresource=subresource,
        expected_uid=obj["metadata"].get("uid", ""),
    )


def check_body_name(obj: Object, name: str, namespace: str) -> None:
    """handlers.checkName: the body must name what the URL names; raises APIError 400."""
    metadata = obj["metadata"]
    found = metadata.get("name", "")
    if not found:
        raise errors.bad_request(
            f"the name of the object ({name} based on URL) was undeterminable: "
            "name must be provided"
        )
    if found != name:
        raise errors.bad_request(
            f"the name of the object ({found}) does not match the name on the URL ({name})"
        )
    found = metadata.get("namespace", "")
    if namespace and found and found != namespace:
        raise errors.bad_request(
            f"the namespace of the object ({found}) does not match "
            f"the namespace on the request ({namespace})"
        )


async def update(
    registry: Registry,
    kind: Kind,
    namespace: str,
    name: str,
    change: Callable[[Object | None], Awaitable[Object]],
    options: WriteOptions,
    caller: Caller,
    *,
    subresource: str = "",
    expected_uid: str = "",
    create: bool = False,
    tracked: bool = False,
) -> tuple[int, Object, Entry | None]:
    """Changes one object until the change holds: again whenever another write came between.

    `create`: a missing object is created. `tracked`: the change sets managedFields itself
    (both: apply). Raises APIError.
    """
    track = None if tracked or caller.system else managed.Conversions(kind)
    strategy = strategy_of(kind, subresource)
    allow_create = create or kind.behaviour.allow_create_on_update
    while True:
        entry = registry.entry(kind, namespace, name)
        if entry is None:
            check_name(name)
            if not allow_create:
                raise errors.not_found(kind.plural, kind.group, name)
            if expected_uid:
                metadata = {"name": name, "namespace": namespace}
                raise other_uid(kind, metadata, expected_uid, options.dry_run)
            try:
                return await _create(
                    registry, kind, namespace, name, change, options, caller, track, subresource
                )
            except managed.ConversionNeeded as needed:
                await needed.answer()
                continue
        uid = entry.object["metadata"].get("uid", "")
        if expected_uid and expected_uid != uid:
            raise other_uid(kind, entry.object["metadata"], expected_uid, options.dry_run)
        try:
            found, stored = await _attempt(
                registry,
                kind,
                namespace,
                entry,
                strategy,
                change,
                options,
                caller,
                subresource,
                track,
            )
        except RevisionMismatch:
            continue
        except managed.ConversionNeeded as needed:
            await needed.answer()
            continue
        return 200, found, stored


def strategy_of(kind: Kind, subresource: str) -> Strategy:
    """The strategy of a door: the resource itself, its status or another subresource."""
    if not subresource or subresource == "scale":
        return kind.behaviour.main
    if subresource == "status":
        return kind.behaviour.status
    found = kind.behaviour.subresources[subresource]
    assert isinstance(found, Strategy)
    return found


async def _create(
    registry: Registry,
    kind: Kind,
    namespace: str,
    name: str,
    change: Callable[[Object | None], Awaitable[Object]],
    options: WriteOptions,
    caller: Caller,
    track: managed.Conversions | None,
    subresource: str,
) -> tuple[int, Object, Entry | None]:
    obj = await change(None)
    now = registry.clock.now()
    if track is not None:
        strategy = strategy_of(kind, subresource)
        managed.track(
            registry.catalogue,
            kind,
            None,
            obj,
            caller.manager,
            now,
            subresource=subresource,
            resets=strategy.resets,
            owned=strategy.owned,
            conversions=track,
        )
    op = operation(registry, kind, namespace, name, options, caller, subresource=subresource)
    if not caller.system:
        await registry.admission.mutate(obj, op)
        dedupe_owners(obj, caller, admitted=True)
        if kind.behaviour.main.guard is not None:
            kind.behaviour.main.guard(obj, op, name)
    _read_revision(obj["metadata"].get("resourceVersion", ""))
    metadata = obj["metadata"]
    meta.wipe_system_fields(metadata)
    if not op.dry_run:
        metadata.pop("resourceVersion", None)
    found, entry = await insert(registry, kind, obj, op, caller, check=caller.check_create)
    return 201, found, entry


async def _attempt(
    registry: Registry,
    kind: Kind,
    namespace: str,
    entry: Entry,
    strategy: Strategy,
    change: Callable[[Object | None], Awaitable[Object]],
    options: WriteOptions,
    caller: Caller,
    subresource: str,
    track: managed.Conversions | None,
) -> tuple[Object, Entry | None]:
    """One turn of the loop; raises RevisionMismatch when another write came between."""
    await convert.ready(kind, (entry,))
    live = convert.shown_entry(kind, entry)
    obj = await change(live)
    if kind.behaviour.timed_default is not None:
        kind.behaviour.timed_default(obj, registry.clock.now())
    name = live["metadata"]["name"]
    if track is not None:
        managed.track(
            registry.catalogue,
            kind,
            live,
            obj,
            caller.manager,
            registry.clock.now(),
            subresource=subresource,
            resets=strategy.resets,
            owned=strategy.owned,
            conversions=track,
        )
    op = operation(
        registry,
        kind,
        namespace,
        name,
        options,
        caller,
        verb="update",
        subresource=subresource,
        old=live,
    )
    if not caller.system:
        await registry.admission.mutate(obj, op)
        dedupe_owners(obj, caller, admitted=True)
        if strategy.guard is not None:
            strategy.guard(obj, op, name)
    check_revision(kind, name, obj, entry)
    finish = await strategy.begin(obj, op) if strategy.begin else None
    committed = False
    try:
        before_update(kind, strategy, obj, live, op)
        if not caller.system:
            await registry.admission.validate(obj, op)
        if emptied_finalizers(kind, obj, live):
            found = await _remove(registry, kind, obj, entry, op)
        else:
            found = await _commit(registry, kind, obj, live, entry, op)
        committed = True
    finally:
        if finish is not None:
            await finish(committed)
    return found


def check_revision(kind: Kind, name: str, obj: Object, entry: Entry) -> None:
    """The optimistic lock; sets the live resourceVersion where the body may leave it out."""
    metadata = obj["metadata"]
    revision = _read_revision(metadata.get("resourceVersion", ""))
    if revision == 0:
        if not kind.behaviour.allow_unconditional_update:
            cause = invalid("metadata.resourceVersion", 0, "must be specified for an update")
            raise errors.invalid(kind.plural, kind.group, name, [cause])
        metadata["resourceVersion"] = str(entry.revision)
    elif revision != entry.revision:
        raise errors.conflict(kind.plural, kind.group, name)


def _read_revision(text: str) -> int:
    """A body's resourceVersion; raises APIError 500."""
    try:
        return parse_revision(text)
    except ValueError as error:
        raise errors.plain(500, str(error)) from None


def before_update(kind: Kind, strategy: Strategy, obj: Object, live: Object, op: Operation) -> None:
    """rest.BeforeUpdate: keeps what no update may change, prepares, validates; in place."""
    metadata, old = obj["metadata"], live["metadata"]
    ensure_namespace(obj, op.namespace if kind.namespaced else "")
    _keep(metadata, old, "generation")
    for prepare in strategy.prepare:
        prepare(obj, op)
    metadata = obj["metadata"]
    if kind.behaviour.generation and strategy is kind.behaviour.main:
        written = op.written if kind.behaviour.empty_is_change else None
        bump_generation(obj, live, custom=kind.custom, written=written)
    if not metadata.get("uid"):
        metadata["uid"] = old["uid"]
    _keep(metadata, old, "creationTimestamp")
    if "deletionTimestamp" in old:
        metadata["deletionTimestamp"] = old["deletionTimestamp"]
    if "deletionGracePeriodSeconds" in old and "deletionGracePeriodSeconds" not in metadata:
        metadata["deletionGracePeriodSeconds"] = old["deletionGracePeriodSeconds"]
    found: list[FieldError] = [
        *meta.object_meta_rules(metadata, "metadata", kind.namespaced, meta.path_name),
        *meta.object_meta_update_rules(metadata, old, "metadata"),
    ]
    for rule in strategy.rules:
        found.extend(rule(obj, op))
    if found:
        raise refusal(kind, obj, found)
    for warn in strategy.warnings:
        for text in warn(obj, op):
            op.warn(text)


def _keep(metadata: Object, old: Object, name: str) -> None:
    """The live value of one metadata field, whatever the writer sent."""
    if name in old:
        metadata[name] = old[name]
    else:
        metadata.pop(name, None)


def _alike(one: Any, other: Any) -> bool:
    """Equality to which an empty list or map is none (equality.Semantic.DeepEqual).

    What may be left out is never an empty list or map in a canonical object, so a `{}` that only
    one of them has is a struct, which is something.
    """
    if one == other:
        return True
    if one and other and isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[k], other[k]) for k in one)
    if one and other and isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    return one in ([], {}, None) and other in ([], {}, None)


def bump_generation(
    obj: Object,
    live: Object,
    *,
    custom: bool = False,
    written: Callable[[], Any] | None = None,
) -> None:
    """One more generation when anything but metadata and status changed.

    custom: maps without types, in which empty is not none. written: what the object was decoded
    from, if empty is not none to its kind either.
    """
    ignored = ("metadata", "status", "kind", "apiVersion")
    before = {k: v for k, v in live.items() if k not in ignored}
    after = {k: v for k, v in obj.items() if k not in ignored}
    changed = before != after and (custom or written is not None or not _alike(before, after))
    if not changed and written is not None:
        body = emptied.body(written)
        given = body if isinstance(body, dict) else {}
        changed = emptied.drops({k: v for k, v in given.items() if k not in ignored}, after)
    if changed:
        obj["metadata"]["generation"] = live["metadata"].get("generation", 0) + 1


def emptied_finalizers(kind: Kind, obj: Object, live: Object) -> bool:
    """True when this update lets a deletion finish (registry.ShouldDeleteDuringUpdate)."""
    old = live["metadata"]
    if obj["metadata"].get("finalizers") or "deletionTimestamp" not in old:
        return False
    if old.get("deletionGracePeriodSeconds"):
        return False
    allowed = kind.behaviour.delete_during_update
    return allowed is None or allowed(obj, live)


async def _remove(
    registry: Registry, kind: Kind, obj: Object, entry: Entry, op: Operation
) -> tuple[Object, Entry | None]:
    """The deletion that an update sets free; the answer is the object as it was sent."""
    if not op.dry_run:
        await registry.store.commit(kind.resource, entry.name_key, entry.revision, None)
        if kind.behaviour.after_delete is not None:
            await kind.behaviour.after_delete(entry.object, op)
    return kind.shape.canonical(obj), None


async def _commit(
    registry: Registry, kind: Kind, obj: Object, live: Object, entry: Entry, op: Operation
) -> tuple[Object, Entry | None]:
    same = kind.behaviour.to_stored is None and kind.behaviour.converts is None
    shared = sharing(obj, entry.object) if same else obj
    value = await stored_form(registry, kind, shared, entry.object)
    kept = kind.behaviour.to_stored is not None and op.subresource == "status"
    if kept and obj.get("spec") == live.get("spec"):
        # Another version does not tell all about what this door leaves alone.
        value = {**value, "spec": entry.object["spec"]}
    if unchanged(value, entry.object):
        return live, entry
    if op.dry_run:
        return await convert.shown_new(kind, value), None
    stored = await registry.store.commit(kind.resource, entry.name_key, entry.revision, value)
    assert stored is not None, quote(entry.name_key)
    await convert.ready(kind, (stored,))
    return convert.shown_entry(kind, stored), stored


def sharing(obj: Object, live: Object) -> Object:
    """The object with `live`'s own parts where they say the same, to the letter.

    That keeps one copy of what a write leaves alone, and spares its way into canonical form. A
    comparison of values would take 1 for true.
    """
    found = dict(obj)
    for name, part in obj.items():
        old = live.get(name)
        if part.__class__ is dict and old and part is not old and name != "metadata":
            text = _text(part)
            if text is not None and text == _text(old):
                found[name] = old
    return found


def _text(part: Object) -> bytes | None:
    try:
        return orjson.dumps(part)
    except TypeError:  # a number that is more exact than JSON texts of this kind
        return None


def unchanged(value: Object, stored: Object) -> bool:
    """True when nothing but the times of managed fields differs: such a write is none.

    Upstream: fieldmanager.IgnoreManagedFieldsTimestampsTransformer.
    """
    if value == stored:
        return True
    new, old = value["metadata"].get("managedFields"), stored["metadata"].get("managedFields")
    if not new or not old or len(new) != len(old):
        return False
    if any({**a, "time": 0} != {**b, "time": 0} for a, b in zip(new, old, strict=True)):
        return False
    metadata = {**value["metadata"], "managedFields": old}
    return {**value, "metadata": metadata} == stored
