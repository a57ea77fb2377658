"""Objects to bytes: the encoded forms of stored entries, made once, and everything around them.

A stored object of a built-in kind is kept as its JSON *tail*, the text after
`{"kind":"Pod","apiVersion":"v1",`: GET puts the head back, LIST joins tails (items of built-in
lists do not name their type), a watch line puts both around it. A custom resource, whose keys
are sorted, is kept whole, and its list items are whole too.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.wire import protobuf
from fakek8s.machinery.wire.jsontext import dump
from fakek8s.machinery.wire.protobuf import NotMarshalable
from fakek8s.registry.convert import shown_entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fakek8s.kind import Kind
    from fakek8s.machinery.wire.types import WireTypes
    from fakek8s.store.types import Entry

Object = dict[str, Any]

__all__ = ["Encoder", "NotMarshalable"]

#: Lists from this size on are worth remembering.
_LONG: Final = 64 * 1024
_GZIP: Final = 16 + zlib.MAX_WBITS


def gzip(body: bytes) -> bytes:
    """A gzip stream of the fastest kind."""
    packer = zlib.compressobj(1, zlib.DEFLATED, _GZIP)
    return packer.compress(body) + packer.flush()


class Frame:
    """The texts around the objects of one kind; a custom kind has no head to take off."""

    __slots__ = ("head", "list_head", "watch")

    def __init__(self, kind: Kind) -> None:
        self.head = b"" if kind.custom else type_head(kind.api_version, kind.kind)
        self.list_head = type_head(kind.api_version, kind.list_kind)
        self.watch: dict[str, bytes] = {
            event: b'{"type":"%b","object":%b' % (event.encode(), self.head)
            for event in ("ADDED", "MODIFIED", "DELETED")
        }


def custom_metadata(metadata: Object) -> Object:
    """The metadata of a list of custom resources: a map, which always names `continue`."""
    return dict(sorted({"continue": "", **metadata}.items()))


def type_head(api_version: str, kind: str) -> bytes:
    """`{"kind":"Pod","apiVersion":"v1",`."""
    return dump({"kind": kind, "apiVersion": api_version})[:-1] + b","


class _Listed:
    """The last long list of a kind, as it was written; `packed` once somebody took it so."""

    __slots__ = ("body", "entries", "metadata", "packed")

    def __init__(self, entries: Sequence[Entry], metadata: Object, body: bytes) -> None:
        self.entries = entries
        self.metadata = metadata
        self.body = body
        self.packed = b""


class Encoder:
    """Makes and keeps encoded forms; one for each door."""

    __slots__ = ("_frames", "_listed", "_types")

    def __init__(self, types: WireTypes) -> None:
        self._types = types
        self._frames: dict[tuple[str, str, bool], Frame] = {}
        self._listed: dict[Frame, _Listed] = {}

    def frame(self, kind: Kind) -> Frame:
        """The kind's texts."""
        key = (kind.api_version, kind.kind, kind.custom)
        found = self._frames.get(key)
        if found is None:
            found = self._frames[key] = Frame(kind)
        return found

    # JSON

    def tail(self, kind: Kind, entry: Entry) -> bytes:
        """The entry as JSON without the kind's head."""
        key = ("json", kind.form_key)
        found: bytes | None = entry.forms.get(key)
        if found is None:
            found = entry.forms[key] = self.tail_of(kind, shown_entry(kind, entry))
        return found

    def tail_of(self, kind: Kind, obj: Object) -> bytes:
        """An object that is no entry, in the same form."""
        text = dump(obj)
        head = self.frame(kind).head
        if text.startswith(head):
            return text[len(head) :]
        # Such an object does not begin with its type: it is put in order.
        rest = {k: v for k, v in obj.items() if k not in ("kind", "apiVersion")}
        return dump(rest)[1:] if rest else b'"metadata":{}}'

    def object_json(self, kind: Kind, entry: Entry) -> bytes:
        """One object, newline included."""
        return b"%b%b\n" % (self.frame(kind).head, self.tail(kind, entry))

    def list_json(self, kind: Kind, metadata: Object, entries: Sequence[Entry]) -> bytes:
        """A whole list, newline included.

        As long as nothing changes the store gives the same `entries`, and the text is the same.
        """
        frame = self.frame(kind)
        known = self._listed.get(frame)
        if known is not None and known.entries is entries and known.metadata == metadata:
            return known.body
        body = self._list_json(frame, kind, metadata, entries)
        if len(body) > _LONG:
            self._listed[frame] = _Listed(entries, metadata, body)
        return body

    def gzip(self, body: bytes) -> bytes:
        """The body packed; a list that is remembered only once."""
        known = next((each for each in self._listed.values() if each.body is body), None)
        if known is None:
            return gzip(body)
        known.packed = known.packed or gzip(body)
        return known.packed

    def _list_json(
        self, frame: Frame, kind: Kind, metadata: Object, entries: Sequence[Entry]
    ) -> bytes:
        tail = self.tail
        if kind.custom:
            # Unstructured: sorted keys.
            items = b",".join([tail(kind, entry) for entry in entries])
            names = dump({"kind": kind.list_kind, "metadata": custom_metadata(metadata)})
            head = dump({"apiVersion": kind.api_version})[:-1]
            return b'%b,"items":[%b],%b\n' % (head, items, names[1:])
        key = ("json", kind.form_key)
        tails = [entry.forms.get(key) or tail(kind, entry) for entry in entries]
        items = b"{" + b",{".join(tails) if tails else b""
        return b'%b"metadata":%b,"items":[%b]}\n' % (frame.list_head, dump(metadata), items)

    def event_json(self, kind: Kind, type: str, entry: Entry) -> bytes:
        """One line of a watch."""
        return b"%b%b}\n" % (self.frame(kind).watch[type], self.tail(kind, entry))

    # Protobuf

    def message(self, kind: Kind, entry: Entry) -> bytes:
        """The entry as a protobuf message; raises NotMarshalable."""
        key = ("protobuf", kind.form_key)
        found: bytes | None = entry.forms.get(key)
        if found is None:
            wire = self._types.of_kind(kind.api_version, kind.kind)
            assert wire is not None, kind.kind
            found = entry.forms[key] = protobuf.encode(shown_entry(kind, entry), wire)
        return found

    def object_protobuf(self, kind: Kind, entry: Entry) -> bytes:
        """One object in its envelope; raises NotMarshalable."""
        return protobuf.wrap(kind.api_version, kind.kind, self.message(kind, entry))

    def list_protobuf(self, kind: Kind, metadata: Object, entries: Iterable[Entry]) -> bytes:
        """A whole list; raises NotMarshalable."""
        wire = self._types.of_kind(kind.api_version, kind.list_kind)
        assert wire is not None, kind.list_kind
        messages = [self.message(kind, entry) for entry in entries]
        head = {"kind": kind.list_kind, "apiVersion": kind.api_version, "metadata": metadata}
        return protobuf.encode_list(head, wire, messages)

    def any_protobuf(self, obj: Object) -> bytes:
        """An object that names its own type; raises NotMarshalable."""
        api_version = obj.get("apiVersion", "")
        wire = self._types.of_kind(api_version or "v1", obj["kind"])
        if wire is None:
            wire = self._types.get(_META_TYPES.get(obj["kind"], ""))
        if wire is None:
            raise KeyError(f"{api_version}/{obj['kind']}")
        return protobuf.encode_unknown(obj, wire)


_META: Final = "k8s.io/apimachinery/pkg/apis/meta/v1."
_META_TYPES: Final = {
    name: _META + name
    for name in ("PartialObjectMetadata", "PartialObjectMetadataList", "Table", "Status")
}
