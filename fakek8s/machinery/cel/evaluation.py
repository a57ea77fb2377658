"""The rules of a whole schema on one object: order, paths, transitions, ratcheting, budget.

Upstream: apiextensions pkg/apiserver/schema/cel/validation.go (Validator).
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import orjson

from fakek8s.machinery import causes
from fakek8s.machinery.causes import FieldError
from fakek8s.machinery.cel import PER_CALL_LIMIT, RUNTIME_COST_BUDGET
from fakek8s.machinery.cel.values import NONE, CelError, Optional
from fakek8s.machinery.printing import bad_value, quote

if TYPE_CHECKING:
    from fakek8s.machinery.cel.environment import Expression
    from fakek8s.machinery.cel.places import Place
    from fakek8s.machinery.cel.rules import Rule
    from fakek8s.machinery.structural.correlate import Correlated

__all__ = ["Evaluator"]

Object = dict[str, Any]

_OUT_OF_BUDGET: Final = (
    "validation failed due to running out of cost budget, no further validation rules will be run"
)
_LONGEST_MESSAGE: Final = 5 * 1024


class _CountingNeededError(Exception):
    """An estimate can't rule out that a limit is exceeded."""


class _OutOfBudgetError(Exception):
    """No further rule is run."""


#: How one got to a place: the way to the one above and the step from there; None at the root.
Trail = tuple["Trail | None", str | int] | None


class Evaluator:
    """RuleEvaluator: the rules of one schema."""

    def __init__(self, schema: Object, root: Place) -> None:
        self._schema = schema
        self._root = root
        self._node: Any = None

    def evaluate(
        self,
        value: Any,
        old: Any,
        path: str = "",
        *,
        warnings: list[str] | None = None,
        budget: int = RUNTIME_COST_BUDGET,
    ) -> list[FieldError]:
        """The causes of rules that fail, in upstream's order.

        old: None on create; errors of values that an update left alone become `warnings`.
        path: "" for a whole object, whose causes are at `<nil>`.
        """
        cap = _cap(value, old)
        run = _Run(self, value, old, budget, cap)
        try:
            run.place(self._root, value, old, path, None)
        except _CountingNeededError:
            run = _Run(self, value, old, budget, None)
            with suppress(_OutOfBudgetError):
                run.place(self._root, value, old, path, None)
        if warnings is not None:
            warnings += run.warnings
        return run.found

    def correlated(self, value: Any, old: Any) -> Correlated:
        """New and old, for ratcheting."""
        from fakek8s.machinery.structural.correlate import Correlated
        from fakek8s.machinery.structural.node import read

        if self._node is None:
            self._node = read(self._schema)
        return Correlated(self._node, value, old)


def _cap(value: Any, old: Any) -> int:
    """A size that nothing inside the objects exceeds: a power of two, so that few estimates do."""
    try:
        size = len(orjson.dumps(value))
        if old is not None:
            size = max(size, len(orjson.dumps(old)))
    except TypeError:
        return MAX_CAP
    return 1 << max(size, 256).bit_length()


MAX_CAP: Final = 1 << 24


class _Run:
    """One evaluation. cap: sizes for estimates, None to count instead."""

    def __init__(
        self, owner: Evaluator, value: Any, old: Any, budget: int, cap: int | None
    ) -> None:
        self.owner = owner
        self.value = value
        self.old = old
        self.left = budget
        self.cap = cap
        self.found: list[FieldError] = []
        self.warnings: list[str] = []
        self._root: Correlated | None = None

    def place(self, place: Place, value: Any, old: Any, path: str, trail: Trail) -> None:
        if value is None:
            return
        if place.rules:
            self.rules(place, value, old, path, trail)
        for nested in place.all_of:
            self.place(nested, value, old, path, (trail, -1))
        if isinstance(value, dict):
            before = old if isinstance(old, dict) else {}
            if place.additional is not None:
                for name, below in value.items():
                    where = f"{path}[{name}]"
                    self.place(place.additional, below, before.get(name), where, (trail, name))
            properties = place.properties
            if properties:
                for name, below in value.items():
                    found = properties.get(name)
                    if found is not None:
                        where = f"{path}.{name}" if path else name
                        self.place(found, below, before.get(name), where, (trail, name))
        elif isinstance(value, list) and place.items is not None:
            by_key = _by_key(place.keys, old)
            for number, below in enumerate(value):
                earlier = by_key.get(_key(place.keys, below)) if by_key else None
                self.place(place.items, below, earlier, f"{path}[{number}]", (trail, number))

    def rules(self, place: Place, value: Any, old: Any, path: str, trail: Trail) -> None:
        convert = place.convert
        try:
            own = value if convert is None else convert(value)
            before = old if convert is None or old is None else convert(old)
        except CelError as error:
            for rule in place.rules:
                self.failed(
                    place, rule, path, f"{error} evaluating rule: {self.named(place, rule)}"
                )
            return
        if self.left <= 0:
            self.failed(place, None, path, _OUT_OF_BUDGET)
            raise _OutOfBudgetError
        for number, rule in enumerate(place.rules):
            if rule.error:
                self.failed(place, rule, path, f"rule compile error: {rule.error}")
                continue
            if rule.expression is None:
                continue
            if rule.uses_old and old is None and not rule.optional_old:
                continue
            values: list[Any] = [own, before]
            if rule.optional_old:
                values[1] = NONE if old is None else Optional(before)
            result = self.run(rule.expression, values)
            if self.left < 0:
                self.failed(place, rule, path, _OUT_OF_BUDGET)
                raise _OutOfBudgetError
            if result is True:
                continue
            if result is not False:
                self.error(place, rule, path, result)
                continue
            detail = self.detail(place, number, own, before, path, trail)
            self.fail(place, rule, path, trail, _cause(place, rule, _at(path, rule), value, detail))

    def run(self, expression: Expression, values: list[Any]) -> Any:
        """The value, or the error instead."""
        cap = self.cap
        if cap is None:
            result, cost = expression.evaluate_counting(values, PER_CALL_LIMIT)
            self.left -= cost
            return result
        most = expression.max_cost(cap)
        self.left -= most
        if most > PER_CALL_LIMIT or self.left < 0:
            raise _CountingNeededError
        try:
            return expression.evaluate(values)
        except CelError as error:
            return error
        except (AttributeError, TypeError):
            # A value of another type than its schema says.
            return CelError("no such overload")

    def error(self, place: Place, rule: Rule, path: str, error: Any) -> None:
        from fakek8s.machinery.cel.counting import CostExceededError

        name = self.named(place, rule)
        text = str(error)
        if isinstance(error, CostExceededError):
            self.failed(
                place, rule, path,
                f"'{text}': no further validation rules will be run due to call cost exceeds limit "
                f"for rule: {name}",
            )  # fmt: skip
            raise _OutOfBudgetError
        if text.startswith("no such overload"):
            text = (
                f"'{text}': call arguments did not match a supported operator, function or macro "
                f"signature for rule: {name}"
            )
        else:
            text = f"{text} evaluating rule: {name}"
        self.failed(place, rule, path, text)

    @staticmethod
    def named(place: Place, rule: Rule) -> str:
        """What an error calls a rule: its message, or else its text (ruleErrorString)."""
        source = place.sources[place.rules.index(rule)]
        message = source.get("message", "")
        return message.strip() if message else rule.text

    def failed(self, place: Place, rule: Rule | None, path: str, text: str) -> None:
        self.found.append(causes.invalid(path or "<nil>", place.kind, text))

    def detail(
        self, place: Place, number: int, own: Any, before: Any, path: str, trail: Trail
    ) -> str:
        """The text of a failure: the message's expression, its message, or the rule itself."""
        rule, source = place.rules[number], place.sources[number]
        if rule.message is not None:
            found = self.message(place, rule, source, own, before, path, trail)
            if found:
                return found
        message = source.get("message", "")
        return message.strip() if message else f"failed rule: {rule.text}"

    def message(
        self, place: Place, rule: Rule, source: Object, own: Any, before: Any, path: str,
        trail: Trail,
    ) -> str:  # fmt: skip
        from fakek8s.machinery.cel.counting import CostExceededError

        expression = rule.message
        assert expression is not None
        if expression.uses("oldSelf") and (before is None or rule.optional_old):
            # Upstream evaluates messages without the optional form of oldSelf.
            return ""
        result = self.run(expression, [own, before])
        problem = ""
        if self.left < 0:
            problem = (
                "messageExpression evaluation failed due to running out of cost budget, no further "
                "validation rules will be run"
            )
        elif isinstance(result, CostExceededError):
            problem = (
                "no further validation rules will be run due to call cost exceeds limit for "
                f"messageExpression: {quote(source['messageExpression'])}"
            )
        if problem:
            cause = causes.invalid(_at(path, rule), place.kind, problem)
            self.fail(place, rule, path, trail, cause)
            raise _OutOfBudgetError
        if not isinstance(result, str):
            return ""
        text = result.strip()
        too_long = len(text.encode()) > _LONGEST_MESSAGE
        return "" if too_long or "\n" in text else text

    def fail(self, place: Place, rule: Rule, path: str, trail: Trail, cause: FieldError) -> None:
        if self.old is not None and not rule.uses_old and self.ratchets(trail):
            self.warnings.append(cause.text)
        else:
            self.found.append(cause)

    def ratchets(self, trail: Trail) -> bool:
        """Whether the value, or what it is part of, is as it was (shouldRatchetError)."""
        steps: list[str | int] = []
        while trail is not None:
            trail, step = trail
            steps.append(step)
        if self._root is None:
            self._root = self.owner.correlated(self.value, self.old)
        current: Correlated | None = self._root
        nearest: Correlated | None = None
        for step in reversed(steps):
            if step == -1:
                current = None
                continue
            if current is None:
                continue
            if nearest is None and step in ("apiVersion", "kind"):
                return False
            nearest, current = (
                current,
                current.member(step) if isinstance(step, str) else current.item(step),
            )
        judged = nearest if current is None else current
        return judged is not None and judged.unchanged()


def _at(path: str, rule: Rule) -> str:
    if rule.field_path:
        return f"{path}.{rule.field_path}" if path else rule.field_path
    return path or "<nil>"


def _cause(place: Place, rule: Rule, path: str, value: Any, detail: str) -> FieldError:
    shown = "" if place.kind in ("object", "array") else f": {bad_value(value)}"
    if rule.reason == "FieldValueForbidden":
        return causes.forbidden(path, detail)
    if rule.reason == "FieldValueRequired":
        return causes.required(path, detail)
    if rule.reason == "FieldValueDuplicate":
        return FieldError("FieldValueDuplicate", path, f"Duplicate value{shown}")
    body = f"Invalid value{shown}: {detail}" if detail else f"Invalid value{shown}"
    return FieldError("FieldValueInvalid", path, body)


def _key(keys: tuple[str, ...], item: Any) -> Any:
    if not isinstance(item, dict):
        return None
    found = []
    for name in keys:
        part = item.get(name)
        if name not in item or not isinstance(part, bool | int | float | str):
            return None
        found.append((type(part), part))
    return tuple(found)


def _by_key(keys: tuple[str, ...], old: Any) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    if keys and isinstance(old, list):
        for item in old:
            key = _key(keys, item)
            if key is not None:
                found.setdefault(key, item)
    return found
