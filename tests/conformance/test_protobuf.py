"""Protobuf answers are compared by field, with times and revisions masked."""

from __future__ import annotations

import pytest

from conformance.protobuf import NotProtobuf, fields, text
from conformance.raw import FOLDER, mask


# A metadata message: name (1), resourceVersion (6), creationTimestamp (8: seconds, nanos).
def meta(revision: bytes, seconds: bytes) -> bytes:
    body = b"\x0a\x01a" + b"\x32" + bytes([len(revision)]) + revision
    return b"k8s\0" + body + b"\x42\x08\x08" + seconds + b"\x10\x00"


def test_two_bodies_that_differ_in_revision_and_time_read_alike() -> None:
    one = text(meta(b"7", b"\xda\x8d\x90\xd8\x06"))
    other = text(meta(b"12345", b"\xdb\x8d\x90\xd8\x06"))
    assert one == other == "1: 'a'\n6: <n>\n8:\n  1: <time>\n  2: 0"


def test_an_empty_string_and_an_absent_one_read_differently() -> None:
    assert text(b"k8s\0\x0a\x00") != text(b"k8s\0")


@pytest.mark.parametrize("body", [b"\x0a\x05abc", b"\x80", b"\x0b\x01", b"\x02\x01a"])
def test_bytes_that_are_no_fields_are_refused(body: bytes) -> None:
    with pytest.raises(NotProtobuf):
        fields(body)


def test_the_recorded_deployment_reads_down_to_its_container() -> None:
    lines = text((FOLDER / "deployment-protobuf.body").read_bytes())
    assert "'apps/v1'" in lines
    assert "'Deployment'" in lines
    assert "'RollingUpdate'" in lines


def test_masked_bodies_keep_order_and_escapes() -> None:
    body = b'{"b":"\\u003c","resourceVersion":"12","a":"2026-01-02T03:04:05Z"}\n'
    assert mask(body) == b'{"b":"\\u003c","resourceVersion":"<n>","a":"<time>"}\n'
