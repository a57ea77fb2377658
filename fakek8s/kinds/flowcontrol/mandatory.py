"""The flow schemas and priority levels that every server has and nobody may change.

Upstream: pkg/apis/flowcontrol/bootstrap default.go (the mandatory ones).
"""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


def _schema(precedence: int, level: str, groups: list[str], distinguisher: str) -> Object:
    subjects = [{"kind": "Group", "group": {"name": name}} for name in groups]
    spec: Object = {
        "priorityLevelConfiguration": {"name": level},
        "matchingPrecedence": precedence,
        "rules": [
            {
                "subjects": subjects,
                "resourceRules": [
                    {
                        "verbs": ["*"],
                        "apiGroups": ["*"],
                        "resources": ["*"],
                        "clusterScope": True,
                        "namespaces": ["*"],
                    }
                ],
                "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
            }
        ],
    }
    if distinguisher:
        spec["distinguisherMethod"] = {"type": distinguisher}
    return spec


def fixed_schema(name: str) -> Object | None:
    """The spec that a mandatory flow schema must have."""
    if name == "exempt":
        return _schema(1, "exempt", ["system:masters"], "")
    if name == "catch-all":
        groups = ["system:unauthenticated", "system:authenticated"]
        return _schema(10000, "catch-all", groups, "ByUser")
    return None


def fixed_level(name: str) -> Object | None:
    """The spec that a mandatory priority level must have; exempt's own part may differ."""
    if name == "exempt":
        return {"type": "Exempt", "exempt": {"nominalConcurrencyShares": 0, "lendablePercent": 0}}
    if name == "catch-all":
        return {
            "type": "Limited",
            "limited": {
                "nominalConcurrencyShares": 5,
                "limitResponse": {"type": "Reject"},
                "lendablePercent": 0,
            },
        }
    return None
