"""What the tests of pods share: a pod as clients send it, and the hooks run over it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

from fakek8s.auth.user import User
from fakek8s.ids import Ids
from fakek8s.kind import Kind, Operation, Strategy
from fakek8s.kinds.core.pod import KIND
from fakek8s.machinery.clone import clone
from fakek8s.release import release

Object = dict[str, Any]

NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


@cache
def pods() -> Kind:
    """The kind of pods as the server has it."""
    kind = release("1.37").catalogue().find("", "v1", "pods")
    assert kind is not None
    return kind


class Nothing:
    """A store without objects."""

    def __init__(self, **found: list[Object]) -> None:
        self.found = found

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        for obj in self.list(resource, namespace):
            if obj["metadata"]["name"] == name:
                return obj
        return None

    def list(self, resource: str, namespace: str = "") -> list[Object]:
        return self.found.get(resource.partition(".")[0], [])


def operation(
    verb: str = "create",
    old: Object | None = None,
    *,
    reader: Nothing | None = None,
    warnings: list[str] | None = None,
    dry_run: bool = False,
    **settings: Any,
) -> Operation:
    """A write of the pod `p` in `ns`."""
    return Operation(
        verb=verb,
        kind=pods(),
        namespace="ns",
        name="p",
        old=old,
        user=User("u"),
        dry_run=dry_run,
        now=NOW,
        ids=Ids(1),
        reader=reader or Nothing(),
        writer=cast("Any", None),
        warn=(warnings if warnings is not None else []).append,
        settings=settings,
    )


def a_pod(*containers: Object, **spec: Any) -> Object:
    """A pod as a client sends it; without containers it has one, `a`."""
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {"name": "p", "namespace": "ns", "uid": "u", "resourceVersion": "1"},
        "spec": {
            "containers": list(containers) or [{"name": "a", "image": "app:1", "resources": {}}],
            **spec,
        },
        "status": {},
    }


def created(pod: Object, **settings: Any) -> Object:
    """The pod after defaults and preparation, in canonical form."""
    pod = clone(pod)
    op = operation(**settings)
    for default in KIND.defaults:
        default(pod)
    for prepare in KIND.main.prepare:
        prepare(pod, op)
    return pods().shape.canonical(pod)


def problems(pod: Object, **settings: Any) -> list[str]:
    """What is wrong with a pod that is to be created, as the message lists it."""
    op = operation(**settings)
    pod = created(pod, **settings)
    return [cause.text for rule in KIND.main.rules for cause in rule(pod, op)]


def changed(old: Object, new: Object, strategy: Strategy = KIND.main) -> Object:
    """The new pod after defaults and preparation of an update."""
    new = clone(new)
    op = operation("update", old)
    for default in KIND.defaults:
        default(new)
    for prepare in strategy.prepare:
        prepare(new, op)
    return pods().shape.canonical(new)


def update_problems(old: Object, new: Object, strategy: Strategy = KIND.main) -> list[str]:
    """What is wrong with an update."""
    op = operation("update", old)
    new = changed(old, new, strategy)
    return [cause.text for rule in strategy.rules for cause in rule(new, op)]
