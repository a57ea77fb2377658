"""Field selectors: `metadata.name=a,status.phase!=Running` (apimachinery pkg/fields).

Knows the grammar only; which fields a resource offers is the caller's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

Operator = Literal["=", "!="]
Transform = Callable[[str, str], tuple[str, str]]

_OPERATOR = re.compile("!=|==|=")
_SPECIAL = re.compile(r"[\\,=]")
_ESCAPED = re.compile(r"\\.?|[,=]", re.DOTALL)


class FieldSelectorError(ValueError):
    """The selector can't be read; the message is upstream's."""


class FieldRequirement(NamedTuple):
    """One term; `==` is read as `=`."""

    field: str
    operator: Operator
    value: str

    def __str__(self) -> str:
        return f"{self.field}{self.operator}{escape_value(self.value)}"


@dataclass(frozen=True, slots=True)
class FieldSelector:
    """All terms, in the order of their text."""

    requirements: tuple[FieldRequirement, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether everything matches."""
        return not self.requirements

    def matches(self, fields: Mapping[str, str]) -> bool:
        """Whether the fields satisfy every term; a missing field counts as ""."""
        return all(
            (fields.get(name, "") == value) == (operator == "=")
            for name, operator, value in self.requirements
        )

    def requires_exact_match(self, name: str) -> str | None:
        """The value that the field must have, if the selector demands one."""
        for requirement in self.requirements:
            if requirement.field == name and requirement.operator == "=":
                return requirement.value
        return None

    def transform(self, function: Transform) -> FieldSelector:
        """Rename fields and values; a term that becomes ("", "") falls away.

        Raises what the function raises.
        """
        requirements = []
        for name, operator, value in self.requirements:
            new_name, new_value = function(name, value)
            if new_name or new_value:
                requirements.append(FieldRequirement(new_name, operator, new_value))
        return FieldSelector(tuple(requirements))

    def __str__(self) -> str:
        return ",".join(map(str, self.requirements))


EVERYTHING = FieldSelector()


def escape_value(value: str) -> str:
    r"""Escape a value for use in a selector (EscapeValue).

    >>> print(escape_value("a=b,c"))
    a\=b\,c
    """
    return _SPECIAL.sub(lambda match: f"\\{match[0]}", value)


def unescape_value(value: str) -> str:
    """The value that an escaped text stands for (UnescapeValue).

    Raises FieldSelectorError.
    """
    return _ESCAPED.sub(_unescape, value)


def _unescape(match: re.Match[str]) -> str:
    sequence = match[0]
    if sequence in (",", "="):
        # Upstream prints the character's number.
        raise FieldSelectorError(
            f"invalid field selector: unescaped character in value: {ord(sequence)}"
        )
    if sequence[1:] not in ("\\", ",", "=") or len(sequence) < 2:
        raise FieldSelectorError(f"invalid field selector: invalid escape sequence: {sequence}")
    return sequence[1]


def _split_terms(text: str) -> list[str]:
    terms, start, escaped = [], 0, False
    for index, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == ",":
            terms.append(text[start:index])
            start = index + 1
    return [*terms, text[start:]]


@lru_cache(maxsize=4096)
def parse(text: str) -> FieldSelector:
    """Read a selector (fields.ParseSelector); terms without field and value are skipped.

    Raises FieldSelectorError.

    >>> str(parse("b==x,a!=y,"))
    'a!=y,b=x'
    """
    requirements = []
    for term in sorted(_split_terms(text)):
        if not term:
            continue
        match = _OPERATOR.search(term)
        if match is None:
            raise FieldSelectorError(f"invalid selector: '{text}'; can't understand '{term}'")
        operator: Operator = "!=" if match[0] == "!=" else "="
        value = unescape_value(term[match.end() :])
        if match.start() or value:  # a bare operator selects nothing, as in Transform
            requirements.append(FieldRequirement(term[: match.start()], operator, value))
    return FieldSelector(tuple(requirements))
