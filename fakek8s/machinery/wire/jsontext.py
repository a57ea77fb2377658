"""JSON bodies in: orjson where it agrees with Go, the exact slow way where it doesn't.

What orjson does differently and Kubernetes shows: duplicate keys, lone surrogates, invalid UTF-8,
depth, numbers beyond 64 bits, the wording of errors. encode.py is the way out, offered here too.
"""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import Any, Final

import orjson

from fakek8s.machinery.wire.encode import ExactFloat, dump, dump_pretty, go_float
from fakek8s.machinery.wire.scan import JSONSyntaxError, NumberText, Pairs, scan

__all__ = [
    "ExactFloat",
    "JSONSyntaxError",
    "dump",
    "dump_pretty",
    "go_float",
    "may_repeat_keys",
    "parse",
    "parse_unstructured",
    "plain",
    "summarize",
    "version_and_kind",
]

_INT64_MAX: Final = 2**63 - 1
_INT64_MIN: Final = -(2**63)
_LONG_NUMBER = re.compile(rb"[0-9]{19}")
_HIDING: Final = (b"\\u0022", b"\\u003a", b"\\u003A")
_SPACED_COLONS: Final = (b" :", b"\n:", b"\t:", b"\r:")


class TypeMismatch(ValueError):
    """encoding/json's UnmarshalTypeError without a field: `json: cannot unmarshal array into Go
    value of type T`.
    """


def parse(raw: bytes) -> Any:
    """The value of a JSON text (dict, list, str, int, float, bool, None); raises JSONSyntaxError.

    Of duplicate keys the last wins; integers keep their value whatever their size.
    """
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return plain(scan(raw))


def may_repeat_keys(raw: bytes, value: Any) -> bool:
    """Whether some object of `raw` may repeat a key; False is proof. `value` is what orjson made of
    it.

    Each key of the text shows as `":`; what strings add to that count they add again when written
    anew. So equal counts before and after show that no pair was dropped, unless keys are spaced or
    these two characters escaped.
    """
    again = orjson.dumps(value)
    if len(again) == len(raw):
        return False
    hidden = b"\\u" in raw and any(e in raw for e in _HIDING)
    if hidden or any(s in raw for s in _SPACED_COLONS):
        return _repeats_keys(raw)
    return raw.count(b'":') != again.count(b'":') and _repeats_keys(raw)


class _Repeated(Exception):
    pass


def _distinct(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) != len(pairs):
        raise _Repeated


def _repeats_keys(raw: bytes) -> bool:
    try:
        json.loads(raw, object_pairs_hook=_distinct)
    except (_Repeated, RecursionError):
        return True
    return False


def plain(tree: Any, *, raw_numbers: bool = False) -> Any:
    """scan's tree as ordinary values. `raw_numbers`: fractions and exponents keep their text
    (ExactFloat).

    Iterative in effect for deep texts: children are finished before their parents by an explicit
    stack.
    """
    root: list[Any] = [tree]
    todo: list[tuple[Any, Any]] = [(root, 0)]
    while todo:
        holder, slot = todo.pop()
        value = holder[slot]
        if isinstance(value, NumberText):
            holder[slot] = number(value, raw=raw_numbers)
        elif isinstance(value, Pairs):
            made: dict[str, Any] = dict(value)
            holder[slot] = made
            todo.extend((made, key) for key in made)
        elif isinstance(value, list):
            copy = list(value)
            holder[slot] = copy
            todo.extend((copy, i) for i in range(len(copy)))
    return root[0]


def number(text: NumberText, *, raw: bool = False) -> int | float:
    """The number of a JSON literal: an int if it has neither point nor exponent."""
    if text.lstrip("-").isdigit():
        return int(text) if text != "-0" or not raw else ExactFloat(-0.0, "-0")
    return ExactFloat(float(text), str(text)) if raw else float(text)


def parse_unstructured(raw: bytes) -> tuple[Any, list[str]]:
    """The value of a body without a Go type (custom resources), and its strict errors (duplicate
    fields).

    Integers within int64 are ints, all other numbers floats. Raises JSONSyntaxError; TypeMismatch
    for a number that is no float64. Upstream: sigs.k8s.io/json UnmarshalStrict into
    map[string]interface{}.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        value = None
    else:
        if not may_repeat_keys(raw, value) and not _LONG_NUMBER.search(raw):
            return value, []
    errors: dict[str, None] = {}
    value = _loose(scan(raw), errors)
    return value, list(errors)[:100]


def _loose(tree: Any, errors: dict[str, None]) -> Any:
    # Depth first in document order, by an explicit stack: errors come in the order in which Go
    # meets them.
    from fakek8s.machinery.wire.scan import quote

    root: list[Any] = [None]
    todo: list[tuple[Any, Any, Any, str]] = [(root, 0, tree, "")]
    while todo:
        holder, slot, value, path = todo.pop()
        if isinstance(value, Repeat):
            errors[f"duplicate field {quote(path)}"] = None
            value = value.value
        if isinstance(value, NumberText):
            holder[slot] = _int64_or_float(value)
        elif isinstance(value, Pairs):
            made: dict[str, Any] = {}
            holder[slot] = made
            children: list[tuple[Any, Any, Any, str]] = []
            for key, child in value:
                again = Repeat(child) if key in made else child
                made[key] = None
                children.append((made, key, again, f"{path}.{key}" if path else key))
            todo.extend(reversed(children))
        elif isinstance(value, list):
            copy: list[Any] = [None] * len(value)
            holder[slot] = copy
            todo.extend((copy, i, value[i], f"{path}[{i}]") for i in range(len(value) - 1, -1, -1))
        else:
            holder[slot] = value
    return root[0]


class Repeat:
    """A value whose key its object had already."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def _int64_or_float(text: NumberText) -> int | float:
    if text.lstrip("-").isdigit():
        whole = int(text)
        if _INT64_MIN <= whole <= _INT64_MAX:
            return whole
    made = float(text)
    if not isfinite(made):
        raise TypeMismatch(f"json: cannot unmarshal number {text} into Go value of type float64")
    return made


class KindError(ValueError):
    """A body's version and kind can't be told; the message is upstream's, prefix included."""


_FIND_KIND: Final = (
    'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; '
    'Kind string "json:\\"kind,omitempty\\"" }'
)
_PARSE_ERROR: Final = "couldn't get version/kind; json parse error:"
#: What most bodies have beside those two, and no other spelling of them.
_ORDINARY: Final = frozenset(("metadata", "spec", "status", "data"))
_FOLDED: Final = {"apiversion": "apiVersion", "kind": "kind"}


def version_and_kind(raw: bytes) -> tuple[str, str, Any]:
    """apiVersion and kind of a body ("" where absent), and the parsed body for whoever decodes it
    next.

    Raises KindError, worded `couldn't get version/kind; json parse error: ...`. Names match without
    regard to case, as encoding/json matches them. Upstream: runtime/serializer/json
    SimpleMetaFactory.Interpret.
    """
    try:
        body = parse(raw)
    except JSONSyntaxError as bad:
        raise KindError(f"{_PARSE_ERROR} {bad}") from None
    if body.__class__ is not dict:
        if body is None:
            return "", "", body
        raise _kind_mismatch(json_kind(body), f"value of type {_FIND_KIND}")
    found = {"apiVersion": "", "kind": ""}
    for key, value in body.items():
        if key in _ORDINARY:
            continue
        name = key if key in found else _FOLDED.get(key.casefold())
        if name is not None and value is not None:
            if value.__class__ is not str:
                raise _kind_mismatch(json_kind(value), f"struct field .{name} of type string")
            found[name] = value
    if found["apiVersion"].count("/") > 1:
        raise KindError(f"unexpected GroupVersion string: {found['apiVersion']}")
    return found["apiVersion"], found["kind"], body


def _kind_mismatch(value: str, target: str) -> KindError:
    return KindError(f"{_PARSE_ERROR} json: cannot unmarshal {value} into Go {target}")


def json_kind(value: Any) -> str:
    """What UnmarshalTypeError calls a value: array, object, string, bool, number."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, NumberText | int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "object" if isinstance(value, dict | Pairs) else "array"


def summarize(raw: bytes, limit: int = 30) -> str:
    """A body as decode errors quote it: text if it looks like an object, else hex (handlers
    summarizeData).
    """
    if not raw:
        return "<empty>"
    shown = raw[:limit]
    text = shown.decode(errors="replace") if raw[:1] == b"{" else shown.hex()
    return text + " ..." if len(raw) > limit else text
