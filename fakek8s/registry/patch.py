"""Patch: the four patch types over the guaranteed-update loop.

Source: apiserver pkg/endpoints/handlers/patch.go. The algorithms themselves are in
machinery.{jsonpatch,mergepatch,strategic}; server-side apply is not there yet and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from fakek8s import errors
from fakek8s.machinery import jsonpatch, mergepatch, strategic
from fakek8s.machinery.causes import invalid
from fakek8s.machinery.wire import jsontext
from fakek8s.machinery.wire.decode import DecodeError
from fakek8s.registry.create import ensure_namespace
from fakek8s.registry.options import APPLY
from fakek8s.registry.update import check_body_name, update

if TYPE_CHECKING:
    from fakek8s.kind import Kind
    from fakek8s.registry.context import Caller, Registry
    from fakek8s.registry.options import WriteOptions
    from fakek8s.store.types import Entry

Object = dict[str, Any]

JSON_PATCH = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
MAX_OPERATIONS = 10_000

#: What a resource accepts, in the order in which upstream's 415 lists it.
BUILTIN_TYPES = (JSON_PATCH, MERGE, STRATEGIC, APPLY)
CUSTOM_TYPES = (JSON_PATCH, MERGE, APPLY)


class Decode(Protocol):
    """Reads a patched value as an object of the kind: (canonical object, strict errors).

    Raises DecodeError in the decoder's own words.
    """

    def __call__(self, value: Any) -> tuple[Object, list[str]]: ...


def check_type(kind: Kind, content_type: str) -> None:
    """Refuses a media type that is no patch type of this resource; raises APIError 415."""
    accepted = CUSTOM_TYPES if kind.custom else BUILTIN_TYPES
    if content_type not in accepted:
        raise errors.unsupported_media_type(
            "the body of the request was in an unknown format - "
            f"accepted media types include: {', '.join(accepted)}"
        )


async def patch(
    registry: Registry,
    kind: Kind,
    namespace: str,
    name: str,
    content_type: str,
    body: bytes,
    decode: Decode,
    options: WriteOptions,
    caller: Caller,
    *,
    subresource: str = "",
) -> tuple[int, Object, Entry | None]:
    """(HTTP code, the object in the kind's version, its entry). Raises APIError."""
    change = mechanism(kind, name, content_type, body, decode, options, caller)

    async def changed(live: Object | None) -> Object:
        if live is None:
            raise errors.not_found(kind.plural, kind.group, name)
        obj = change(live)
        ensure_namespace(obj, namespace if kind.namespaced else "")
        check_body_name(obj, name, namespace)
        return obj

    return await update(
        registry, kind, namespace, name, changed, options, caller, subresource=subresource
    )


def mechanism(
    kind: Kind,
    name: str,
    content_type: str,
    body: bytes,
    decode: Decode,
    options: WriteOptions,
    caller: Caller,
) -> Any:
    """The function live object -> patched object, decoded and defaulted, of one patch type."""
    if content_type == APPLY:
        raise errors.not_implemented("server-side apply")
    prepare = {JSON_PATCH: _json_patch, MERGE: _merge_patch, STRATEGIC: _strategic}[content_type]
    value, duplicates = _parse(body, content_type)
    apply = prepare(kind, value, body)

    def change(live: Object) -> Object:
        patched = apply(live)
        shown = _go_map(value) if content_type == STRATEGIC else None
        obj = _decoded(patched, shown, duplicates, decode, options, caller)
        obj.setdefault("metadata", {})
        for default in kind.behaviour.defaults:
            default(obj)
        return obj

    return change


def _parse(body: bytes, content_type: str) -> tuple[Any, list[str]]:
    """The patch document and its duplicate fields; raises APIError 400."""
    try:
        value, duplicates = jsontext.parse_unstructured(body)
    except jsontext.JSONSyntaxError as error:
        prefix = "" if content_type == STRATEGIC else "error decoding patch: "
        raise errors.bad_request(f"{prefix}{error}") from None
    wanted = list if content_type == JSON_PATCH else dict
    if not isinstance(value, wanted):
        found = _GO_KINDS.get(type(value), "number")
        target = "[]handlers.jsonPatchOp" if wanted is list else "map[string]interface {}"
        prefix = "" if content_type == STRATEGIC else "error decoding patch: "
        raise errors.bad_request(
            f"{prefix}json: cannot unmarshal {found} into Go value of type {target}"
        )
    return value, duplicates


_GO_KINDS: dict[type, str] = {list: "array", dict: "object", str: "string", bool: "bool"}


def _json_patch(kind: Kind, operations: list[Any], body: bytes) -> Any:
    if len(operations) > MAX_OPERATIONS:
        raise errors.request_too_large(
            f"The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, "
            f"got {len(operations)}"
        )

    def apply(live: Object) -> Any:
        try:
            return jsonpatch.apply(live, operations)
        except jsonpatch.MalformedPatch as error:
            raise errors.bad_request(str(error)) from None
        except jsonpatch.PatchFailed:
            raise errors.generic(422) from None

    return apply


def _merge_patch(kind: Kind, value: Object, body: bytes) -> Any:
    return lambda live: mergepatch.apply(live, value)


def _strategic(kind: Kind, value: Object, body: bytes) -> Any:
    schema = kind.schema

    def apply(live: Object) -> Any:
        try:
            return strategic.apply(live, value, schema)
        except strategic.StrategicError as error:
            raise errors.plain(500, str(error)) from None

    return apply


def _decoded(
    patched: Any,
    shown: str | None,
    duplicates: list[str],
    decode: Decode,
    options: WriteOptions,
    caller: Caller,
) -> Object:
    """The patched value as an object; unknown fields as fieldValidation says."""
    try:
        obj, strict = decode(patched)
    except DecodeError as error:
        raise _not_an_object(patched, shown, str(error)) from None
    found = [*duplicates, *strict]
    if found and options.field_validation != "Ignore":
        if options.field_validation == "Strict":
            text = "strict decoding error: " + ", ".join(found)
            raise _not_an_object(patched, shown, text)
        for text in found:
            caller.warn(text)
    return obj


def _not_an_object(patched: Any, shown: str | None, why: str) -> errors.APIError:
    text = shown if shown is not None else jsontext.dump(patched).decode()
    return errors.invalid("", "", "", [invalid("patch", text, why)])


def _go_map(value: Any) -> str:
    """A JSON value as Go's %+v prints the decoded map."""
    if isinstance(value, dict):
        inner = " ".join(f"{k}:{_go_map(v)}" for k, v in sorted(value.items()))
        return f"map[{inner}]"
    if isinstance(value, list):
        return f"[{' '.join(map(_go_map, value))}]"
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
