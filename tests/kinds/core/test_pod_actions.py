from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from fakek8s import errors
from fakek8s.kinds.core.pod.binding import assign, bind
from fakek8s.kinds.core.pod.deletion import grace
from fakek8s.kinds.core.pod.eviction import evict
from fakek8s.machinery.clone import clone
from fakek8s.release import release
from tests.kinds.core.pods import Nothing, Object, a_pod, created, operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.client.client import Client
    from fakek8s.kind import Kind, Operation


class Engine:
    """The engine over a dictionary, and what was deleted with which options."""

    def __init__(self, **objects: Object) -> None:
        self.objects = objects
        self.deleted: list[Object] = []

    def kind(self, resource: str) -> Kind:
        return release("1.37").catalogue().by_resource(resource)

    async def update(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        change: Callable[[Object], Object],
        op: Operation,
        *,
        tracked: str = "",
    ) -> Object:
        self.objects[kind.plural] = change(clone(self.objects[kind.plural]))
        return self.objects[kind.plural]

    async def delete(
        self, kind: Kind, namespace: str, name: str, options: Object, op: Operation
    ) -> Object:
        self.deleted.append(options)
        return self.objects[kind.plural]


def running(**status: Any) -> Object:
    pod = created(a_pod(nodeName="n"))
    pod["metadata"]["labels"] = {"app": "p"}
    pod["status"] = {**pod["status"], "phase": "Running", **status}
    return pod


def budget(name: str = "b", **status: Any) -> Object:
    return {
        "metadata": {"name": name, "generation": 1},
        "spec": {"selector": {"matchLabels": {"app": "p"}}},
        "status": {
            "observedGeneration": 1,
            "disruptionsAllowed": 0,
            "currentHealthy": 1,
            "desiredHealthy": 1,
            **status,
        },
    }


READY = [{"type": "Ready", "status": "True"}]
EVICTION: Object = {"metadata": {"name": "p"}, "deleteOptions": {"gracePeriodSeconds": 9}}


def binding(**target: str) -> Object:
    metadata = {"name": "p", "annotations": {"from": "binding"}, "labels": {"l": "m"}}
    return {"metadata": metadata, "target": target}


async def test_a_binding_gives_the_node_and_its_metadata() -> None:
    engine = Engine(pods=created(a_pod()))
    code, answer = await bind(binding(kind="Node", name="n"), operation(), engine)
    pod = engine.objects["pods"]
    assert (code, answer["status"]) == (201, "Success")
    assert pod["spec"]["nodeName"] == "n"
    assert pod["metadata"]["annotations"] == {"from": "binding"}
    assert pod["metadata"]["labels"] == {"l": "m"}
    (condition,) = pod["status"]["conditions"]
    assert (condition["type"], condition["status"]) == ("PodScheduled", "True")


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ({"kind": "Node", "name": ""}, "target.name: Required value"),
        (
            {"kind": "Pod", "name": "x"},
            'target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"',
        ),
    ],
)
async def test_a_bad_target_is_an_error_without_a_reason(
    target: dict[str, str], message: str
) -> None:
    with pytest.raises(errors.APIError) as caught:
        await bind(binding(**target), operation(), Engine(pods=created(a_pod())))
    assert (caught.value.code, caught.value.message) == (500, message)


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ({"nodeName": "n"}, 'pod p is already assigned to node "n"'),
        ({"schedulingGates": [{"name": "g"}]}, "pod p has non-empty .spec.schedulingGates"),
    ],
)
async def test_a_pod_is_bound_once_and_ungated(spec: Object, why: str) -> None:
    with pytest.raises(errors.APIError) as caught:
        await bind(binding(name="n"), operation(), Engine(pods=created(a_pod(**spec))))
    assert caught.value.code == 409
    expected = f'Operation cannot be fulfilled on pods/binding "p": {why}'
    assert caught.value.message == expected


async def test_without_budgets_an_eviction_is_a_deletion() -> None:
    engine = Engine(pods=running())
    op = operation(reader=Nothing(pods=[engine.objects["pods"]]))
    code, _ = await evict(EVICTION, op, engine)
    assert code == 201
    assert engine.deleted == [{"gracePeriodSeconds": 9}]
    (condition,) = engine.objects["pods"]["status"]["conditions"]
    assert condition["type"] == "DisruptionTarget"


async def test_a_budget_that_is_used_up_refuses() -> None:
    pod = running(conditions=READY)
    engine = Engine(pods=pod, poddisruptionbudgets=budget())
    op = operation(reader=Nothing(pods=[pod], poddisruptionbudgets=[budget()]))
    with pytest.raises(errors.APIError) as caught:
        await evict(EVICTION, op, engine)
    assert caught.value.code == 429
    assert caught.value.details == {
        "causes": [
            {
                "reason": "DisruptionBudget",
                "message": "The disruption budget b needs 1 healthy pods and has 1 currently",
            }
        ]
    }
    assert engine.deleted == []


async def test_an_eviction_uses_the_budget_up() -> None:
    pod = running(conditions=READY)
    one = budget(disruptionsAllowed=1)
    engine = Engine(pods=pod, poddisruptionbudgets=one)
    op = operation(reader=Nothing(pods=[pod], poddisruptionbudgets=[one]))
    await evict(EVICTION, op, engine)
    status = engine.objects["poddisruptionbudgets"]["status"]
    assert status["disruptionsAllowed"] == 0
    assert status["disruptedPods"] == {"p": "2024-05-06T07:08:09Z"}
    assert status["conditions"][0]["reason"] == "InsufficientPods"
    assert len(engine.deleted) == 1


async def test_a_budget_that_was_not_seen_yet_asks_to_come_again() -> None:
    pod = running(conditions=READY)
    late = budget(observedGeneration=0)
    op = operation(reader=Nothing(pods=[pod], poddisruptionbudgets=[late]))
    with pytest.raises(errors.APIError) as caught:
        await evict(EVICTION, op, Engine(pods=pod, poddisruptionbudgets=late))
    assert (caught.value.code, caught.value.retry_after) == (429, 10)


async def test_an_unready_pod_of_a_healthy_application_goes_without_the_budget() -> None:
    pod = running()
    one = budget(disruptionsAllowed=0)
    engine = Engine(pods=pod, poddisruptionbudgets=one)
    op = operation(reader=Nothing(pods=[pod], poddisruptionbudgets=[one]))
    await evict(EVICTION, op, engine)
    assert engine.deleted[0]["preconditions"] == {"resourceVersion": "1"}
    assert engine.objects["poddisruptionbudgets"] == one


async def test_two_budgets_are_one_too_many() -> None:
    pod = running(conditions=READY)
    op = operation(reader=Nothing(pods=[pod], poddisruptionbudgets=[budget(), budget("c")]))
    with pytest.raises(errors.APIError, match="more than one PodDisruptionBudget"):
        await evict(EVICTION, op, Engine(pods=pod))


async def test_a_pod_that_has_not_begun_needs_no_budget() -> None:
    pod = created(a_pod())
    pod["metadata"]["labels"] = {"app": "p"}
    engine = Engine(pods=pod)
    op = operation(reader=Nothing(pods=[pod], poddisruptionbudgets=[budget()]))
    await evict({"metadata": {"name": "p"}}, op, engine)
    assert engine.deleted == [{"preconditions": {"resourceVersion": "1"}}]


async def test_a_dry_run_marks_nothing() -> None:
    pod = running()
    engine = Engine(pods=pod)
    op = operation(reader=Nothing(pods=[pod]), dry_run=True)
    await evict({"metadata": {"name": "p"}}, op, engine)
    assert engine.objects["pods"] == pod
    assert engine.deleted == [{"dryRun": ["All"]}]


async def test_a_dry_run_of_the_deletion_uses_no_budget_up() -> None:
    pod, allowing = running(conditions=READY), budget(disruptionsAllowed=1)
    engine = Engine(pods=pod, poddisruptionbudgets=allowing)
    op = operation(reader=Nothing(pods=[pod], poddisruptionbudgets=[allowing]))
    await evict({"metadata": {"name": "p"}, "deleteOptions": {"dryRun": ["All"]}}, op, engine)
    assert engine.objects["poddisruptionbudgets"] == allowing
    assert engine.deleted == [{"dryRun": ["All"]}]


async def test_a_dry_run_by_the_path_must_be_one_by_the_body() -> None:
    body = {"metadata": {"name": "p"}, "deleteOptions": {"dryRun": ["All", "x"]}}
    with pytest.raises(errors.APIError) as caught:
        await evict(body, operation(dry_run=True), Engine())
    text = "Non-matching dry-run options in request and content: [All] and [All x]"
    assert (caught.value.code, caught.value.message) == (500, text)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "Name parameter required."),
        ("a/b", "Name parameter invalid: \"a/b\": may not contain '/'"),
    ],
)
async def test_the_older_door_binds_no_pod_without_a_name(name: str, message: str) -> None:
    body = {**binding(kind="Node", name="n"), "metadata": {"name": name}}
    with pytest.raises(errors.APIError) as caught:
        await assign(body, replace(operation(), name=name), Engine(), Engine().kind("pods"))
    assert (caught.value.code, caught.value.message) == (400, message)


async def test_the_name_in_the_body_must_be_that_of_the_path() -> None:
    with pytest.raises(errors.APIError) as caught:
        await evict({"metadata": {"name": "x"}}, operation(), Engine())
    assert (caught.value.code, caught.value.reason) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("spec", "phase", "requested", "expected"),
    [
        ({}, "Pending", 7, 0),
        ({"nodeName": "n"}, "Running", None, 30),
        ({"nodeName": "n"}, "Running", 7, 7),
        ({"nodeName": "n"}, "Running", 0, 0),
        ({"nodeName": "n"}, "Succeeded", 7, 0),
        ({"nodeName": "n", "terminationGracePeriodSeconds": 5}, "Running", None, 5),
    ],
)
def test_grace(spec: Object, phase: str, requested: int | None, expected: int) -> None:
    pod = created(a_pod(**spec))
    pod["status"]["phase"] = phase
    assert grace(pod, requested, operation("delete")) == expected


async def test_the_budget_that_an_eviction_uses_up_says_who_wrote_it(client: Client) -> None:
    selector = {"matchLabels": {"app": "p"}}
    budget = {"metadata": {"name": "b"}, "spec": {"minAvailable": 1, "selector": selector}}
    await client.create("poddisruptionbudgets.policy", "ns", budget)
    status = {"disruptionsAllowed": 1, "currentHealthy": 1, "observedGeneration": 1}
    budgets = "poddisruptionbudgets.policy"
    await client.patch(budgets, "ns", "b", {"status": status}, subresource="status")
    pod = a_pod()
    pod["metadata"] = {"name": "p", "labels": {"app": "p"}}
    await client.create("serviceaccounts", "ns", {"metadata": {"name": "default"}})
    await client.create("pods", "ns", pod)
    ready = {"phase": "Running", "conditions": READY}
    await client.patch("pods", "ns", "p", {"status": ready}, subresource="status")
    await client.create_subresource("pods", "ns", "p", "eviction", EVICTION)
    entries = (await client.get(budgets, "ns", "b"))["metadata"]["managedFields"]
    (entry,) = (entry for entry in entries if entry["manager"] == "kube-apiserver")
    assert entry["subresource"] == "status"
    assert "f:disruptedPods" in entry["fieldsV1"]["f:status"]
