"""Create: from a decoded object to a stored one, in upstream's order of steps.

Sources: apiserver pkg/endpoints/handlers/create.go, pkg/registry/rest/create.go and
pkg/registry/generic/registry/store.go (`create`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.kind import Operation
from fakek8s.machinery import meta
from fakek8s.machinery.causes import invalid
from fakek8s.machinery.clone import clone
from fakek8s.machinery.timestamps import format_time
from fakek8s.registry import convert, managed
from fakek8s.registry.options import parse_revision
from fakek8s.store.types import RevisionMismatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.kind import Kind
    from fakek8s.machinery.causes import FieldError
    from fakek8s.registry.context import Caller, Registry
    from fakek8s.registry.options import WriteOptions
    from fakek8s.store.types import Entry

Object = dict[str, Any]

_DUPLICATE_OWNERS = (
    ".metadata.ownerReferences contains duplicate entries{}; API server dedups owner references "
    "in 1.20+, and may reject such requests as early as 1.24; please fix your requests; "
    "duplicate UID(s) observed: {}"
)
#: How often a generated name may collide before the client hears of it (upstream: 8 attempts).
_GENERATE_ATTEMPTS = 8
#: names.maxGeneratedNameLength: 63 less the five random characters.
_GENERATED_BASE = 58


def ensure_namespace(obj: Object, namespace: str) -> None:
    """rest.EnsureObjectNamespaceMatchesRequestNamespace, in place; raises APIError 400."""
    metadata = obj["metadata"]
    found = metadata.get("namespace", "")
    if found == namespace:
        return
    if not found:
        metadata["namespace"] = namespace
    elif not namespace:
        del metadata["namespace"]
    else:
        raise errors.bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )


def dedupe_owners(obj: Object, caller: Caller, *, admitted: bool) -> None:
    """Drops repeated owner references with the warning that upstream gives."""
    metadata = obj["metadata"]
    if "ownerReferences" in metadata and (repeated := meta.dedupe_owners(metadata)):
        when = " after mutating admission happens" if admitted else ""
        caller.warn(_DUPLICATE_OWNERS.format(when, ", ".join(repeated)))


async def create(
    registry: Registry,
    kind: Kind,
    namespace: str,
    obj: Object,
    options: WriteOptions,
    caller: Caller,
) -> tuple[Object, Entry | None]:
    """Creates `obj` (decoded, defaulted here, the callee's to edit).

    Returns the object in the kind's version and its entry (None on a dry run).
    Raises APIError.
    """
    obj.setdefault("metadata", {})
    for default in kind.behaviour.defaults:
        default(obj)
    metadata = obj["metadata"]
    meta.wipe_system_fields(metadata)
    ensure_namespace(obj, namespace if kind.namespaced else "")
    dedupe_owners(obj, caller, admitted=False)
    op = operation(registry, kind, namespace, metadata.get("name", ""), options, caller)
    if not caller.system:
        resets = kind.behaviour.main.resets
        managed.track(registry.catalogue, kind, None, obj, caller.manager, op.now, resets=resets)
        await registry.admission.mutate(obj, op)
        dedupe_owners(obj, caller, admitted=True)
        if kind.behaviour.main.guard is not None:
            kind.behaviour.main.guard(obj, op, "")
    if needs_name(obj["metadata"]):
        for _ in range(_GENERATE_ATTEMPTS - 1):
            try:
                return await insert(registry, kind, clone(obj), op, caller)
            except errors.APIError as error:
                if error.reason != "AlreadyExists":
                    raise
    return await insert(registry, kind, obj, op, caller)


def operation(
    registry: Registry,
    kind: Kind,
    namespace: str,
    name: str,
    options: WriteOptions,
    caller: Caller,
    *,
    verb: str = "create",
    subresource: str = "",
    old: Object | None = None,
) -> Operation:
    """The Operation record that hooks and admission plugins of this write see."""
    return Operation(
        verb,
        kind,
        namespace,
        name,
        caller.user,
        registry.clock.now(),
        registry.ids,
        registry.reader,
        registry.writer,
        caller.warn,
        registry.settings,
        caller.verb or verb,
        subresource,
        old,
        options.dry_run,
        options.as_object(_OPTION_KINDS[verb]),
        written=caller.written,
    )


_OPTION_KINDS = {"create": "CreateOptions", "update": "UpdateOptions", "delete": "DeleteOptions"}


def needs_name(metadata: Object) -> bool:
    """True when the server is to pick the name."""
    return not metadata.get("name") and bool(metadata.get("generateName"))


async def insert(
    registry: Registry,
    kind: Kind,
    obj: Object,
    op: Operation,
    caller: Caller,
    *,
    check: Callable[[], None] | None = None,
) -> tuple[Object, Entry | None]:
    """The part of a create after mutating admission; updates that create share it.

    `check` is asked once the object is valid, for a right that the request itself did not need.
    """
    metadata = obj["metadata"]
    metadata["uid"] = registry.ids.uid()
    metadata["creationTimestamp"] = format_time(op.now)
    if needs_name(metadata):
        metadata["name"] = metadata["generateName"][:_GENERATED_BASE] + registry.ids.suffix()
    strategy = kind.behaviour.main
    # What a subresource's storage creates, it does not allocate for.
    finish = await strategy.begin(obj, op) if strategy.begin and not op.subresource else None
    committed = False
    try:
        ensure_namespace(obj, op.namespace if kind.namespaced else "")
        for prepare in strategy.prepare:
            prepare(obj, op)
        check_new(kind, obj, op)
        if check is not None:
            check()
        if not caller.system:
            await registry.admission.validate(obj, op)
        metadata = obj["metadata"]
        name = metadata["name"]
        found = await _commit(registry, kind, obj, op, name)
        committed = True
    finally:
        if finish is not None:
            await finish(committed)
    return found


_NAMES = (("generateName", True), ("name", False))


def check_new(kind: Kind, obj: Object, op: Operation) -> None:
    """rest.ValidateCreate: the kind's rules, and metadata's; all causes together."""
    behaviour = kind.behaviour
    metadata = obj["metadata"]
    found: list[FieldError] = []
    if behaviour.checks_metadata:
        rules = meta.object_meta_rules(metadata, "metadata", kind.namespaced, behaviour.name)
        found.extend(dict.fromkeys(rules))
    for rule in behaviour.main.rules:
        found.extend(rule(obj, op))
    if not found and behaviour.checks_metadata:
        # A name must fit in a path, whatever the kind allows.
        for field, is_prefix in _NAMES:
            name = metadata.get(field)
            if name and (texts := meta.path_name(name, is_prefix)):
                found.extend(invalid(f"metadata.{field}", name, text) for text in texts)
    elif not found:
        found.extend(meta.object_meta_rules(metadata, "metadata", kind.namespaced, meta.path_name))
    if found:
        raise refusal(kind, obj, found)
    for warn in behaviour.main.warnings:
        for text in warn(obj, op):
            op.warn(text)


def refusal(kind: Kind, obj: Object, found: list[FieldError]) -> errors.APIError:
    """The 422 of what a strategy found.

    ValidateDeclaratively leaves each error once, where it is asked; a custom resource is called
    what it says it is.
    """
    name, group = kind.kind, kind.stored_group
    if kind.custom:
        name, group = obj.get("kind", name), obj["apiVersion"].rpartition("/")[0]
    elif not kind.behaviour.repeats_errors:
        found = list(dict.fromkeys(found))
    return errors.invalid(name, group, obj["metadata"].get("name", ""), found)


async def _commit(
    registry: Registry, kind: Kind, obj: Object, op: Operation, name: str
) -> tuple[Object, Entry | None]:
    key = meta.key_of(op.namespace if kind.namespaced else "", name)
    metadata = obj["metadata"]
    version = metadata.get("resourceVersion")
    if version and not op.dry_run and _names_a_version(version):
        raise errors.plain(500, "resourceVersion should not be set on objects to be created")
    current = registry.store.get(kind.resource, key)
    if current is not None:
        raise _exists(kind, metadata, current)
    if op.dry_run:  # which neither reads nor removes a resourceVersion (DryRunnableStorage)
        return await convert.shown_new(kind, await stored_form(registry, kind, obj)), None
    metadata["resourceVersion"] = "0"  # holds the key's place: the store stamps the revision
    value = await stored_form(registry, kind, obj)
    try:
        entry = await registry.store.commit(kind.resource, key, 0, value)
    except RevisionMismatch as mismatch:
        raise _exists(kind, metadata, mismatch.current) from None
    assert entry is not None
    if kind.behaviour.converts is not None:
        await convert.ready(kind, (entry,))
    return convert.shown_entry(kind, entry), entry


def _names_a_version(text: str) -> bool:
    """True for a number other than 0; what is no number counts as unset (storage.Create)."""
    try:
        return parse_revision(text) != 0
    except ValueError:
        return False


async def stored_form(
    registry: Registry, kind: Kind, obj: Object, live: Object | None = None
) -> Object:
    """The object as the store keeps it: stored version, canonical. Raises APIError.

    `live`: the stored object that it replaces, whose parts it may share.
    """
    obj["metadata"].pop("selfLink", None)
    if kind.behaviour.converts is not None:
        return kind.shape.as_stored(await kind.behaviour.converts.stored(obj))
    if kind.behaviour.to_stored is None:
        return kind.shape.as_stored(obj, live)
    storage = registry.catalogue.by_resource(kind.resource)
    return storage.shape.as_stored(kind.behaviour.to_stored(obj))


def _exists(kind: Kind, metadata: Object, current: Entry | None) -> errors.APIError:
    name = metadata["name"]
    if metadata.get("generateName"):
        error = errors.generate_name_conflict(kind.plural, kind.group, name)
    else:
        error = errors.already_exists(kind.plural, kind.group, name)
    if current is not None and current.object["metadata"].get("deletionTimestamp"):
        error.message = f"object is being deleted: {error.message}"
    return error
