"""What pods request: of all containers together, of init containers, of the pod as a whole."""

from __future__ import annotations

from typing import Any

import pytest

from fakek8s.scheduler.requests import pod_requests

Object = dict[str, Any]


def container(cpu: str, **more: Any) -> Object:
    return {"name": cpu, "resources": {"requests": {"cpu": cpu}}, **more}


@pytest.mark.parametrize(
    ("spec", "cpu"),
    [
        ({"containers": [container("100m"), container("1")]}, 1100),
        ({"containers": [container("100m")], "initContainers": [container("2")]}, 2000),
        ({"containers": [container("3")], "initContainers": [container("2")]}, 3000),
        (
            {
                "containers": [container("1")],
                "initContainers": [container("500m", restartPolicy="Always")],
            },
            1500,
        ),
        (
            {
                "containers": [container("1")],
                "initContainers": [container("1", restartPolicy="Always"), container("4")],
            },
            5000,
        ),
        (
            {
                "containers": [container("1")],
                "initContainers": [container("4"), container("1", restartPolicy="Always")],
            },
            4000,
        ),
        ({"containers": [container("1")], "overhead": {"cpu": "250m"}}, 1250),
        ({"containers": [container("1")], "resources": {"requests": {"cpu": "2"}}}, 2000),
    ],
)
def test_the_largest_need_at_any_time_counts(spec: Object, cpu: int) -> None:
    assert pod_requests({"spec": spec})["cpu"] == cpu


def test_while_a_resize_is_under_way_the_larger_amount_counts() -> None:
    status = {"containerStatuses": [{"name": "1", "allocatedResources": {"cpu": "2"}}]}
    pod = {"spec": {"containers": [container("1")]}, "status": status}
    assert pod_requests(pod)["cpu"] == 2000
