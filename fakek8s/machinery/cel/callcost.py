"""What calls cost by estimate: cel-go checker/cost.go, ext; apiserver pkg/cel/library/cost.go."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from fakek8s.machinery.cel.sizes import MOST, UNKNOWN, ZERO, Range, fixed
from fakek8s.machinery.cel.tree import Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fakek8s.machinery.cel.cost import Argument, Estimator
    from fakek8s.machinery.cel.tree import Call

__all__ = ["call_cost"]

Costed = tuple[Range, Range | None]

_ONE: Final = fixed(1)
_TEXT: Final = 0.1
_PATTERN: Final = 0.25


class _Asked:
    """One overload of one call, with the sizes of what it gets."""

    def __init__(
        self, estimator: Estimator, node: Call, overload: str,
        target: Argument | None, args: Sequence[Argument],
    ) -> None:  # fmt: skip
        self.estimator = estimator
        self.node = node
        self.overload = overload
        self.target = target
        self.args = args

    def size(self, argument: Argument) -> Range:
        """As Kubernetes asks: computed, declared, or unknown."""
        if argument.computed is not None:
            return argument.computed
        declared = self.estimator.declared(argument.path)
        return UNKNOWN if declared is None else declared

    def literal(self, argument: Argument, default: int) -> int:
        node = argument.node
        if isinstance(node, Literal) and node.of == "int":
            return max(int(node.value), 0)
        return default

    @property
    def receiver(self) -> Range:
        assert self.target is not None
        return self.size(self.target)


def call_cost(
    estimator: Estimator,
    node: Call,
    overload: str,
    target: Argument | None,
    args: Sequence[Argument],
    costs: Sequence[Range],
) -> Costed:
    """The cost of a call with that of its arguments, and the size of its result."""
    total = ZERO
    for cost in costs:
        total = total.plus(cost)
    asked = _Asked(estimator, node, overload, target, args)
    found = _extension(asked) or _kubernetes(asked)
    if found is not None:
        return found[0].plus(total), found[1]
    return _core(asked, total, costs)


def _allocating(factor: float, size: Range) -> Costed:
    return size.by(factor).plus(_ONE).plus(fixed(10)), size


def _extension(asked: _Asked) -> Costed | None:
    """Functions of cel-go's ext/lists.go and ext/sets.go."""
    overload, args = asked.overload, asked.args
    if overload.startswith("list_sets_"):
        factor = 2 if overload == "list_sets_equivalent_list" else 1
        return asked.size(args[0]).times(asked.size(args[1])).by(factor).plus(_ONE), None
    if overload == "list_slice":
        end = asked.literal(args[1], asked.receiver.most)
        return _allocating(1, fixed((end - asked.literal(args[0], 0)) % 2**64))
    if overload == "lists_range":
        return _allocating(1, fixed(asked.literal(args[0], MOST)))
    if overload == "list_reverse":
        return _allocating(1, asked.receiver)
    if overload in ("list_flatten", "list_flatten_int"):
        return _allocating(asked.literal(args[0], MOST) if args else 1, asked.receiver)
    if overload == "list_distinct":
        return _allocating(2, asked.receiver.times(asked.receiver))
    if overload.endswith(("_sort", "_sortByAssociatedKeys")) and asked.target is not None:
        size = asked.size(args[0]) if args else asked.receiver
        text = overload.startswith(("list_string", "list_bytes"))
        return _allocating(2 + _TEXT if text else 2, size.times(size))
    return None


def _traversal(asked: _Asked) -> Costed | None:
    """sum, min, indexOf ...: once over the list."""
    target = asked.target
    if target is None:
        return None
    each = _ONE
    if target.type.params:
        element = target.type.params[0]
        if element.kind in ("string", "bytes"):
            path = None if target.path is None else (*target.path, "@items")
            size = asked.estimator.declared(path)
            each = each.plus((UNKNOWN if size is None else size).by(_TEXT))
        return asked.receiver.times(each), None
    if asked.node.function == "includes":
        return asked.receiver.times(each), None
    return asked.receiver.by(_TEXT), None


def _text_transform(asked: _Asked) -> Costed | None:
    if asked.target is None:
        return None
    return asked.receiver.by(_TEXT), asked.receiver


def _replace(asked: _Asked) -> Costed | None:
    if asked.target is None or len(asked.args) < 2:
        return None
    size, old, new = asked.receiver, asked.size(asked.args[0]), asked.size(asked.args[1])
    kept_most = kept_least = 0
    if old.least == 0:
        most = min(size.most + 1, MOST)
        kept_most = size.most
    elif new.most <= old.least:
        most = 0
        kept_most = size.most
    else:
        most = math.ceil(size.most / old.least)
    if old.most == 0:
        least = min(size.least + 1, MOST)
        kept_least = size.least
    elif old.most <= new.least:
        least = 0
        kept_least = size.least
    else:
        least = math.ceil(size.least / old.most)
    result = Range(least, min(most, MOST)).times(new).plus(Range(kept_least, kept_most))
    return size.by(2 * _TEXT), result


def _split(asked: _Asked) -> Costed | None:
    if asked.target is None:
        return None
    size = asked.receiver
    most = size.most
    if len(asked.args) > 1 and isinstance(asked.args[1].node, Literal):
        most = int(asked.args[1].node.value) % 2**64
    return size.by(2 * _TEXT), Range(0, most)


def _join(asked: _Asked) -> Costed | None:
    target = asked.target
    if target is None:
        return None
    count = asked.receiver
    size = ZERO
    if target.type.params:
        path = None if target.path is None else (*target.path, "@items")
        element = asked.estimator.declared(path)
        size = count.times(UNKNOWN if element is None else element)
    if asked.args:
        between = Range(max(count.least - 1, 0), max(count.most - 1, 0))
        size = size.plus(asked.size(asked.args[0]).times(between))
    return size.by(_TEXT), size


def _find(asked: _Asked) -> Costed | None:
    if asked.target is None:
        return None
    size = asked.receiver
    cost = size.plus(_ONE).by(_TEXT).times(asked.size(asked.args[0]).by(_PATTERN))
    return cost, Range(0, size.most)


def _parsed(asked: _Asked) -> Costed | None:
    return (asked.size(asked.args[0]).by(_TEXT), None) if asked.args else None


def _ip(asked: _Asked) -> Costed | None:
    return (_ONE, None) if asked.overload == "cidr_ip" else _parsed(asked)


def _contains_ip(asked: _Asked) -> Costed | None:
    size = Range(4, 16)
    cost = size.plus(size).by(_TEXT)
    if asked.overload == "cidr_contains_ip_string":
        cost = cost.plus(asked.size(asked.args[0]).by(_TEXT))
    return cost, None


def _contains_cidr(asked: _Asked) -> Costed | None:
    size = Range(4, 16)
    cost = size.plus(size).by(_TEXT).plus(size.by(_TEXT)).plus(_ONE)
    if asked.overload == "cidr_contains_cidr_string":
        cost = cost.plus(asked.size(asked.args[0]).by(_TEXT))
    return cost, None


def _with_size(asked: _Asked) -> Costed | None:
    if len(asked.args) != 1:
        return None
    size = asked.size(asked.args[0])
    return size.by(_TEXT), size


def _validate(asked: _Asked) -> Costed | None:
    size = asked.size(asked.args[0])
    if asked.estimator.cap is not None:
        return size.plus(_ONE).by(_TEXT).by(1103 * _PATTERN), None
    return size.by(_TEXT).by(128 * _PATTERN), None


def _selector(asked: _Asked) -> Costed | None:
    return selector_cost(asked.size(asked.args[0])), None


def selector_cost(length: Range) -> Range:
    """What parsing a selector of that length costs (selectorCostEstimate)."""
    return fixed(10).plus(length.by(_TEXT)).plus(length.by(0.5).by(50))


def _constant(_: _Asked) -> Costed | None:
    return _ONE, None


def _authorization(_: _Asked) -> Costed | None:
    return fixed(350_000), None


_EQUAL_AT_ONCE: Final = frozenset(
    {"kubernetes.Quantity", "kubernetes.Semver", "net.IP", "net.CIDR"}
    | {f"kubernetes.authorization.{name}"
       for name in ("Authorizer", "PathCheck", "GroupCheck", "ResourceCheck", "Decision")}
)  # fmt: skip


def _equals(asked: _Asked) -> Costed | None:
    left, right = asked.args
    if left.type != right.type:
        return None
    name = left.type.name
    if name in _EQUAL_AT_ONCE:
        return _ONE, None
    if name == "kubernetes.NamedFormat":
        return Range(1, 64).by(_TEXT), None
    if name == "kubernetes.URL":
        size = right.computed or _ONE
        return Range(1, size.most).by(_TEXT), None
    return None


_KUBERNETES: Final[dict[str, Callable[[_Asked], Costed | None]]] = {
    "check": _authorization,
    **dict.fromkeys(("fieldSelector", "labelSelector"), _selector),
    **dict.fromkeys(
        ("isSorted", "sum", "max", "min", "indexOf", "lastIndexOf", "includes"), _traversal
    ),
    **dict.fromkeys(("url", "jsonpatch.escapeKey"), _with_size),
    **dict.fromkeys(("lowerAscii", "upperAscii", "substring", "trim"), _text_transform),
    "replace": _replace,
    "split": _split,
    "join": _join,
    **dict.fromkeys(("find", "findAll"), _find),
    **dict.fromkeys(
        ("cidr", "isIP", "isCIDR", "quantity", "isQuantity", "semver", "isSemver"), _parsed
    ),
    "ip": _ip,
    "ip.isCanonical": lambda asked: (asked.size(asked.args[0]).by(2 * _TEXT), None),
    "containsIP": _contains_ip,
    "containsCIDR": _contains_cidr,
    "validate": _validate,
    "_==_": _equals,
    **dict.fromkeys(
        ("serviceAccount", "path", "group", "resource", "subresource", "namespace", "name",
         "allowed", "reason", "error", "errored", "masked", "prefixLength", "family",
         "isUnspecified", "isLoopback", "isLinkLocalMulticast", "isLinkLocalUnicast",
         "isGlobalUnicast", "format.named", "sign", "asInteger", "isInteger", "asApproximateFloat",
         "isGreaterThan", "isLessThan", "compareTo", "add", "sub", "major", "minor", "patch",
         "getScheme", "getHostname", "getHost", "getPort", "getEscapedPath", "getQuery"),
        _constant,
    ),
}  # fmt: skip


def _kubernetes(asked: _Asked) -> Costed | None:
    cost = _KUBERNETES.get(asked.node.function)
    return None if cost is None else cost(asked)


_ORDERED_TEXTS: Final = frozenset(
    f"{order}_{kind}"
    for order in ("less", "greater", "less_equals", "greater_equals")
    for kind in ("string", "bytes")
)


def _core(asked: _Asked, total: Range, costs: Sequence[Range]) -> Costed:
    """The standard library (coster.functionCost)."""

    def known(argument: Argument) -> Range:
        return UNKNOWN if argument.computed is None else argument.computed

    overload, args, target = asked.overload, asked.args, asked.target
    if overload == "string_format" and target is not None:
        return known(target).by(_TEXT).plus(total), None
    if overload in ("string_to_bytes", "bytes_to_string", "strings_quote"):
        size = known(args[0])
        cost = size.by(_TEXT).plus(total)
        if overload == "string_to_bytes":
            return cost, Range(size.least, size.most * 4 % 2**64)
        if overload == "bytes_to_string":
            return cost, Range(size.least // 4, size.most)
        return cost, Range((size.least + 2) % 2**64, (size.most * 2 + 2) % 2**64)
    if overload in ("starts_with_string", "ends_with_string"):
        return known(args[0]).by(_TEXT).plus(total), None
    if overload == "in_list":
        return known(args[1]).by(1).plus(total), None
    if overload in ("matches", "matches_string"):
        text, pattern = (target, args[0]) if target is not None else (args[0], args[1])
        cost = known(text).plus(_ONE).by(_TEXT).times(known(pattern).by(_PATTERN))
        return cost.plus(total), None
    if overload == "contains_string" and target is not None:
        return known(target).by(_TEXT).times(known(args[0]).by(_TEXT)).plus(total), None
    if overload in ("logical_or", "logical_and"):
        left, right = costs
        return Range(left.least, left.plus(right).most), None
    if overload == "conditional":
        asked.estimator.set_entry(
            asked.node, asked.estimator.union_entries(args[1].node, args[2].node)
        )
        return costs[0].plus(costs[1].union(costs[2])), known(args[1]).union(known(args[2]))
    if overload in ("add_string", "add_bytes", "add_list"):
        size = known(args[0]).plus(known(args[1]))
        asked.estimator.set_entry(
            asked.node, asked.estimator.union_entries(args[0].node, args[1].node)
        )
        cost = _ONE if overload == "add_list" else size.by(_TEXT)
        return cost.plus(total), size
    if overload in ("equals", "not_equals") or overload in _ORDERED_TEXTS:
        most = min(known(args[0]).most, known(args[1]).most)
        return Range(1 if most > 0 else 0, most).by(_TEXT).plus(total), None
    return _ONE.plus(total), None
