from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fakek8s.kinds.core.pod.columns import cells, row_conditions
from tests.kinds.core.pods import NOW, Object, a_pod

CREATED = "2024-05-06T07:07:09Z"


def row(status: Object, *, deleted: bool = False, **spec: Any) -> list[Any]:
    pod = a_pod(**spec)
    pod["metadata"]["creationTimestamp"] = CREATED
    if deleted:
        pod["metadata"]["deletionTimestamp"] = CREATED
    pod["status"] = status
    return cells(pod, NOW)


def test_a_new_pod() -> None:
    expected = ["p", "0/1", "Pending", "0", "60s", "<none>", "<none>", "<none>", "<none>"]
    assert row({"phase": "Pending"}) == expected


def test_a_running_pod_with_everything() -> None:
    status = {
        "phase": "Running",
        "podIP": "10.0.0.1",
        "podIPs": [{"ip": "10.0.0.1"}],
        "nominatedNodeName": "m",
        "conditions": [{"type": "g", "status": "True"}],
        "containerStatuses": [
            {
                "name": "a",
                "ready": True,
                "restartCount": 3,
                "state": {"running": {}},
                "lastState": {"terminated": {"exitCode": 1, "finishedAt": "2024-05-06T07:07:59Z"}},
            }
        ],
    }
    gates = [{"conditionType": "g"}, {"conditionType": "h"}]
    found = row(status, nodeName="n", readinessGates=gates)
    assert found == ["p", "1/1", "Running", "3 (10s ago)", "60s", "10.0.0.1", "n", "m", "1/2"]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"waiting": {"reason": "CrashLoopBackOff"}}, "CrashLoopBackOff"),
        ({"terminated": {"exitCode": 1, "reason": "Error"}}, "Error"),
        ({"terminated": {"exitCode": 2}}, "ExitCode:2"),
        ({"terminated": {"exitCode": 137, "signal": 9}}, "Signal:9"),
        ({"waiting": {}}, "Running"),
    ],
)
def test_the_reason_of_a_container_is_that_of_the_pod(state: Object, expected: str) -> None:
    status = {"phase": "Running", "containerStatuses": [{"name": "a", "state": state}]}
    assert row(status)[2] == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"waiting": {"reason": "PodInitializing"}}, "Init:0/1"),
        ({"waiting": {"reason": "ErrImagePull"}}, "Init:ErrImagePull"),
        ({"terminated": {"exitCode": 1}}, "Init:ExitCode:1"),
        ({"terminated": {"exitCode": 1, "reason": "Error"}}, "Init:Error"),
        ({"terminated": {"exitCode": 0}}, "Pending"),
    ],
)
def test_init_containers_come_first(state: Object, expected: str) -> None:
    status = {"phase": "Pending", "initContainerStatuses": [{"name": "i", "state": state}]}
    assert row(status, initContainers=[{"name": "i", "image": "i"}])[2] == expected


def test_a_sidecar_counts_as_a_container() -> None:
    status = {
        "phase": "Running",
        "initContainerStatuses": [
            {"name": "i", "ready": True, "started": True, "restartCount": 2, "state": {}}
        ],
        "containerStatuses": [{"name": "a", "ready": True, "state": {"running": {}}}],
    }
    found = row(status, initContainers=[{"name": "i", "image": "i", "restartPolicy": "Always"}])
    assert found[1:4] == ["2/2", "Running", "2"]


def test_one_finished_container_beside_a_running_one() -> None:
    done = {"name": "b", "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}
    running = {"name": "a", "ready": True, "state": {"running": {}}}
    status: Object = {"phase": "Running", "containerStatuses": [done, running]}
    assert row(status)[2] == "NotReady"
    status["conditions"] = [{"type": "Ready", "status": "True"}]
    assert row(status)[2] == "Running"


def test_a_pod_that_goes_is_terminating_until_it_has_ended() -> None:
    assert row({"phase": "Running"}, deleted=True)[2] == "Terminating"
    assert row({"phase": "Succeeded"}, deleted=True)[2] == "Succeeded"
    assert row({"phase": "Running", "reason": "NodeLost"}, deleted=True)[2] == "Unknown"


def test_a_gated_pod() -> None:
    condition = {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}
    assert row({"phase": "Pending", "conditions": [condition]})[2] == "SchedulingGated"


def test_rows_of_pods_that_ended_say_so() -> None:
    pod = a_pod()
    assert row_conditions(pod) == []
    pod["status"] = {"phase": "Failed"}
    assert row_conditions(pod) == [
        {"type": "Completed", "status": "True", "reason": "Failed", "message": "The pod failed."}
    ]


def test_age_follows_the_clock() -> None:
    pod = a_pod()
    pod["metadata"]["creationTimestamp"] = CREATED
    assert cells(pod, NOW + timedelta(hours=2))[4] == "121m"
