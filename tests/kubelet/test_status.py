"""The status that a kubelet writes, from what it knows: phases and patches."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from fakek8s.kubelet.containers import Container
from fakek8s.kubelet.phase import phase_of
from fakek8s.kubelet.runtime import ContainerStatus
from fakek8s.kubelet.statuspatch import status_patch

Object = dict[str, Any]

NOW = datetime(2026, 1, 2, tzinfo=UTC)
RUNNING = ContainerStatus(id="r", state="running", created_at=NOW, started_at=NOW)


def ended(code: int) -> ContainerStatus:
    return ContainerStatus(id="e", state="exited", created_at=NOW, exit_code=code)


def main(current: ContainerStatus | None) -> Container:
    return Container({"name": "c"}, "main", current)


def init(current: ContainerStatus | None) -> Container:
    return Container({"name": "i"}, "init", current)


@pytest.mark.parametrize(
    ("policy", "containers", "phase"),
    [
        ("Always", [main(None)], "Pending"),
        ("Always", [main(RUNNING), main(None)], "Pending"),
        ("Always", [main(RUNNING), main(ended(1))], "Running"),
        ("Always", [main(ended(0))], "Running"),
        ("OnFailure", [main(ended(1)), main(ended(0))], "Running"),
        ("OnFailure", [main(ended(0)), main(ended(0))], "Succeeded"),
        ("Never", [main(ended(1)), main(ended(0))], "Failed"),
        ("Never", [main(ended(1)), main(RUNNING)], "Running"),
        ("Never", [init(RUNNING), main(None)], "Pending"),
        ("Never", [init(ended(1)), main(None)], "Failed"),
        ("OnFailure", [init(ended(1)), main(None)], "Pending"),
        ("Never", [init(ended(0)), main(RUNNING)], "Running"),
    ],
)
def test_the_phase_follows_from_containers_and_restart_policy(
    policy: str, containers: list[Container], phase: str
) -> None:
    assert phase_of({"restartPolicy": policy}, containers, ended=False) == phase


@pytest.mark.parametrize(("code", "phase"), [(0, "Succeeded"), (143, "Failed")])
def test_a_pod_that_will_not_run_again_is_over_whatever_its_policy(code: int, phase: str) -> None:
    assert phase_of({"restartPolicy": "Always"}, [main(ended(code))], ended=True) == phase


def test_a_patch_holds_what_differs_and_nothing_else() -> None:
    old = {"phase": "Pending", "hostIP": "x", "conditions": [{"type": "A", "status": "True"}]}
    assert status_patch(old, dict(old)) == {}
    new = {
        **old,
        "phase": "Running",
        "conditions": [*old["conditions"], {"type": "B", "status": "False", "reason": None}],
    }
    assert status_patch(old, new) == {
        "phase": "Running",
        "$setElementOrder/conditions": [{"type": "A"}, {"type": "B"}],
        "conditions": [{"type": "B", "status": "False"}],
    }


def test_what_a_condition_no_longer_says_is_taken_out() -> None:
    old = {"conditions": [{"type": "A", "status": "False", "reason": "R", "message": "m"}]}
    new = {"conditions": [{"type": "A", "status": "True"}]}
    (condition,) = status_patch(old, new)["conditions"]
    assert condition == {"type": "A", "status": "True", "reason": None, "message": None}
