"""Label selectors: grammar, messages, matching (apimachinery pkg/labels/selector.go).

    x in (a,b), !y, z!=c, n>5, exists

Parsed selectors are compiled to one closure per requirement and kept; they are immutable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, cast

from fakek8s.machinery.names import is_label_value, is_qualified_name
from fakek8s.machinery.printing import bad_value, quote

Operator = Literal["in", "notin", "=", "==", "!=", "gt", "lt", "exists", "!"]
Labels = Mapping[str, str]

_TOKEN = re.compile(r"[ \t\r\n]*(?:(?P<symbol>==|!=|[=!(),<>])|(?P<word>[^ \t\r\n=!(),<>\0]+))\0?")
_BINARY: dict[str, Operator] = {
    "in": "in", "notin": "notin", "=": "=", "==": "==", "!=": "!=", ">": "gt", "<": "lt",
}  # fmt: skip
_SYMBOL_OF = {"gt": ">", "lt": "<"}
_EXPECTED_OPERATORS = "in, notin, =, ==, !=, gt, lt"
_SUPPORTED = ", ".join(
    quote(operator) for operator in ("in", "notin", "=", "==", "!=", "gt", "lt", "exists", "!")
)
_INTEGER = re.compile("[+-]?[0-9]+")
_LABEL_SELECTOR_OPERATORS: dict[str, Operator] = {
    "In": "in",
    "NotIn": "notin",
    "Exists": "exists",
    "DoesNotExist": "!",
}
_NO_LABELS: Labels = {}


class SelectorError(ValueError):
    """The selector can't be read; the message is upstream's."""


def _int64(text: str) -> int | None:
    """strconv.ParseInt(text, 10, 64)."""
    if not _INTEGER.fullmatch(text):
        return None
    number = int(text)
    return number if -(2**63) <= number < 2**63 else None


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on one key; `values` are as given, duplicates and order kept."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.operator == "exists":
            return self.key
        if self.operator == "!":
            return f"!{self.key}"
        values = ",".join(sorted(self.values))
        if self.operator in ("in", "notin"):
            return f"{self.key} {self.operator} ({values})"
        return f"{self.key}{_SYMBOL_OF.get(self.operator, self.operator)}{values}"

    def predicate(self) -> Callable[[Labels], bool]:
        """The condition as a function of the labels (Requirement.Matches)."""
        return _PREDICATES[self.operator](self.key, self.values)


def _includes(key: str, values: tuple[str, ...]) -> Callable[[Labels], bool]:
    if len(values) == 1:
        only = values[0]
        return lambda labels: labels.get(key) == only
    allowed = frozenset(values)
    return lambda labels: labels.get(key) in allowed


def _excludes(key: str, values: tuple[str, ...]) -> Callable[[Labels], bool]:
    included = _includes(key, values)
    return lambda labels: not included(labels)


def _exists(key: str, _: tuple[str, ...]) -> Callable[[Labels], bool]:
    return lambda labels: key in labels


def _is_absent(key: str, _: tuple[str, ...]) -> Callable[[Labels], bool]:
    return lambda labels: key not in labels


def _compares(sign: int) -> Callable[[str, tuple[str, ...]], Callable[[Labels], bool]]:
    def build(key: str, values: tuple[str, ...]) -> Callable[[Labels], bool]:
        bound = cast("int", _int64(values[0]))

        def matches(labels: Labels) -> bool:
            number = _int64(labels.get(key, ""))
            return number is not None and sign * number > sign * bound

        return matches

    return build


_PREDICATES: dict[str, Callable[[str, tuple[str, ...]], Callable[[Labels], bool]]] = {
    "in": _includes,
    "=": _includes,
    "==": _includes,
    "notin": _excludes,
    "!=": _excludes,
    "exists": _exists,
    "!": _is_absent,
    "gt": _compares(1),
    "lt": _compares(-1),
}


@dataclass(frozen=True, slots=True)
class Selector:
    """All requirements, sorted by key; `selectable` False matches nothing (labels.Nothing)."""

    requirements: tuple[Requirement, ...] = ()
    selectable: bool = True
    _predicates: tuple[Callable[[Labels], bool], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        predicates = tuple(requirement.predicate() for requirement in self.requirements)
        object.__setattr__(self, "_predicates", predicates)

    def matches(self, labels: Labels | None) -> bool:
        """Whether the labels satisfy every requirement; None counts as no labels."""
        if not self.selectable:
            return False
        known = labels or _NO_LABELS
        for predicate in self._predicates:  # noqa: SIM110 - a generator would cost more
            if not predicate(known):
                return False
        return True

    @property
    def empty(self) -> bool:
        """Whether everything matches."""
        return self.selectable and not self.requirements

    def requires_exact_match(self, key: str) -> str | None:
        """The only value of the key that can match, if the selector names one."""
        for requirement in self.requirements:
            if requirement.key == key:
                exact = requirement.operator in ("=", "==", "in") and len(requirement.values) == 1
                return requirement.values[0] if exact else None
        return None

    def __str__(self) -> str:
        return ",".join(map(str, self.requirements))


EVERYTHING = Selector()
NOTHING = Selector(selectable=False)


def _invalid(path: str, value: Any, detail: str) -> str:
    return f"{path}: Invalid value: {bad_value(value)}: {detail}"


def _check_key(key: str, path: str) -> str | None:
    errors = is_qualified_name(key)
    return _invalid(path, key, "; ".join(errors)) if errors else None


def new_requirement(
    key: str, operator: str, values: Sequence[str] | None, path: str = ""
) -> Requirement:
    """A checked requirement (labels.NewRequirement).

    `path` is the field that messages start from. Raises SelectorError with all that is wrong.
    """
    prefix = f"{path}." if path else ""
    given = list(values) if values is not None else None
    listed = given or []
    at = f"{prefix}values"
    errors = [error] if (error := _check_key(key, f"{prefix}key")) else []
    if operator in ("in", "notin"):
        if not listed:
            errors.append(
                _invalid(at, given, "for 'in', 'notin' operators, values set can't be empty")
            )
    elif operator in ("=", "==", "!="):
        if len(listed) != 1:
            errors.append(
                _invalid(at, given, "exact-match compatibility requires one single value")
            )
    elif operator in ("exists", "!"):
        if listed:
            errors.append(
                _invalid(at, given, "values set must be empty for exists and does not exist")
            )
    elif operator in ("gt", "lt"):
        if len(listed) != 1:
            errors.append(
                _invalid(at, given, "for 'Gt', 'Lt' operators, exactly one value is required")
            )
        errors += [
            _invalid(
                f"{at}[{index}]",
                value,
                "for 'Gt', 'Lt' operators, the value must be an integer",
            )
            for index, value in enumerate(listed)
            if _int64(value) is None
        ]
    else:
        errors.append(
            f"{prefix}operator: Unsupported value: {quote(operator)}:"
            f" supported values: {_SUPPORTED}"
        )
    for index, value in enumerate(listed):
        if wrong := is_label_value(value):
            errors.append(_invalid(f"{at}[{index}][{key}]", value, "; ".join(wrong)))
    if errors:
        raise SelectorError(_aggregate(errors))
    return Requirement(key, cast("Operator", operator), tuple(listed))


def _aggregate(messages: list[str]) -> str:
    distinct = list(dict.fromkeys(messages))
    return distinct[0] if len(distinct) == 1 else "[" + ", ".join(distinct) + "]"


def _sorted(requirements: Iterable[Requirement]) -> tuple[Requirement, ...]:
    return tuple(sorted(requirements, key=lambda requirement: requirement.key))


class _Parser:
    """Upstream's recursive descent over the tokens; '' is the end of the text."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, bool]] = []
        end = 0
        while (match := _TOKEN.match(text, end)) is not None:
            word = match["word"]
            self.tokens.append((word, True) if word else (match["symbol"], False))
            end = match.end()
        self.tokens.append(("", False))
        self.position = 0

    def peek(self) -> tuple[str, bool]:
        return self.tokens[self.position]

    def take(self) -> tuple[str, bool]:
        token = self.tokens[self.position]
        self.position += 1
        return token

    def parse(self) -> list[Requirement]:
        requirements: list[Requirement] = []
        while True:
            literal, is_word = self.peek()
            if not literal:
                return requirements
            if not is_word and literal != "!":
                raise SelectorError(
                    f"found '{literal}', expected: !, identifier, or 'end of string'"
                )
            try:
                requirements.append(self.requirement())
            except SelectorError as error:
                raise SelectorError(f"unable to parse requirement: {error}") from None
            literal, _ = self.take()
            if not literal:
                return requirements
            if literal != ",":
                raise SelectorError(f"found '{literal}', expected: ',' or 'end of string'")
            literal, is_word = self.peek()
            if not is_word and literal != "!":
                raise SelectorError(f"found '{literal}', expected: identifier after ','")

    def requirement(self) -> Requirement:
        literal, is_word = self.take()
        negated = not is_word and literal == "!"
        if negated:
            literal, is_word = self.take()
        if not is_word:
            raise SelectorError(f"found '{literal}', expected: identifier")
        key = literal
        if error := _check_key(key, "<nil>"):
            raise SelectorError(error)
        following, _ = self.peek()
        if negated or following in ("", ","):
            return new_requirement(key, "!" if negated else "exists", [])
        literal, is_word = self.take()
        operator = _BINARY.get(literal)
        if operator is None:
            raise SelectorError(f"found '{literal}', expected: {_EXPECTED_OPERATORS}")
        values = self.values() if operator in ("in", "notin") else self.exact_value()
        return new_requirement(key, operator, sorted(values))

    def values(self) -> set[str]:
        literal, _ = self.take()
        if literal != "(":
            raise SelectorError(f"found '{literal}' expected: '('")
        literal, is_word = self.peek()
        if literal == ")":
            self.take()
            return {""}
        if not is_word and literal != ",":
            raise SelectorError(f"found '{literal}', expected: ',', ')' or identifier")
        values = self.identifiers()
        self.take()
        return values

    def identifiers(self) -> set[str]:
        values: set[str] = set()
        while True:
            literal, is_word = self.take()
            following, _ = self.peek() if literal else ("", False)
            if is_word:
                values.add(literal)
                if following == ")":
                    return values
                if following != ",":
                    raise SelectorError(f"found '{following}', expected: ',' or ')'")
            elif literal == ",":
                if not values or following in (",", ")"):
                    values.add("")
                if following == ")":
                    return values
            else:
                raise SelectorError(f"found '{literal}', expected: ',', or identifier")

    def exact_value(self) -> set[str]:
        literal, is_word = self.peek()
        if literal in ("", ","):
            return {""}
        self.take()
        if not is_word:
            raise SelectorError(f"found '{literal}', expected: identifier")
        return {literal}


@lru_cache(maxsize=4096)
def parse(text: str) -> Selector:
    """Read a selector (labels.Parse).

    Raises SelectorError.

    >>> str(parse("b notin (y,x), !a ,c=="))
    '!a,b notin (x,y),c=='
    """
    return Selector(_sorted(_Parser(text).parse()))


def from_map(labels: Mapping[str, str] | None) -> Selector:
    """Match exactly these labels; None or empty matches everything (SelectorFromSet)."""
    return Selector(
        _sorted(Requirement(key, "=", (value,)) for key, value in (labels or {}).items())
    )


def from_label_selector(selector: Mapping[str, Any] | None) -> Selector:
    """Compile a LabelSelector object (metav1.LabelSelectorAsSelector).

    None matches nothing, an empty one everything. Raises SelectorError.
    """
    if selector is None:
        return NOTHING
    match_labels = selector.get("matchLabels") or {}
    expressions = selector.get("matchExpressions") or []
    if not match_labels and not expressions:
        return EVERYTHING
    requirements = [new_requirement(key, "=", [value]) for key, value in match_labels.items()]
    for expression in expressions:
        given = expression.get("operator", "")
        operator = _LABEL_SELECTOR_OPERATORS.get(given)
        if operator is None:
            raise SelectorError(f"{quote(given)} is not a valid label selector operator")
        values = expression.get("values") or None
        requirements.append(new_requirement(expression.get("key", ""), operator, values))
    return Selector(_sorted(requirements))
