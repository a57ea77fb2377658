from __future__ import annotations

from typing import Any

from fakek8s.machinery.apply.scale import path_of, to_parent, to_scale

PATHS = {"apps/v1": ("f:spec", "f:replicas"), "apps/v2": None}


def entry(manager: str, operation: str, fields: Any, version: str = "apps/v1") -> dict[str, Any]:
    return {
        "manager": manager,
        "operation": operation,
        "apiVersion": version,
        "time": "2030-01-01T00:00:00Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }


REPLICAS: dict[str, Any] = {"f:spec": {"f:replicas": {}}}
BOTH: dict[str, Any] = {"f:spec": {"f:paused": {}, "f:replicas": {}}}


def test_only_owners_of_the_replicas_are_seen_in_the_scale() -> None:
    parents = [
        entry("a", "Apply", BOTH),
        entry("b", "Update", {"f:spec": {"f:paused": {}}}),
        entry("c", "Update", REPLICAS, "apps/v2"),
        entry("d", "Update", REPLICAS, "apps/v0"),
    ]
    found = to_scale(parents, PATHS)
    assert found == [entry("a", "Apply", REPLICAS, "autoscaling/v1")]


def test_a_scale_write_takes_the_replicas_from_the_parent() -> None:
    parents = [entry("a", "Update", BOTH)]
    scales = [{**entry("s", "Update", REPLICAS, "autoscaling/v1"), "subresource": "scale"}]
    found = to_parent(parents, scales, "apps/v1", PATHS)
    mine = {**entry("s", "Update", REPLICAS), "subresource": "scale"}
    del mine["time"]
    assert found == [mine, entry("a", "Update", {"f:spec": {"f:paused": {}}})]


def test_an_applier_that_kept_the_replicas_keeps_its_entry() -> None:
    parents = [entry("a", "Apply", BOTH)]
    assert to_parent(parents, to_scale(parents, PATHS), "apps/v1", PATHS) == parents


def test_entries_of_versions_that_are_gone_are_dropped() -> None:
    parents = [entry("d", "Update", REPLICAS, "apps/v0"), entry("c", "Update", BOTH, "apps/v2")]
    assert to_parent(parents, None, "apps/v1", PATHS) == [parents[1]]


def test_replicas_may_lie_anywhere() -> None:
    assert path_of(".spec.crew.count") == ("f:spec", "f:crew", "f:count")
