from __future__ import annotations

from typing import Any

import pytest

from fakek8s.kind import Strategy
from fakek8s.kinds.core.pod import KIND
from fakek8s.machinery.clone import clone
from tests.kinds.core.pods import Object, a_pod, changed, created, update_problems


@pytest.fixture
def old() -> Object:
    """A stored pod with an init container, a toleration and a deadline."""
    return created(
        a_pod(
            {"name": "a", "image": "app:1", "resources": {"requests": {"cpu": "100m"}}},
            initContainers=[{"name": "i", "image": "init:1", "resources": {}}],
            tolerations=[{"key": "t", "operator": "Exists"}],
            activeDeadlineSeconds=100,
        )
    )


def edited(old: Object, **spec: Any) -> Object:
    new = clone(old)
    new["spec"].update(spec)
    return new


def door(name: str) -> Strategy:
    found = KIND.subresources[name]
    assert isinstance(found, Strategy)
    return found


def test_an_image_may_change_and_counts_for_the_generation(old: Object) -> None:
    new = clone(old)
    new["spec"]["containers"][0]["image"] = "app:2"
    assert update_problems(old, new) == []
    assert changed(old, new)["metadata"]["generation"] == 2


def test_labels_do_not_count_for_the_generation(old: Object) -> None:
    new = clone(old)
    new["metadata"]["labels"] = {"a": "b"}
    assert changed(old, new)["metadata"]["generation"] == 1


def test_an_equal_quantity_in_other_words_is_no_change(old: Object) -> None:
    new = clone(old)
    new["spec"]["containers"][0]["resources"]["requests"]["cpu"] = "0.1"
    assert changed(old, new)["metadata"]["generation"] == 1
    assert update_problems(old, new) == []


def test_status_in_a_write_of_the_pod_is_dropped(old: Object) -> None:
    new = clone(old)
    new["status"] = {"phase": "Failed"}
    assert changed(old, new)["status"] == old["status"]


@pytest.mark.parametrize("seconds", [100, 50])
def test_a_deadline_may_be_shortened(old: Object, seconds: int) -> None:
    assert update_problems(old, edited(old, activeDeadlineSeconds=seconds)) == []


def test_a_deadline_may_not_be_extended(old: Object) -> None:
    assert update_problems(old, edited(old, activeDeadlineSeconds=200)) == [
        (
            "spec.activeDeadlineSeconds: Invalid value: 200: must be less than or equal to "
            "previous value"
        )
    ]


def test_containers_may_not_come_or_go(old: Object) -> None:
    more = [*old["spec"]["containers"], {"name": "b", "image": "x", "resources": {}}]
    assert update_problems(old, edited(old, containers=more)) == [
        "spec.containers: Forbidden: pod updates may not add or remove containers"
    ]


def test_tolerations_may_be_added_but_not_taken_away(old: Object) -> None:
    more = [*old["spec"]["tolerations"], {"key": "more", "operator": "Exists"}]
    assert update_problems(old, edited(old, tolerations=more)) == []
    assert update_problems(old, edited(old, tolerations=more[1:])) == [
        (
            "spec.tolerations: Forbidden: existing toleration can not be modified except its "
            "tolerationSeconds"
        )
    ]


def test_anything_else_is_refused_with_the_difference(old: Object) -> None:
    (found,) = update_problems(old, edited(old, hostname="other"))
    assert found.startswith("spec: Forbidden: pod updates may not change fields other than `spec.")
    assert '- "Hostname": "",\n+ "Hostname": "other",' in found


def test_gates_may_only_be_removed_and_open_the_node_selector() -> None:
    gated = created(a_pod(schedulingGates=[{"name": "x/g"}], nodeSelector={"a": "b"}))
    more = edited(gated, schedulingGates=[{"name": "x/g"}, {"name": "x/h"}])
    assert update_problems(gated, more) == [
        (
            "spec.schedulingGates[1].name: Forbidden: only deletion is allowed, but found new "
            "scheduling gate 'x/h'"
        )
    ]
    assert update_problems(gated, edited(gated, nodeSelector={"a": "b", "c": "d"})) == []
    assert update_problems(gated, edited(gated, nodeSelector={"a": "z"})) == [
        (
            'spec.nodeSelector: Invalid value: {"a":"z"}: only additions to spec.nodeSelector are '
            "allowed (no mutations or deletions)"
        )
    ]


def test_ephemeral_containers_are_added_through_their_door_only(old: Object) -> None:
    new = edited(old, ephemeralContainers=[{"name": "d", "image": "b", "resources": {}}])
    new["spec"]["hostname"] = "ignored"
    assert [text.partition(": ")[0] for text in update_problems(old, new)] == ["spec"]
    assert update_problems(old, new, door("ephemeralcontainers")) == []
    found = changed(old, new, door("ephemeralcontainers"))
    assert "hostname" not in found["spec"]
    assert found["metadata"]["generation"] == 2


def test_ephemeral_containers_are_checked_and_stay(old: Object) -> None:
    first = [{"name": "d", "image": "b", "resources": {}}]
    stored = changed(old, edited(old, ephemeralContainers=first), door("ephemeralcontainers"))
    bad = {
        "name": "a",
        "image": "i",
        "ports": [{"containerPort": 1}],
        "resources": {"limits": {"cpu": "1"}},
        "targetContainerName": "none",
    }
    new = edited(stored, ephemeralContainers=[bad])
    path = "spec.ephemeralContainers"
    found = update_problems(stored, new, door("ephemeralcontainers"))
    assert [text.partition(": ")[0] for text in found] == [
        f"{path}[0].name",
        f"{path}[0].targetContainerName",
        f"{path}[0].ports",
        f"{path}[0].resources",
        path,
    ]
    assert 'existing ephemeral containers "d" may not be removed' in found[-1]


def test_resize_changes_cpu_and_memory(old: Object) -> None:
    new = clone(old)
    new["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "200m"}}
    new["spec"]["containers"][0]["image"] = "ignored:1"
    assert update_problems(old, new, door("resize")) == []
    found = changed(old, new, door("resize"))
    assert found["spec"]["containers"][0]["image"] == "app:1"
    assert found["metadata"]["generation"] == 2


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        (
            {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
            (
                'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of '
                "resizing"
            ),
        ),
        (
            {"requests": {"cpu": "100m", "ephemeral-storage": "1Gi"}},
            "spec: Forbidden: only cpu and memory resources are mutable",
        ),
        (
            {"requests": {"memory": "1Gi"}},
            "spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed",
        ),
    ],
)
def test_what_a_resize_may_not_do(resources: Object, expected: str) -> None:
    old = created(a_pod({"name": "a", "image": "a:1", "resources": {"requests": {"cpu": "100m"}}}))
    new = clone(old)
    new["spec"]["containers"][0]["resources"] = resources
    assert update_problems(old, new, door("resize")) == [expected]


@pytest.mark.parametrize("name", ["ephemeralcontainers", "resize"])
def test_no_door_but_deletion_sets_the_time_of_deletion(old: Object, name: str) -> None:
    new = clone(old)
    new["metadata"]["deletionTimestamp"] = "2024-01-01T00:00:00Z"
    assert "deletionTimestamp" not in changed(old, new, door(name))["metadata"]


def test_a_resize_drops_what_no_pod_may_have(old: Object) -> None:
    signalling = {"name": "x", "image": "i", "lifecycle": {"stopSignal": "SIGUSR1"}}
    new = edited(old, initContainers=[signalling])
    found = update_problems(old, new, door("resize"))
    assert not [text for text in found if "lifecycle" in text]


def test_a_stored_pod_is_never_edited(old: Object) -> None:
    before = clone(old)
    new = edited(old, ephemeralContainers=[{"name": "d", "image": "b", "resources": {}}])
    for strategy in (KIND.main, KIND.status, door("ephemeralcontainers"), door("resize")):
        update_problems(old, new, strategy)
    assert old == before


def test_the_difference_shows_the_internal_fields_with_their_zero_values(old: Object) -> None:
    (found,) = update_problems(old, edited(old, os={"name": "linux"}))
    assert '- "OS": null,\n+ "OS": {\n+  "Name": "linux"\n+ },\n' in found
    assert '\n  "HostUsers": null,\n' in found


def test_static_pods_take_no_ephemeral_containers_and_no_new_size(old: Object) -> None:
    old["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "x"}
    for name, noun in (
        ("ephemeralcontainers", "static pods do not support ephemeral containers"),
        ("resize", "static pods cannot be resized"),
    ):
        assert update_problems(old, old, door(name)) == [f"[]: Forbidden: {noun}"]


def test_finalizers_have_a_domain(old: Object) -> None:
    new = clone(old)
    new["metadata"]["finalizers"] = ["example.com/f", "orphan", "bare"]
    (found,) = update_problems(old, new)
    assert found == (
        'metadata.finalizers[2]: Invalid value: "bare": name is neither a standard finalizer name '
        "nor is it fully qualified"
    )


def test_resources_of_the_whole_pod_are_resized_and_not_taken_away() -> None:
    old = created(a_pod(resources={"requests": {"cpu": "1"}, "limits": {"cpu": "2"}}))
    more = edited(old, resources={"requests": {"cpu": "2"}, "limits": {"cpu": "2"}})
    assert update_problems(old, more, door("resize")) == []
    less = edited(old, resources={"limits": {"cpu": "2"}})
    found = changed(old, less, door("resize"))
    assert found["spec"]["resources"]["requests"] == {"cpu": "2"}
    kept = clone(old)
    del kept["spec"]["resources"]
    assert changed(old, kept)["spec"]["resources"] == old["spec"]["resources"]
