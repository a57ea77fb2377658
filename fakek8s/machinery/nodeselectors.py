"""Node selector terms: which nodes they select.

Source: k8s.io/component-helpers scheduling/corev1/nodeaffinity.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Object = dict[str, Any]

_INTEGER = re.compile(r"[+-]?[0-9]+")


def matches(term: Object, node: Object) -> bool:
    """Whether a node selector term selects a node; an empty one selects none."""
    expressions, fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    if not expressions and not fields:
        return False
    metadata = node["metadata"]
    labels = metadata.get("labels") or {}
    names = {"metadata.name": metadata["name"]}
    return all(_holds(e, labels) for e in expressions) and all(_holds(e, names) for e in fields)


def _holds(expression: Object, values: Mapping[str, str]) -> bool:
    key, wanted = expression["key"], expression.get("values") or []
    value = values.get(key)
    match expression["operator"]:
        case "In":
            return value is not None and value in wanted
        case "NotIn":
            return value is None or value not in wanted
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt" | "Lt" as operator:
            if value is None or len(wanted) != 1:
                return False
            if not _INTEGER.fullmatch(value) or not _INTEGER.fullmatch(wanted[0]):
                return False
            left, right = int(value), int(wanted[0])
            return left > right if operator == "Gt" else left < right
        case _:
            return False
