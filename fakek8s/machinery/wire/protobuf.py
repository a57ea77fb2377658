"""Kubernetes protobuf: bodies (`k8s\\0` and a runtime.Unknown around a message) and watch frames.

Objects are dicts in canonical form. This module knows the envelopes, as upstream's
runtime/serializer/protobuf does; messages are read by protoread and written by protowrite.
"""

from __future__ import annotations

from struct import pack
from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.wire.protoread import NotMarshalable, reader, unnumbered
from fakek8s.machinery.wire.protoscan import ABSENT, LEAF, MESSAGE, Layout, ProtobufError, single
from fakek8s.machinery.wire.protowrite import varint, writer
from fakek8s.machinery.wire.scan import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fakek8s.machinery.wire.types import WireType, WireTypes

    Object = dict[str, Any]

__all__ = [
    "MAGIC",
    "NotMarshalable",
    "ProtobufError",
    "decode",
    "encode",
    "encode_list",
    "encode_unknown",
    "encode_watch_event",
    "watch_frame",
    "wrap",
]

MAGIC: Final = b"k8s\0"
"""The prefix of every body (protobuf.go, protoEncodingPrefix)."""

_TYPE_META: Final = single("TypeMeta", ("APIVersion", "string"), ("Kind", "string"))
_UNKNOWN: Final = Layout("Unknown")
_UNKNOWN.add(1, "TypeMeta", 2, MESSAGE, _TYPE_META.scan, ABSENT, None)
_UNKNOWN.add(2, "Raw", 2, LEAF, bytes, b"", b"")
_UNKNOWN.add(3, "ContentEncoding", 2, LEAF, bytes, b"", b"")
_UNKNOWN.add(4, "ContentType", 2, LEAF, bytes, b"", b"")


def decode(
    raw: bytes,
    types: WireTypes,
    default: WireType | None = None,
    *,
    api_version: str = "",
    kind: str = "",
) -> tuple[Object, str, str]:
    """A request body as (object in canonical form, apiVersion, kind).

    What the body leaves unsaid of apiVersion and kind is taken from the arguments of that name
    (upstream: copyKindDefaults); where that names nothing, the body is read as `default`.
    Raises ProtobufError with upstream's words; its api_version and kind are set once the envelope
    has been read.
    The object may be of another kind than the caller expects: that is for the caller to refuse.
    """
    if not raw:
        raise ProtobufError("empty data")
    if raw[:4] != MAGIC:
        raise ProtobufError(
            "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"
        )
    if len(raw) == 4:
        raise ProtobufError("empty body")
    said_version = said_kind = ""
    try:
        meta, message, _, _ = _UNKNOWN.scan(raw[4:])
        if meta is not ABSENT:
            said_version, said_kind = meta
        said_version, said_kind = said_version or api_version, said_kind or kind
        wire = _type(types, default, said_version, said_kind)
        read = reader(wire)(message)
    except IndexError:
        raise ProtobufError("unexpected EOF", said_version, said_kind) from None
    except RecursionError:
        raise ProtobufError("message is nested too deeply", said_version, said_kind) from None
    except ProtobufError as error:
        error.api_version, error.kind = said_version, said_kind
        raise
    head: Object = {}
    if said_kind:
        head["kind"] = said_kind
    if said_version:
        head["apiVersion"] = said_version
    return head | read, said_version, said_kind


def _type(types: WireTypes, default: WireType | None, api_version: str, kind: str) -> WireType:
    found = types.of_kind(api_version, kind) or (default if not (api_version and kind) else None)
    if found is not None:
        return found
    told = f"runtime.TypeMeta{{APIVersion:{quote(api_version)}, Kind:{quote(kind)}}}"
    if not kind:
        raise ProtobufError(f"Object 'Kind' is missing in '{told}'")
    if not api_version:
        raise ProtobufError(f"Object 'apiVersion' is missing in '{told}'")
    raise ProtobufError(
        f"no kind {quote(kind)} is registered for version {quote(api_version)}"
        ' in scheme "pkg/runtime/scheme.go:111"'
    )


def encode(obj: Object, wire: WireType) -> bytes:
    """The message of an object, without envelope.

    Raises NotMarshalable if the type has no protobuf form.
    """
    if unnumbered(wire):
        raise NotMarshalable(wire)
    return writer(wire)(obj)


def encode_unknown(obj: Object, wire: WireType) -> bytes:
    """A whole body: magic, runtime.Unknown, message. apiVersion and kind are the object's."""
    return wrap(obj.get("apiVersion", ""), obj.get("kind", ""), encode(obj, wire))


def encode_list(obj: Object, wire: WireType, messages: Iterable[bytes]) -> bytes:
    """A whole body of a list whose items are already encoded; the object's own are ignored."""
    parts = [encode({k: v for k, v in obj.items() if k != "items"}, wire)]
    for message in messages:
        parts += (b"\x12", varint(len(message)), message)
    return wrap(obj.get("apiVersion", ""), obj.get("kind", ""), b"".join(parts))


def wrap(api_version: str, kind: str, message: bytes) -> bytes:
    """The envelope around a message (types_proto.go, Unknown.NestedMarshalTo)."""
    version, name = api_version.encode(), kind.encode()
    meta = b"".join((b"\n", varint(len(version)), version, b"\x12", varint(len(name)), name))
    head = b"".join((MAGIC, b"\n", varint(len(meta)), meta))
    return b"".join((head, b"\x12", varint(len(message)), message, b'\x1a\0"\0'))


def encode_watch_event(type: str, obj: Object, wire: WireType) -> bytes:
    """One frame of a watch: ADDED, MODIFIED, DELETED, BOOKMARK or ERROR (with a Status)."""
    return watch_frame(type, encode_unknown(obj, wire))


def watch_frame(type: str, body: bytes) -> bytes:
    """A frame around a whole body: four bytes of length, then a metav1.WatchEvent without envelope.

    The event itself is not wrapped (protobuf.NewRawSerializer), only the object in it.
    """
    name = type.encode()
    held = b"".join((b"\n", varint(len(body)), body))
    event = (b"\n", varint(len(name)), name, b"\x12", varint(len(held)), held)
    return pack(">I", sum(map(len, event))) + b"".join(event)
