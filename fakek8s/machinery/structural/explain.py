"""Validation with every error that kube-openapi finds, in its order, its duplicates left out.

The slow exact twin of quick.py, used once that says no. Upstream: kube-openapi
pkg/validation/validate (SchemaValidator and the validators it is made of), with the ratcheting of
apiextensions pkg/apiserver/validation/ratcheting.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.printing import float_text, go_value, quote
from fakek8s.machinery.structural import formats
from fakek8s.machinery.structural.failure import Failure, wrong_type
from fakek8s.machinery.structural.node import checks_format
from fakek8s.machinery.structural.regexp import RegexpError, compile_regexp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fakek8s.machinery.structural.correlate import Correlated
    from fakek8s.machinery.structural.node import Node

__all__ = ["Result", "enum_allows", "explain", "is_whole"]

_INT_RANGES: Final = {"int32": 2**31, "int64": 2**63, "": 2**63}
_SAFE: Final = float(2**53 - 1)
_FLOAT_MAX: Final = 3.4028235677973366e38  # what rounds beyond the largest float32


class Result:
    """The errors of one validator, without repeated texts, and how many checks it passed."""

    __slots__ = ("_seen", "count", "failures")

    def __init__(self, count: int = 0) -> None:
        self.failures: list[Failure] = []
        self.count = count
        self._seen: set[str] = set()

    @property
    def valid(self) -> bool:
        return not self.failures

    def add(self, failure: Failure | None) -> None:
        if failure is not None and failure.text not in self._seen:
            self._seen.add(failure.text)
            self.failures.append(failure)

    def merge(self, other: Result) -> None:
        for failure in other.failures:
            self.add(failure)
        self.count += other.count


def kind_of(value: Any) -> str:
    """The JSON type by the words of schemas; whole numbers are integers."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "object" if isinstance(value, dict) else "array"


def is_whole(value: float) -> bool:
    """Whether a float64 counts as an integer (conv.IsFloat64AJSONInteger)."""
    if value != value or not -_SAFE <= value <= _SAFE:
        return False
    rounded = float(int(value + (0.5 if value > 0 else -0.5)))
    if value == rounded:
        return True
    return rounded != 0 and abs(value - rounded) < 1e-9 * abs(rounded)


def explain(node: Node, value: Any, path: str, old: Correlated | None = None) -> Result:
    """The errors of a value at `path` ("" for the root).

    old: what this value was before, if that can be told; then errors of what didn't change are
    left out.
    """
    result = Result()
    if value is None:
        result.merge(_type(node, None, path))
        result.merge(_enum(node, None, path))
    else:
        _explain(node, value, path, old, result)
    if result.failures and old is not None and old.unchanged():
        # Counts stay, since they choose among alternatives.
        return Result(result.count)
    return result


def _explain(node: Node, value: Any, path: str, old: Correlated | None, result: Result) -> None:
    if value.__class__ is int and not -(2**63) <= value < 2**63:
        value = float(value)  # as Go decodes it
    kind = kind_of(value)
    if node.types or node.format:
        result.merge(_type(node, value, path))
        result.count += 1
    result.merge(_junctors(node, value, path))
    result.count += 1
    if kind == "string":
        result.add(_string(node, value, path))
        result.count += 1
        if checks_format(node):
            if not formats.matches(node.format, value):
                result.add(wrong_type(path, node.format, value))
            result.count += 1
    elif kind in ("integer", "number"):
        result.merge(_number(node, value, path))
        result.count += 1
    elif kind == "array":
        result.merge(_array(node, value, path, old))
        result.count += 1
    result.merge(_enum(node, value, path))
    result.count += 1
    if kind == "object":
        result.merge(_object(node, value, path, old))
        result.count += 1
    result.count += 1


def _type(node: Node, value: Any, path: str) -> Result:
    types, result = node.types, Result()
    if value is None:
        if types and not node.nullable:
            result.add(wrong_type(path, ",".join(types), "null"))
        else:
            result.count = 1
        return result
    kind = kind_of(value)
    form = {"integer": "int64", "number": "float64"}.get(kind, "")
    whole = kind == "number" and "integer" in types and is_whole(value)
    fits = kind in types or whole or (kind == "integer" and "number" in types)
    text_like = kind in ("string", "array")
    if not text_like and node.format and not fits and form != node.format:
        result.add(wrong_type(path, node.format, form))
    elif text_like and node.format and "number" not in types and "integer" not in types:
        result.count = 1  # the format decides, if anything does
    elif not fits:
        result.add(wrong_type(path, ",".join(types), kind))
    else:
        result.count = 1
    return result


def _junctors(node: Node, value: Any, path: str) -> Result:
    main = Result()
    if node.any_of:
        best, first = _alternatives(node.any_of, value, path, stop=True)
        if not first:
            main.add(Failure(f"{quote(path)} must validate at least one schema (anyOf)", None))
        main.merge(first[0] if first else best)
    if node.one_of:
        best, passed = _alternatives(node.one_of, value, path, stop=False)
        if len(passed) == 1:
            main.merge(passed[0])
        else:
            why = f"Found {len(passed)} valid alternatives" if passed else "Found none valid"
            text = f"{quote(path)} must validate one and only one schema (oneOf). {why}"
            main.add(Failure(text, None))
            if not passed:
                main.merge(best)
    if node.all_of:
        passes = 0
        for below in node.all_of:
            found = explain(below, value, path)
            passes += found.valid
            main.merge(found)
        if passes != len(node.all_of):
            why = "" if passes else ". None validated"
            main.add(Failure(f"{quote(path)} must validate all the schemas (allOf){why}", None))
    if node.not_ is not None and explain(node.not_, value, path).valid:
        main.add(Failure(f"{quote(path)} must not validate the schema (not)", None))
    main.count += 1
    return main


def _alternatives(
    nodes: list[Node], value: Any, path: str, *, stop: bool
) -> tuple[Result, list[Result]]:
    """The failures that came furthest, and the results that passed (one is enough to `stop`)."""
    best: Result | None = None
    passed: list[Result] = []
    for below in nodes:
        found = explain(below, value, path)
        if found.valid:
            passed.append(found)
            if stop:
                break
        elif not passed and (best is None or found.count > best.count):
            best = found
    return best or Result(), passed


def _string(node: Node, value: str, path: str) -> Failure | None:
    if node.max_length is not None and len(value) > node.max_length:
        text = f"{path} in body should be at most {node.max_length} chars long"
        return Failure(text, path, "tooLong", value, node.max_length)
    if node.min_length is not None and len(value) < node.min_length:
        text = f"{path} in body should be at least {node.min_length} chars long"
        return Failure(text, path, "", value)
    if node.pattern:
        pattern = node.pattern
        try:
            if compile_regexp(pattern).search(value) is not None:
                return None
        except RegexpError as error:
            pattern = f"{pattern}, but pattern is invalid: {error}"
        return Failure(f"{path} in body should match '{pattern}'", path, "", value)
    return None


def _in_range(value: float, kind: str, form: str) -> bool:
    """swag's conversion of a number's text to the type and format."""
    if kind == "integer":
        if isinstance(value, float):
            if value != value or value != int(value):
                return False
            value = int(value)
        limit = _INT_RANGES.get(form, 2**63)
        return -limit <= value < limit
    return form != "float" or abs(value) < _FLOAT_MAX


def _number(node: Node, value: float, path: str) -> Result:
    result = Result()
    kind = node.types[0] if len(node.types) == 1 else ""
    if kind not in ("integer", "number"):
        kind = ""
    form = node.format if kind else ""

    def outside(what: str, number: float) -> Failure | None:
        if not kind or _in_range(number, kind, form):
            return None
        which = f"with format {form}" if form else "(default format)"
        return Failure(f"{what} value must be of type {kind} {which} in {path}", None)

    result.add(outside("Checked", value))
    if node.multiple_of is not None:
        bad = outside("MultipleOf", node.multiple_of)
        result.add(bad)
        result.add(_multiple(node.multiple_of, value, path, exact=bad is None))
    for limit, exclusive, words in (
        (node.minimum, node.exclusive_minimum, ("Minimum", "greater than", 1)),
        (node.maximum, node.exclusive_maximum, ("Maximum", "less than", -1)),
    ):
        if limit is not None:
            name, relation, sign = words
            bad = outside(f"{name} boundary", limit)
            result.add(bad)
            result.add(_bound(limit, value, path, (relation, sign, exclusive), exact=bad is None))
    result.count += 1
    return result


def _bound(
    limit: float, value: float, path: str, rule: tuple[str, int, bool], *, exact: bool
) -> Failure | None:
    relation, sign, exclusive = rule
    bound: float = int(limit) if exact and isinstance(value, int) else float(limit)
    if not exact:
        value = float(value)
    apart = (value > bound) - (value < bound)
    if apart * sign > 0 or (apart == 0 and not exclusive):
        return None
    words = relation if exclusive else f"{relation} or equal to"
    shown = str(bound) if isinstance(bound, int) else float_text(bound)
    return Failure(f"{path} in body should be {words} {shown}", path, "", value)


def _multiple(factor: float, value: float, path: str, *, exact: bool) -> Failure | None:
    if exact and isinstance(value, int):
        whole = int(factor)
        shown, fits = str(whole), whole > 0 and value % whole == 0
    else:
        value, factor = float(value), float(factor)
        whole = 1 if factor > 0 else 0
        shown = float_text(factor)
        fits = factor > 0 and is_whole(1 / factor * value if factor < 1 else value / factor)
    if whole <= 0:
        text = f"factor MultipleOf declared for {path} must be positive: {shown}"
        return Failure(text, path, "", int(factor) if exact and isinstance(value, int) else factor)
    if fits:
        return None
    return Failure(f"{path} in body should be a multiple of {shown}", path, "", value)


def _array(node: Node, value: list[Any], path: str, old: Correlated | None) -> Result:
    result = Result()
    if node.items is not None:
        for number, item in enumerate(value):
            before = None if old is None else old.item(number)
            result.merge(explain(node.items, item, f"{path}[{number}]", before))
    size = len(value)
    if node.min_items is not None and size < node.min_items:
        text = f"{path} in body should have at least {node.min_items} items"
        result.add(Failure(text, path, "", size))
    if node.max_items is not None and size > node.max_items:
        text = f"{path} in body should have at most {node.max_items} items"
        result.add(Failure(text, path, "tooMany", size, node.max_items))
    if node.unique_items and _repeats(value):
        result.add(Failure(f"{path} in body shouldn't contain duplicates", path))
    result.count += 1
    return result


def _repeats(items: list[Any]) -> bool:
    return any(same(item, other) for n, item in enumerate(items) for other in items[:n])


def same(left: Any, right: Any) -> bool:
    """reflect.DeepEqual of JSON values: 1, 1.0 and true all differ."""
    if isinstance(left, dict):
        return (
            isinstance(right, dict)
            and left.keys() == right.keys()
            and all(same(item, right[name]) for name, item in left.items())
        )
    if isinstance(left, list):
        return isinstance(right, list) and len(left) == len(right) and all(map(same, left, right))
    return kind_of(left) == kind_of(right) and bool(left == right)


def enum_allows(allowed: Any, value: Any) -> bool:
    """Whether a value equals an enum's entry after Go's conversion to the entry's type.

    So 1.5 passes for 1 and the number 65 for "A"; null passes for nothing.
    """
    if allowed is None or value is None:
        return False
    wanted, kind = kind_of(allowed), kind_of(value)
    if wanted == kind:
        return same(allowed, value)
    if wanted == "number" and kind == "integer":
        return float(value) == float(allowed)
    if wanted == "integer" and kind == "number":
        return bool(value == value and abs(value) < 2**63 and int(value) == allowed)
    if wanted == "string" and kind == "integer":
        return bool(allowed == (chr(value) if 0 <= value <= 0x10FFFF else "\ufffd"))
    return False


def _enum(node: Node, value: Any, path: str) -> Result:
    result = Result()
    if node.enum and not any(enum_allows(allowed, value) for allowed in node.enum):
        text = f"{path} in body should be one of {go_value(list(node.enum))}"
        result.add(Failure(text, path, "enum", value, values=node.enum))
    return result


def _object(node: Node, value: dict[str, Any], path: str, old: Correlated | None) -> Result:
    result = Result()
    size = len(value)
    if node.min_properties is not None and size < node.min_properties:
        text = f"{path} in body should have at least {node.min_properties} properties"
        result.add(Failure(text, path, "", size))
    if node.max_properties is not None and size > node.max_properties:
        text = f"{path} in body should have at most {node.max_properties} properties"
        result.add(Failure(text, path, "tooMany", size, node.max_properties))
    for name in _others(node, value):
        if not node.allows_additional:
            text = f"{path}.{name} in body is a forbidden property"
            result.add(Failure(text, path, "", name))
        elif node.additional is not None:
            before = _before(old, name, path)
            result.merge(explain(node.additional, value[name], f"{path}.{name}", before))
    for name, below in node.properties.items():
        if name in value:
            where = f"{path}.{name}" if path else name
            result.merge(explain(below, value[name], where, _before(old, name, path)))
    for name in node.required:
        if name not in value:
            where = f"{path}.{name}"
            result.add(Failure(f"{where} in body is required", where, "required"))
    return result


def _others(node: Node, value: dict[str, Any]) -> Iterable[str]:
    if node.allows_additional and node.additional is None:
        return ()
    return [name for name in value if name not in node.properties]


def _before(old: Correlated | None, name: str, path: str) -> Correlated | None:
    if old is None or (not path and name in ("kind", "apiVersion")):
        return None
    return old.member(name)
