from __future__ import annotations

import pytest

from fakek8s.kinds.certificates.pem import Block, blocks, certificate_problem

GOOD = "-----BEGIN A-----\neA==\n-----END A-----\n"


def test_every_block_is_found() -> None:
    assert blocks(f"text\n{GOOD}more\n{GOOD}") == [Block("A", False, b"x")] * 2


def test_headers_are_noticed() -> None:
    assert blocks("-----BEGIN A-----\nK: v\n\neA==\n-----END A-----\n") == [Block("A", True, b"x")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x-----BEGIN A-----\neA==\n-----END A-----\n",
        "-----BEGIN A-----\neA==\n-----END B-----\n",
        "-----BEGIN A-----\n!\n-----END A-----\n",
    ],
)
def test_what_is_no_block_is_skipped(text: str) -> None:
    assert blocks(text) == []


def test_a_broken_block_hides_no_later_one() -> None:
    assert blocks(f"-----BEGIN A-----\n!\n-----END A-----\n{GOOD}") == [Block("A", False, b"x")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", ""),
        ("none", "must contain at least one CERTIFICATE PEM block"),
        (GOOD, 'only CERTIFICATE PEM blocks are allowed, found "A"'),
        (GOOD.replace("A-", "CERTIFICATE-"), "x509: malformed certificate"),
    ],
)
def test_an_issued_chain_holds_certificates_alone(text: str, problem: str) -> None:
    assert certificate_problem(text) == problem
