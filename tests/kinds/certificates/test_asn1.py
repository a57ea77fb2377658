from __future__ import annotations

import pytest

from fakek8s.kinds.certificates.asn1 import sequence, sequence_problem

PARAMETERS = (
    "{optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> "
    "stringType:0 timeType:0 set:false omitEmpty:false}"
)

MISMATCH = "structure error: tags don't match (16 vs {class:1 tag:8 length:101 isCompound:true})"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\x30\x03abc", ""),
        (b"", "syntax error: sequence truncated"),
        (b"x", "syntax error: truncated tag or length"),
        (b"\x30\x05ab", "syntax error: data truncated"),
        (b"\x30\x01ab", "syntax error: trailing data"),
        (b"\x30\x80\0\0", "syntax error: indefinite length found (not DER)"),
        (b"\x30\x81\x05aaaaa", "structure error: non-minimal length"),
        (b"\x30\x82\0\x85", "structure error: superfluous leading zeros in length"),
        (b"\x30\x84\xff\xff\xff\xff", "structure error: length too large"),
        (b"\x3f\x01\0", "syntax error: non-minimal tag"),
        (
            b"hello",
            f"{MISMATCH} {PARAMETERS} request @2",
        ),
    ],
)
def test_bytes_that_are_no_sequence_are_explained_as_go_does(data: bytes, problem: str) -> None:
    assert sequence_problem(data, "request") == (problem and f"asn1: {problem}")


def test_what_is_in_a_sequence_may_be_followed_by_more() -> None:
    assert sequence(b"\x30\x01ab") == b"a"
    assert sequence(b"\x31\x01a") is None
