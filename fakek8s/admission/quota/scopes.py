"""Scopes of a quota: the requirements it has, and whether a name fulfils one.

Source: kubernetes pkg/apis/core/v1/helper (ScopedResourceSelectorRequirementsAsSelector) and
apiserver pkg/quota/v1/generic (getScopeSelectorsFromQuota).
"""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


def scopes_of(quota: Object) -> list[Object]:
    """All that an object has to be for the quota to concern it."""
    spec = quota.get("spec") or {}
    plain = [{"scopeName": name, "operator": "Exists"} for name in spec.get("scopes") or ()]
    selector = spec.get("scopeSelector") or {}
    return [*plain, *(selector.get("matchExpressions") or ())]


def matches(scope: Object, name: str | None) -> bool:
    """Whether an object with this value for the scope (None: with none) is in it."""
    values = scope.get("values") or ()
    match scope.get("operator"):
        case "Exists":
            return name is not None
        case "DoesNotExist":
            return name is None
        case "In":
            return name is not None and name in values
        case "NotIn":
            return name is None or name not in values
        case _:
            return False
