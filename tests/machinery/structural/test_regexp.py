"""Go's regular expressions: what they match and why some are none."""

from __future__ import annotations

import pytest

from fakek8s.machinery.structural.regexp import RegexpError, compile_regexp


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^a$", "a\n", False),
        ("(?m)^b$", "a\nb\nc", True),
        (r"^\d$", "٣", False),
        (r"^\w$", "é", False),
        (r"\bé", "é", False),
        (r"^\pL+$", "éß", True),
        (r"^\p{Greek}+$", "αβ", True),
        (r"^[[:alpha:]]+\z", "abc", True),
        (r"^[^\d]$", "\n", True),
        (".", "\n", False),
        ("(?s).", "\n", True),
        ("(?i:a)B", "AB", True),
        ("(?i:a)B", "Ab", False),
        (r"^\Qa.b\E$", "a.b", True),
        (r"^a{,2}$", "a{,2}", True),
        (r"^\x{1F6A2}$", "🚢", True),
        (r"^(?P<n>a)(?P<n>b)$", "ab", True),
        (r"^[]a]$", "]", True),
        (r"^[&&a]+$", "&a", True),
    ],
)
def test_a_pattern_matches_what_it_matches_in_go(pattern: str, text: str, found: bool) -> None:
    assert (compile_regexp(pattern).search(text) is not None) is found


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("[", "missing closing ]: `[`"),
        ("(a", "missing closing ): `(a`"),
        ("a)", "unexpected ): `a)`"),
        ("*", "missing argument to repetition operator: `*`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("a{2000}", "invalid repeat count: `{2000}`"),
        ("((a{10}){10}){11}", "invalid repeat count: `{11}`"),
        ("(?=x)", "invalid or unsupported Perl syntax: `(?=`"),
        ("(?<=x)", "invalid named capture: `(?<=x)`"),
        (r"\1(a)", r"invalid escape sequence: `\1`"),
        (r"\q", r"invalid escape sequence: `\q`"),
        (r"\x{110000}", r"invalid escape sequence: `\x{110000`"),
        ("[z-a]", "invalid character class range: `z-a`"),
        ("[[:foo:]]", "invalid character class range: `[:foo:]`"),
        (r"\pX", r"invalid character class range: `\pX`"),
        ("\\", "trailing backslash at end of expression: ``"),
    ],
)
def test_a_broken_pattern_is_explained_in_go_s_words(pattern: str, problem: str) -> None:
    with pytest.raises(RegexpError) as error:
        compile_regexp(pattern)
    assert str(error.value) == f"error parsing regexp: {problem}"
