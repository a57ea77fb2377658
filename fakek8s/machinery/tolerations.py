"""Which tolerations tolerate which taints.

Source: k8s.io/api core/v1 toleration.go (ToleratesTaint).
"""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


def tolerates(toleration: Object, taint: Object) -> bool:
    """Whether one toleration covers a taint."""
    effect, key = toleration.get("effect", ""), toleration.get("key", "")
    if effect and effect != taint["effect"]:
        return False
    if key and key != taint["key"]:
        return False
    value, given = toleration.get("value", ""), taint.get("value", "")
    match toleration.get("operator") or "Equal":
        case "Exists":
            return True
        case "Equal":
            return bool(value == given)
        case "Lt" | "Gt" as operator:
            try:
                bound, number = int(value), int(given)
            except ValueError:
                return False
            return number < bound if operator == "Lt" else number > bound
        case _:
            return False


def tolerated(tolerations: list[Object] | None, taint: Object) -> bool:
    """Whether any of the tolerations covers a taint."""
    return any(tolerates(toleration, taint) for toleration in tolerations or ())
