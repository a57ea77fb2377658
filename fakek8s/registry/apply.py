"""Server-side apply over the guaranteed-update loop.

Source: apiserver pkg/endpoints/handlers/patch.go (`applyPatcher`). The algebra of owners is
machinery.apply's; an apply sets managedFields itself, so the loop does not track it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.kind import Strategy
from fakek8s.machinery.apply import applier
from fakek8s.machinery.apply.managers import InvalidManagedFields
from fakek8s.machinery.timestamps import format_time
from fakek8s.machinery.wire.decode import DecodeError
from fakek8s.machinery.wire.jsontext import json_kind
from fakek8s.machinery.wire.yamltext import yaml_to_json_value, yaml_warnings
from fakek8s.registry.create import ensure_namespace
from fakek8s.registry.managed import Conversions, converter
from fakek8s.registry.update import check_body_name, strategy_of, update

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.kind import Kind
    from fakek8s.registry.context import Caller, Registry
    from fakek8s.registry.options import WriteOptions
    from fakek8s.registry.patch import Decode
    from fakek8s.store.types import Entry

Object = dict[str, Any]

_PLAIN = Strategy()


async def apply(
    registry: Registry,
    kind: Kind,
    namespace: str,
    name: str,
    body: bytes,
    decode: Decode,
    options: WriteOptions,
    caller: Caller,
    *,
    subresource: str = "",
) -> tuple[int, Object, Entry | None]:
    """(HTTP code, the object in the kind's version, its entry); a missing object is created.

    Raises APIError.
    """
    strategy = strategy_of(kind, subresource)
    lay = configuration(registry, kind, body, decode, options, caller, subresource, strategy)

    async def change(live: Object | None) -> Object:
        obj = lay(live)
        if live is None and obj["metadata"].get("uid"):
            uid = obj["metadata"]["uid"]
            raise errors.conflict(
                kind.plural,
                kind.group,
                name,
                f"uid mismatch: the provided object specified uid {uid}, "
                "and no existing object was found",
            )
        ensure_namespace(obj, namespace if kind.namespaced else "")
        check_body_name(obj, name, namespace)
        return obj

    return await update(
        registry,
        kind,
        namespace,
        name,
        change,
        options,
        caller,
        subresource=subresource,
        create=not subresource or kind.behaviour.status_apply_creates,
        tracked=True,
    )


def configuration(
    registry: Registry,
    kind: Kind,
    body: bytes,
    decode: Decode,
    options: WriteOptions,
    caller: Caller,
    subresource: str = "",
    strategy: Strategy = _PLAIN,
    *,
    inconvertible: str = "",
) -> Callable[[Object | None], Object]:
    """What an apply does to a live object: the new one, decoded, managedFields set.

    inconvertible: why upstream can convert no changed object here, if it can't.

    Raises APIError, the function too (and ConversionNeeded): only what is no YAML at all is
    found before the object is looked for (validateAndTranscodePatch).
    """
    try:
        document: tuple[Any, list[str]] | ValueError = yaml_to_json_value(body)
    except ValueError as error:
        if not body.lstrip().startswith(b"{"):
            raise errors.bad_request(f"error encoding patch: {error}") from None
        document = error

    conversions = Conversions(kind)

    def lay(live: Object | None) -> Object:
        config, strict = _configuration(document)
        if inconvertible and not (live or {}).get("metadata", {}).get("managedFields"):
            gvk = f"{kind.group}/{kind.version}, Kind={kind.kind}"
            raise errors.plain(
                500,
                "failed to create manager for existing fields: failed to convert live object "
                f"(/; {gvk}) to proper version: {inconvertible}",
            )
        found, changed = _applied(
            registry, kind, live, config, options, subresource, strategy, conversions
        )
        if inconvertible and changed:
            raise errors.plain(500, _not_converted(kind, config, inconvertible))
        if strict and options.field_validation == "Strict":
            why = f"error converting YAML to JSON: {strict[0]}"
            raise errors.bad_request(f"error strict decoding patch: {why}")
        if strict and options.field_validation == "Warn":
            for line in yaml_warnings(strict[0]):
                caller.warn(line)
        caller.written = lambda: found
        return _decoded(kind, found, live, config, decode)

    return lay


def _configuration(document: tuple[Any, list[str]] | ValueError) -> tuple[Object, list[str]]:
    """The applied configuration and what strict decoding finds in it; raises APIError 400."""
    if isinstance(document, ValueError):
        text = f"error decoding patch: error converting YAML to JSON: {document}"
        raise errors.bad_request(text)
    config, strict = document
    if config is None:
        config = {}
    if not isinstance(config, dict):
        raise errors.bad_request(
            "error decoding patch: error unmarshaling JSON: while decoding JSON: json: cannot "
            f"unmarshal {json_kind(config)} into Go value of type map[string]interface {{}}"
        )
    return config, strict


def _applied(
    registry: Registry,
    kind: Kind,
    live: Object | None,
    config: Object,
    options: WriteOptions,
    subresource: str,
    strategy: Strategy,
    conversions: Conversions,
) -> tuple[Object, bool]:
    """The object after the apply, managedFields included, and whether more than these changed."""
    assert kind.schema is not None
    try:
        found = applier.apply(
            live,
            config,
            schema=kind.schema,
            manager=options.field_manager,
            api_version=kind.api_version,
            kind=kind.kind,
            now=format_time(registry.clock.now()),
            force=bool(options.force),
            subresource=subresource,
            reset=strategy.resets,
            only=strategy.owned,
            empty=None if kind.custom else kind.shape.empty(),
            convert=converter(registry.catalogue, kind, conversions),
            settled=not kind.custom,
        )
    except applier.BadConfiguration as error:
        raise errors.bad_request(str(error)) from None
    except (applier.UntypedConfiguration, InvalidManagedFields) as error:
        raise errors.plain(500, str(error)) from None
    except applier.Conflicts as error:
        causes = [
            {"reason": "FieldManagerConflict", "message": c.message, "field": c.field}
            for c in error.conflicts
        ]
        raise errors.APIError(409, "Conflict", str(error), {"causes": causes}) from None
    metadata = {**found.object.get("metadata", {})}
    if found.managed_fields:
        metadata["managedFields"] = found.managed_fields
    return {**found.object, "metadata": metadata}, found.changed


def _decoded(
    kind: Kind, value: Object, live: Object | None, config: Object, decode: Decode
) -> Object:
    try:
        obj, _ = decode(value, live)
    except DecodeError as error:
        why = str(error)
        if not kind.custom:
            gvk = f"{kind.group}/{kind.version}, Kind={kind.kind}"
            why = f"unable to convert unstructured object to {gvk}: {why}"
            why = _not_converted(kind, config, why)
        raise errors.plain(500, why) from None
    obj.setdefault("metadata", {})
    for default in kind.behaviour.defaults:
        default(obj)
    return obj


def _not_converted(kind: Kind, config: Object, why: str) -> str:
    """What is said of a merged object that can't become its type (structuredMergeManager.Apply)."""
    metadata = config["metadata"]
    named = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}"
    gvk = f"{kind.group}/{kind.version}, Kind={kind.kind}"
    return f"failed to convert new object ({named}; {gvk}) to proper version: {why}"
