"""LimitRanger: defaults for containers, bounds for containers, pods and claims."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.client.client import Client

Object = dict[str, Any]


async def bound(client: Client, *limits: Object) -> None:
    await client.create(
        "limitranges", "ns", {"metadata": {"name": "lr"}, "spec": {"limits": list(limits)}}
    )


async def test_containers_get_what_they_leave_out(ns: Client, pod: Callable[..., Object]) -> None:
    default = {"cpu": "500m", "memory": "1Gi"}
    await bound(ns, {"type": "Container", "default": default, "defaultRequest": {"cpu": "100m"}})
    wanted = pod(resources={"limits": {"cpu": "200m"}})
    made = await ns.create("pods", "ns", wanted)
    assert made["spec"]["containers"][0]["resources"] == {
        "limits": {"cpu": "200m", "memory": "1Gi"},
        "requests": {"cpu": "200m", "memory": "1Gi"},
    }
    assert made["metadata"]["annotations"] == {
        "kubernetes.io/limit-ranger": (
            "LimitRanger plugin set: memory request for container c; memory limit for container c"
        )
    }


RATIO = {"type": "Container", "maxLimitRequestRatio": {"cpu": "2"}}


@pytest.mark.parametrize(
    ("limit", "resources", "why"),
    [
        (
            {"type": "Container", "max": {"cpu": "1"}},
            {"limits": {"cpu": "2"}},
            "maximum cpu usage per Container is 1, but limit is 2",
        ),
        (
            {"type": "Pod", "min": {"memory": "1Mi"}},
            {},
            "minimum memory usage per Pod is 1Mi.  No request is specified",
        ),
        (
            {"type": "Pod", "max": {"memory": "1Mi"}},
            {"requests": {"memory": "2Mi"}},
            "maximum memory usage per Pod is 1Mi.  No limit is specified",
        ),
        (
            RATIO,
            {"limits": {"cpu": "1"}, "requests": {"cpu": "300m"}},
            "cpu max limit to request ratio per Container is 2, but provided ratio is 3.333333",
        ),
        (
            RATIO,
            {},
            (
                "cpu max limit to request ratio per Container is 2, "
                "but no request is specified or request is 0"
            ),
        ),
    ],
)
async def test_a_pod_out_of_bounds_is_refused(
    ns: Client,
    pod: Callable[..., Object],
    refusal: Callable[..., Any],
    limit: Object,
    resources: Object,
    why: str,
) -> None:
    await bound(ns, limit)
    refused = await refusal(ns.create("pods", "ns", pod(resources=resources)))
    assert refused.message == f'pods "p" is forbidden: {why}'


async def test_all_that_is_wrong_is_told_once(
    ns: Client, pod: Callable[..., Object], refusal: Callable[..., Any]
) -> None:
    await bound(ns, {"type": "Container", "max": {"cpu": "1", "memory": "1Mi"}})
    wanted = pod(resources={"limits": {"cpu": "2", "memory": "2Mi"}})
    wanted["spec"]["containers"].append({**wanted["spec"]["containers"][0], "name": "d"})
    refused = await refusal(ns.create("pods", "ns", wanted))
    assert refused.message.endswith(
        "[maximum cpu usage per Container is 1, but limit is 2, "
        "maximum memory usage per Container is 1Mi, but limit is 2Mi]"
    )


async def test_claims_have_bounds_too(ns: Client, refusal: Callable[..., Any]) -> None:
    await bound(ns, {"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}})
    claim = {
        "metadata": {"name": "c"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "2Gi"}},
        },
    }
    refused = await refusal(ns.create("persistentvolumeclaims", "ns", claim))
    assert refused.message.endswith(
        "maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi"
    )


async def test_other_updates_of_a_pod_are_not_looked_at(
    ns: Client, pod: Callable[..., Object]
) -> None:
    await ns.create("pods", "ns", pod(resources={"limits": {"cpu": "2"}}))
    await bound(ns, {"type": "Container", "max": {"cpu": "1"}, "default": {"memory": "1Gi"}})
    changed = await ns.patch("pods", "ns", "p", {"metadata": {"labels": {"a": "b"}}})
    assert "memory" not in changed["spec"]["containers"][0]["resources"]["limits"]
