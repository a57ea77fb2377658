from __future__ import annotations

from typing import Any

import pytest

from fakek8s.kinds.core.pod import KIND
from fakek8s.machinery.clone import clone
from tests.kinds.core.pods import Object, a_pod, changed, created, operation, update_problems


def with_status(pod: Object, **status: Any) -> Object:
    new = clone(pod)
    new["status"] = {**new["status"], **status}
    return new


def problems(old: Object, new: Object) -> list[str]:
    return update_problems(old, new, KIND.status)


def test_spec_and_owners_in_a_write_of_the_status_are_dropped() -> None:
    old = created(a_pod())
    new = with_status(old, phase="Running")
    new["spec"]["hostname"] = "x"
    new["metadata"]["ownerReferences"] = [
        {"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "u"}
    ]
    found = changed(old, new, KIND.status)
    assert found["spec"] == old["spec"]
    assert "ownerReferences" not in found["metadata"]
    assert found["status"]["phase"] == "Running"


def test_the_quality_of_service_class_comes_back_and_is_immutable() -> None:
    old = created(a_pod())
    new = clone(old)
    new["status"] = {"phase": "Running"}
    assert changed(old, new, KIND.status)["status"]["qosClass"] == "BestEffort"
    assert problems(old, with_status(old, qosClass="Guaranteed")) == [
        'status.qosClass: Invalid value: "Guaranteed": field is immutable'
    ]


def test_the_single_address_and_the_list_follow_each_other() -> None:
    old = created(a_pod())
    found = changed(old, with_status(old, podIP="10.1.2.3"), KIND.status)["status"]
    assert found["podIPs"] == [{"ip": "10.1.2.3"}]
    found = changed(old, with_status(old, podIPs=[{"ip": "10.1.2.3"}]), KIND.status)["status"]
    assert found["podIP"] == "10.1.2.3"


def test_addresses_are_one_of_each_family() -> None:
    old = created(a_pod())
    ips = [{"ip": "10.2.3.4"}, {"ip": "10.2.3.5"}]
    assert problems(old, with_status(old, podIPs=ips)) == [
        (
            'status.podIPs: Invalid value: [{"IP":"10.2.3.4"},{"IP":"10.2.3.5"}]: may specify no '
            "more than one IP for each IP family"
        )
    ]
    both = [{"ip": "10.2.3.4"}, {"ip": "2001:db8::1"}]
    assert problems(old, with_status(old, podIPs=both)) == []
    assert problems(old, with_status(old, podIPs=[{"ip": "nope"}])) == [
        (
            'status.podIPs[0]: Invalid value: "nope": must be a valid IP address, (e.g. 10.9.8.7 '
            "or 2001:db8::ffff)"
        )
    ]


@pytest.mark.parametrize(
    ("policy", "code", "allowed"),
    [("Always", 0, True), ("OnFailure", 1, True), ("OnFailure", 0, False), ("Never", 1, False)],
)
def test_a_container_that_ended_starts_again_only_if_its_pod_restarts_it(
    policy: str, code: int, allowed: bool
) -> None:
    ended = {"name": "a", "state": {"terminated": {"exitCode": code}}}
    running = {"name": "a", "state": {"running": {}}}
    old = with_status(created(a_pod(restartPolicy=policy)), containerStatuses=[ended])
    found = problems(old, with_status(old, containerStatuses=[running]))
    refused = (
        "status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated "
        "state"
    )
    assert found == ([] if allowed else [refused])


def test_a_bound_pod_is_not_nominated() -> None:
    old = created(a_pod(nodeName="n"))
    assert problems(old, with_status(old, nominatedNodeName="m")) == [
        (
            "status.nominatedNodeName: Forbidden: may not be set on pods that are already bound to "
            "a node"
        )
    ]


def test_observed_generations_are_not_forgotten() -> None:
    condition = {"type": "Ready", "status": "True", "observedGeneration": 3}
    old = with_status(created(a_pod()), conditions=[condition], observedGeneration=3)
    new = with_status(old, conditions=[{"type": "Ready", "status": "False"}])
    del new["status"]["observedGeneration"]
    found = changed(old, new, KIND.status)["status"]
    assert found["observedGeneration"] == 3
    assert found["conditions"][0]["observedGeneration"] == 3


def test_odd_addresses_are_warned_of() -> None:
    old = created(a_pod())
    new = with_status(old, podIPs=[{"ip": "2001:DB8::1"}])
    op = operation("update", old)
    (found,) = (text for warn in KIND.status.warnings for text in warn(new, op))
    assert found.startswith('status.podIPs[0].ip: IPv6 address "2001:DB8::1" should be')
