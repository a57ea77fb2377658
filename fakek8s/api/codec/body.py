"""Request bodies: read only when the chain asks, refused in upstream's words.

Sources: apiserver pkg/endpoints/handlers/{create,delete,rest}.go (transformDecodeError,
limitedReadBody), apimachinery pkg/runtime/serializer/{json,versioning,recognizer}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from fakek8s import errors
from fakek8s.api import media
from fakek8s.machinery.wire import protobuf, scheme
from fakek8s.machinery.wire.decode import DecodeError, decode_json
from fakek8s.machinery.wire.jsontext import (
    KindError,
    TypeMismatch,
    dump,
    parse_unstructured,
    summarize,
    version_and_kind,
)
from fakek8s.machinery.wire.scan import JSONSyntaxError
from fakek8s.machinery.wire.yamltext import YAMLError, yaml_to_json_value, yaml_warnings
from fakek8s.server.request import Decoded

if TYPE_CHECKING:
    from fakek8s.kind import Kind
    from fakek8s.machinery.wire.types import WireTypes

Object = dict[str, Any]

#: Upstream's MaxRequestBodyBytes.
LIMIT: Final = 3 * 1024 * 1024


class Coercing(Protocol):
    """What the shape of a custom kind may offer beside `canonical`: reading with strict errors."""

    def read(self, value: Object) -> tuple[Object, list[str]]:
        """A parsed body pruned and put in order, and its unknown fields as strict errors
        (`unknown field "spec.x"`). Raises DecodeError for metadata of a wrong type."""


def too_large() -> errors.APIError:
    """limitedReadBody's refusal."""
    return errors.request_too_large(f"limit is {LIMIT}")


def unsupported() -> errors.APIError:
    """negotiation.NewUnsupportedMediaTypeError."""
    return errors.unsupported_media_type(
        "the body of the request was in an unknown format - "
        f"accepted media types include: {', '.join(media.ALL)}"
    )


class WireBody:
    """`server.request.Body` over the bytes of a request."""

    __slots__ = ("_header", "_kind", "_oversized", "_raw", "_refusal", "_types")

    def __init__(
        self,
        raw: bytes,
        content_type: str,
        types: WireTypes,
        *,
        kind: Kind | None = None,
        refusal: errors.APIError | None = None,
        oversized: bool = False,
    ) -> None:
        """`kind`: that of the path. `refusal`: what is raised instead of reading, as upstream
        negotiates the answer before it looks at the body."""
        self._raw = raw
        self._header = content_type
        self._types = types
        self._kind = kind
        self._refusal = refusal
        self._oversized = oversized

    @property
    def content_type(self) -> str:
        """The media type without parameters, "" if none was sent; raises the refusal."""
        if self._refusal is not None:
            raise self._refusal
        return self._header.partition(";")[0].lstrip()

    @property
    def empty(self) -> bool:
        """True when no bytes were sent; raises the refusal."""
        if self._refusal is not None:
            raise self._refusal
        if self._oversized:
            raise too_large()
        return not self._raw

    def raw(self) -> bytes:
        """The bytes as sent; raises APIError 406 or 413."""
        if self._refusal is not None:
            raise self._refusal
        if self._oversized:
            raise too_large()
        return self._raw

    def _media(self) -> str:
        """The body's media type; raises APIError 415."""
        if not self._header:
            return media.JSON
        found = media.bare(self._header)
        if found not in media.ALL:
            raise unsupported()
        return found

    def decode(self, api_version: str, kind: str, *, strict: bool) -> Decoded:
        """See server.request.Body."""
        if self._refusal is not None:
            raise self._refusal
        form = self._media()
        if self._oversized:
            raise too_large()
        reader = _Reader(self._raw, self._types, api_version, kind)
        custom = self._kind if self._kind is not None and self._kind.custom else None
        if custom is not None and custom.kind == kind:
            return reader.custom(form, custom, strict)
        if form == media.PROTOBUF:
            return reader.protobuf()
        return reader.text(form, strict, alone=custom is not None)

    def decode_options(self, kind: str) -> Object:
        """See server.request.Body; raises APIError 400 in the decoder's bare words."""
        raw, form = self._raw, self._media()
        if form == media.PROTOBUF:
            return self._protobuf_options(raw, kind)
        try:
            value: Any = None
            if form == media.YAML:
                value, _ = yaml_to_json_value(raw)
                raw = dump(value)
            said_version, said_kind, value = version_and_kind(raw)
            said_version, said_kind = scheme.with_defaults(said_version, said_kind, "v1", kind)
            self._check_option(said_version, said_kind, kind)
            wire = self._types.of_kind("v1", kind)
            assert wire is not None
            found = decode_json(raw, wire, value).object
        except (KindError, YAMLError, DecodeError, JSONSyntaxError) as error:
            raise errors.bad_request(str(error)) from None
        return _bare(found)

    def _protobuf_options(self, raw: bytes, kind: str) -> Object:
        wire = self._types.of_kind("v1", kind)
        try:
            found, said_version, said_kind = protobuf.decode(
                raw, self._types, wire, api_version="v1", kind=kind
            )
        except protobuf.ProtobufError as error:
            raise errors.bad_request(error.message) from None
        self._check_option(said_version, said_kind, kind)
        return _bare(found)

    def _check_option(self, api_version: str, kind: str, expected: str) -> None:
        if not scheme.is_registered_option(api_version, kind):
            raise errors.bad_request(scheme.not_registered(api_version, kind))
        if kind != expected:
            raise errors.bad_request(
                f"converting (v1.{kind}) to (v1.{expected}): unknown conversion"
            )


def _bare(obj: Object) -> Object:
    return {k: v for k, v in obj.items() if k not in ("kind", "apiVersion")}


class _Reader:
    """One body being decoded as one type."""

    __slots__ = ("_api_version", "_kind", "_raw", "_types")

    def __init__(self, raw: bytes, types: WireTypes, api_version: str, kind: str) -> None:
        self._raw = raw
        self._types = types
        self._api_version = api_version
        self._kind = kind

    def text(self, form: str, strict: bool, *, alone: bool) -> Decoded:
        """JSON or YAML of a built-in kind; `alone`: the only one that is known (a custom Scale)."""
        raw, said_version, said_kind, value, problems = self._parsed(form)
        own = said_kind == self._kind and said_version == self._api_version
        if not own:
            said_version, said_kind = scheme.with_defaults(
                said_version, said_kind, self._api_version, self._kind
            )
            own = said_kind == self._kind and said_version == self._api_version
        if alone and not own:
            raise errors.bad_request(scheme.no_type(self._types, self._api_version, self._kind))
        wire = self._types.of_kind(said_version, said_kind)
        if wire is None or not (own or self._registered(said_version, said_kind)):
            why = scheme.not_registered(said_version, said_kind)
            raise self._unhandled(said_version, said_kind, why)
        try:
            decoded = decode_json(raw, wire, value)
        except (DecodeError, JSONSyntaxError) as error:
            raise self._unhandled(said_version, said_kind, str(error)) from None
        if not own:
            self._check_type(said_version, said_kind, wire.text)
        return self._result(
            decoded.object, said_version, said_kind, problems + decoded.strict_errors, strict
        )

    def protobuf(self) -> Decoded:
        """Protobuf of a built-in kind."""
        wire = self._types.of_kind(self._api_version, self._kind)
        try:
            obj, said_version, said_kind = protobuf.decode(
                self._raw, self._types, wire, api_version=self._api_version, kind=self._kind
            )
        except protobuf.ProtobufError as error:
            if error.kind:
                raise self._unhandled(error.api_version, error.kind, error.message) from None
            raise self._unrecognized(error.message) from None
        said = self._types.of_kind(said_version, said_kind)
        if said is None or not self._registered(said_version, said_kind):
            why = scheme.not_registered(said_version, said_kind)
            raise self._unhandled(said_version, said_kind, why)
        self._check_type(said_version, said_kind, said.text)
        return self._result(obj, said_version, said_kind, [], strict=False)

    def custom(self, form: str, kind: Kind, strict: bool) -> Decoded:
        """JSON or YAML of a custom resource: a map, then coerced by its schema."""
        if form == media.PROTOBUF:
            raise self._unrecognized(_NO_PROTOBUF)
        raw, said_version, said_kind, _, problems = self._parsed(form)
        try:
            value, duplicates = parse_unstructured(raw)
        except (TypeMismatch, JSONSyntaxError) as error:
            why = str(error)
            if said_kind:
                raise self._unhandled(said_version, said_kind, why) from None
            raise self._unrecognized(why) from None
        if not said_kind:
            text = self._raw.decode(errors="replace")
            raise self._unrecognized(f"Object 'Kind' is missing in '{text}'")
        problems = [*problems, *duplicates]
        read = getattr(kind.shape, "read", None)
        try:
            if read is not None:
                obj, unknown = read(value)
                problems += unknown
            else:
                obj = kind.shape.canonical(value)
        except DecodeError as error:
            raise self._unhandled(said_version, said_kind, str(error)) from None
        self._check_strict(said_version, said_kind, problems, strict)
        return Decoded(
            object=obj,
            api_version=said_version,
            kind=said_kind,
            strict_errors=_warnings(problems),
            refusal=self._refusal(said_version),
        )

    def _parsed(self, form: str) -> tuple[bytes, str, str, Any, list[str]]:
        """(JSON text, apiVersion, kind, value, strict errors so far); raises APIError 400."""
        raw = self._raw
        problems: list[str] = []
        try:
            if form == media.YAML:
                value, problems = yaml_to_json_value(raw)
                raw = dump(value)
            said_version, said_kind, value = version_and_kind(raw)
        except (YAMLError, KindError) as error:
            raise self._unrecognized(str(error)) from None
        return raw, said_version, said_kind, value, problems

    def _registered(self, api_version: str, kind: str) -> bool:
        return scheme.is_registered(self._types, api_version, kind, self._api_version)

    def _check_type(self, api_version: str, kind: str, text: str) -> None:
        """Refuses another type (converting ...)."""
        wanted = scheme.internal_type(self._api_version, self._kind)
        if scheme.internal_type(api_version, kind) != wanted:
            why = f"converting ({text}) to ({wanted}): unknown conversion"
            raise self._unhandled(api_version, kind, why)

    def _result(
        self, obj: Object, api_version: str, kind: str, problems: list[str], strict: bool
    ) -> Decoded:
        if problems:
            self._check_strict(api_version, kind, problems, strict)
        if obj.get("kind") != self._kind or obj.get("apiVersion") != self._api_version:
            obj = {"kind": self._kind, "apiVersion": self._api_version, **_bare(obj)}
        return Decoded(
            object=obj,
            api_version=api_version,
            kind=kind,
            strict_errors=_warnings(problems) if problems else (),
            refusal=self._refusal(api_version),
        )

    def _check_strict(self, api_version: str, kind: str, problems: list[str], strict: bool) -> None:
        if problems and strict:
            why = f"strict decoding error: {', '.join(problems)}"
            raise self._unhandled(api_version, kind, why)

    def _refusal(self, api_version: str) -> errors.APIError | None:
        """What another version of the same type is refused with."""
        if scheme.accepts(self._api_version, self._kind, api_version):
            return None
        return errors.bad_request(
            f"the API version in the data ({api_version}) does not match "
            f"the expected API version ({self._api_version})"
        )

    def _unhandled(self, api_version: str, kind: str, why: str) -> errors.APIError:
        version = scheme.version_of(api_version)
        return errors.bad_request(
            f'{kind} in version "{version}" cannot be handled as a {self._kind}: {why}'
        )

    def _unrecognized(self, why: str) -> errors.APIError:
        return errors.bad_request(
            f"the object provided is unrecognized (must be of type {self._kind}): "
            f"{why} ({summarize(self._raw)})"
        )


_NO_PROTOBUF: Final = (
    "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"
)


def _warnings(problems: list[str]) -> tuple[str, ...]:
    return tuple(line for problem in problems for line in yaml_warnings(problem))
