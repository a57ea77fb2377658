"""Patch: the four patch types over the guaranteed-update loop.

Source: apiserver pkg/endpoints/handlers/patch.go. The algorithms themselves are in
machinery.{jsonpatch,mergepatch,strategic}; server-side apply is in `apply`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from fakek8s import errors
from fakek8s.machinery import jsonpatch, mergepatch, strategic
from fakek8s.machinery.causes import invalid
from fakek8s.machinery.printing import go_value
from fakek8s.machinery.schema.patching import PatchView
from fakek8s.machinery.strategic_rest import leftover
from fakek8s.machinery.strategic_schema import StrategicPatchError
from fakek8s.machinery.wire import jsontext
from fakek8s.machinery.wire.decode import DecodeError
from fakek8s.machinery.wire.scan import scan
from fakek8s.registry.apply import apply
from fakek8s.registry.create import ensure_namespace
from fakek8s.registry.identity import read_merged, read_text
from fakek8s.registry.options import APPLY
from fakek8s.registry.update import check_body_name, update

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.kind import Kind
    from fakek8s.registry.context import Caller, Registry
    from fakek8s.registry.options import WriteOptions
    from fakek8s.store.types import Entry

Object = dict[str, Any]

JSON_PATCH = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"

#: What a resource accepts, custom ones in the order in which upstream's 415 lists it.
BUILTIN_TYPES = (JSON_PATCH, MERGE, STRATEGIC, APPLY)
CUSTOM_TYPES = (JSON_PATCH, MERGE, APPLY)


_FRACTION = re.compile(rb"[0-9][.eE]")


class Decode(Protocol):
    """Reads a patched value as an object of the kind: (canonical object, strict errors).

    live: the object that was patched. Raises DecodeError in the decoder's own words.
    """

    def __call__(self, value: Any, live: Object | None = None) -> tuple[Object, list[str]]: ...


def check_type(kind: Kind, content_type: str) -> None:
    """Refuses a media type that is no patch type of this resource; raises APIError 415.

    What no built-in kind takes is refused before, by upstream's router, which reads the header
    less exactly.
    """
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
    if content_type == APPLY:
        return await apply(
            registry,
            kind,
            namespace,
            name,
            body,
            decode,
            options,
            caller,
            subresource=subresource,
        )
    change = mechanism(registry, kind, content_type, body, decode, options, caller)

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
    registry: Registry,
    kind: Kind,
    content_type: str,
    body: bytes,
    decode: Decode,
    options: WriteOptions,
    caller: Caller,
) -> Callable[[Object], Object]:
    """The function live object -> patched object, decoded and defaulted, of one patch type.

    The function raises APIError, also for documents that are no such patch: only what is no JSON
    at all is found before the object is looked for.
    """
    parsed = _text(kind, body, content_type, options)

    @cache
    def prepared() -> tuple[Any, list[str], Callable[[Object], Any]]:
        value, strict = _parse(*parsed(), content_type, options)
        return value, strict, _PREPARE[content_type](kind, value)

    def read(patched: Any, live: Object) -> tuple[Object, list[str]]:
        if content_type == STRATEGIC:
            return read_merged(kind, patched, live, decode)
        return read_text(kind, patched, live, decode, registry.catalogue)

    def change(live: Object) -> Object:
        value, strict, apply = prepared()
        patched = apply(live)

        def shown() -> str:
            if content_type != STRATEGIC:
                return jsontext.dump(patched).decode()
            assert kind.schema is not None
            return go_value(leftover(live, value, PatchView(kind.schema)))

        caller.written = lambda: patched
        obj = _decoded(patched, live, shown, strict, read, options, caller)
        obj.setdefault("metadata", {})
        for default in kind.behaviour.defaults:
            default(obj)
        return obj

    return change


def _text(
    kind: Kind, body: bytes, content_type: str, options: WriteOptions
) -> Callable[[], tuple[Any, list[str]]]:
    """What tells the document and the keys it repeats; raises APIError 400 for what is no JSON."""
    try:
        value, repeated = jsontext.parse_unstructured(body)
    except jsontext.JSONSyntaxError:
        raise errors.bad_request("invalid JSON patch") from None
    except jsontext.TypeMismatch as error:
        validate = options.field_validation != "Ignore"
        prefix = "error decoding patch: " if validate and content_type != STRATEGIC else ""
        refusal = errors.bad_request(f"{prefix}{error}")

        def refuse() -> tuple[Any, list[str]]:
            raise refusal

        return refuse
    if (
        content_type != STRATEGIC
        and not kind.custom
        and _FRACTION.search(body)
        and _has_float(value)
    ):
        # Only strategic merges go through Go's numbers; else 1.0 is no text of an integer.
        value = jsontext.plain(scan(body), raw_numbers=True)
    return lambda: (value, repeated)


def _has_float(value: Any) -> bool:
    if value.__class__ is dict:
        return any(map(_has_float, value.values()))
    if value.__class__ is list:
        return any(map(_has_float, value))
    return value.__class__ is float


def _parse(
    value: Any, repeated: list[str], content_type: str, options: WriteOptions
) -> tuple[Any, list[str]]:
    """The patch document and what strict decoding finds in it; raises APIError 400 or 413."""
    validate = options.field_validation != "Ignore"
    prefix = "error decoding patch: " if validate and content_type != STRATEGIC else ""
    if content_type == JSON_PATCH:
        try:
            value = jsonpatch.decode(value, validate=validate)
        except jsonpatch.MalformedPatchError as error:
            raise errors.bad_request(str(error)) from None
        except jsonpatch.TooManyOperationsError as error:
            raise errors.request_too_large(str(error)) from None
        found = [f"json patch {text}" for text in repeated]
        return value, found + jsonpatch.unknown_fields(value)
    if value is None and content_type == STRATEGIC:
        return {}, repeated
    wrong = value is not None and not isinstance(value, dict)
    if wrong and (validate or content_type == STRATEGIC):
        raise errors.bad_request(
            f"{prefix}json: cannot unmarshal {jsontext.json_kind(value)} "
            "into Go value of type map[string]interface {}"
        )
    return value, repeated


def _json_patch(kind: Kind, operations: list[Any]) -> Callable[[Object], Any]:
    def apply(live: Object) -> Any:
        try:
            return jsonpatch.apply(live, operations)
        except jsonpatch.JSONPatchError:
            raise errors.generic(422) from None

    return apply


def _merge_patch(kind: Kind, value: Any) -> Callable[[Object], Any]:
    def apply(live: Object) -> Any:
        try:
            return mergepatch.apply(live, value)
        except mergepatch.MergePatchError as error:
            raise errors.bad_request(str(error)) from None

    return apply


def _strategic(kind: Kind, value: Object) -> Callable[[Object], Any]:
    assert kind.schema is not None
    view = PatchView(kind.schema)

    def apply(live: Object) -> Any:
        try:
            return strategic.apply(live, value, view)
        except StrategicPatchError as error:
            if error.code == 422:
                raise errors.generic(422) from None
            if error.code == 400:
                raise errors.bad_request(str(error)) from None
            raise errors.plain(500, str(error)) from None

    return apply


_PREPARE: dict[str, Callable[[Kind, Any], Callable[[Object], Any]]] = {
    JSON_PATCH: _json_patch,
    MERGE: _merge_patch,
    STRATEGIC: _strategic,
}


def _decoded(
    patched: Any,
    live: Object,
    shown: Callable[[], str],
    duplicates: list[str],
    read: Callable[[Any, Object], tuple[Object, list[str]]],
    options: WriteOptions,
    caller: Caller,
) -> Object:
    """The patched value as an object; unknown fields as fieldValidation says."""
    try:
        obj, strict = read(patched, live)
    except DecodeError as error:
        raise _not_an_object(shown, str(error)) from None
    found = [*duplicates, *strict]
    if found and options.field_validation != "Ignore":
        if options.field_validation == "Strict":
            text = "strict decoding error: " + ", ".join(found)
            raise _not_an_object(shown, text)
        for text in found:
            caller.warn(text)
    return obj


def _not_an_object(shown: Callable[[], str], why: str) -> errors.APIError:
    return errors.invalid("", "", "", [invalid("patch", shown(), why)])
