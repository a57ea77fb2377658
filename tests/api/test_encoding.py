"""Encoded forms of stored objects are made once, whoever asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.api.codec.encode import Encoder
from fakek8s.release import release
from fakek8s.store.types import Entry

if TYPE_CHECKING:
    import pytest


def test_fifty_watchers_a_get_and_a_list_share_one_encoding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = release("1.37")
    kind = known.catalogue().find("", "v1", "configmaps")
    assert kind is not None
    obj: dict[str, Any] = {
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": {"name": "a", "namespace": "ns", "resourceVersion": "7"},
        "data": {"k": "v"},
    }
    entry = Entry("configmaps", "ns/a", obj, 7, 7)
    made = []
    encode = Encoder.tail_of

    def counted(self: Encoder, *arguments: Any) -> bytes:
        made.append(arguments)
        return encode(self, *arguments)

    monkeypatch.setattr(Encoder, "tail_of", counted)
    encoder = Encoder(known.types)
    lines = {encoder.event_json(kind, "ADDED", entry) for _ in range(50)}
    (line,) = lines
    assert line == (
        b'{"type":"ADDED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a",'
        b'"namespace":"ns","resourceVersion":"7"},"data":{"k":"v"}}}\n'
    )
    assert b'"k":"v"' in encoder.object_json(kind, entry)
    assert b'"k":"v"' in encoder.list_json(kind, {"resourceVersion": "7"}, [entry])
    assert len(made) == 1
