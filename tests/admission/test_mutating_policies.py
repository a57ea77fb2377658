"""MutatingAdmissionPolicy: what is changed, and which changes are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s import errors
from tests.admission.configured import (
    DEPLOYMENT,
    GROUP,
    binding,
    config_map,
    mutating_policy,
)

if TYPE_CHECKING:
    from fakek8s.client.client import Client

POLICIES = f"mutatingadmissionpolicies.{GROUP}"
BINDINGS = f"mutatingadmissionpolicybindings.{GROUP}"
CONTAINERS = "Object.spec.template.spec.containers"


def in_pod(fields: str) -> str:
    """An expression that sets fields of a Deployment's pod."""
    spec, template = "Object.spec", "Object.spec.template"
    pod = f"{template}.spec{{{fields}}}"
    return f"Object{{spec: {spec}{{template: {template}{{spec: {pod}}}}}}}"


async def enforce(client: Client, policy: dict[str, Any]) -> None:
    await client.create(POLICIES, "", policy)
    await client.create(BINDINGS, "", binding(policy["metadata"]["name"]))


async def test_a_partial_object_is_merged_in(client: Client) -> None:
    await enforce(
        client,
        mutating_policy("Object{metadata: Object.metadata{labels: {'by': request.operation}}}"),
    )
    given = config_map(k="v")
    given["metadata"]["labels"] = {"own": "1"}
    made = await client.create("configmaps", "ns", given)
    assert made["metadata"]["labels"] == {"own": "1", "by": "CREATE"}
    assert made["data"] == {"k": "v"}
    owned = made["metadata"]["managedFields"][0]["fieldsV1"]["f:metadata"]["f:labels"]
    assert "f:by" not in owned, "what admission adds is nobody's"


async def test_items_are_merged_by_their_keys_and_defaulted(client: Client) -> None:
    env = f"{CONTAINERS}.env{{name: 'E', value: '1'}}"
    side = f"{CONTAINERS}{{name: 'side', image: 's'}}"
    await enforce(
        client,
        mutating_policy(in_pod(f"containers: [{CONTAINERS}{{name: 'c', env: [{env}]}}, {side}]")),
    )
    made = await client.create("deployments.apps", "ns", DEPLOYMENT)
    first, second = made["spec"]["template"]["spec"]["containers"]
    assert first["image"] == "i"
    assert first["env"] == [{"name": "E", "value": "1"}]
    assert second["imagePullPolicy"] == "Always"


async def test_operations_are_applied_and_a_failed_test_changes_nothing(client: Client) -> None:
    path = "'/metadata/annotations/' + jsonpatch.escapeKey('a/b')"
    add = f"JSONPatch{{op: 'add', path: {path}, value: 'v'}}"
    test = "JSONPatch{op: 'test', path: '/data/k', value: 'other'}"
    await enforce(client, mutating_policy(f"[{add}]", f"[{add.replace('a/b', 'c')}, {test}]"))
    given = config_map(k="v")
    given["metadata"]["annotations"] = {"own": "1"}
    made = await client.create("configmaps", "ns", given)
    assert made["metadata"]["annotations"] == {"own": "1", "a/b": "v"}


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            "Object{spec: Object.spec{nope: 1}}",
            (
                "error applying patch: failed to convert patch object to typed object: "
                ".spec.nope: field not declared in schema"
            ),
        ),
        (
            "Object{spec: Object.other{}}",
            (
                'type mismatch: unexpected type name "Object.other", expected "Object.spec", which '
                "matches field name path from root Object type"
            ),
        ),
        (
            in_pod(f"containers: [{CONTAINERS}{{name: 'c', args: ['a']}}]"),
            (
                "error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, "
                "maps or structs: .spec.template.spec.containers[0].args"
            ),
        ),
        (
            "[JSONPatch{op: 'remove', path: '/spec/nope'}]",
            (
                "JSON Patch: error in remove for path: '/spec/nope': Unable to remove "
                "nonexistent key: nope: missing value"
            ),
        ),
        (
            in_pod("nodeName: null"),
            (
                "error applying patch: failed to convert patch object to typed object: "
                ".spec.template.spec.nodeName: expected string, got "
                "&value.valueUnstructured{Value:0}"
            ),
        ),
        (
            "Object{metadata: Object.metadata{labels: null}}",
            (
                "error applying patch: failed to convert patch object to typed object: "
                ".metadata.labels: expected map, got &{NULL_VALUE}"
            ),
        ),
        (
            "Object{metadata: Object.metadata{finalizers: [null]}}",
            (
                "error applying patch: failed to convert patch object to typed object: "
                ".metadata.finalizers[={{undefined}}]: expected string, got "
                "&value.valueUnstructured{Value:0}"
            ),
        ),
        (
            "Object{spec: Object.spec{paused: timestamp('2024-05-06T07:08:09.5Z')}}",
            (
                "error applying patch: failed to convert patch object to typed object: "
                ".spec.paused: expected boolean, got &{2024-05-06 07:08:09.5 +0000 UTC}"
            ),
        ),
        (
            "Object{metadata: Object.metadata{name: b'ab'}}",
            (
                "error applying patch: failed to convert patch object to typed object: "
                ".metadata.name: expected string, got "
                "&value.valueUnstructured{Value:[]uint8{0x61, 0x62}}"
            ),
        ),
        (
            "Object{metadata: Object.metadata{creationTimestamp: 'now'}}",
            (
                "unable to convert unstructured object to apps/v1, Kind=Deployment: parsing time "
                '"now" as "2006-01-02T15:04:05Z07:00": cannot parse "now" as "2006"'
            ),
        ),
        (
            (
                "[JSONPatch{op: 'replace', path: '/apiVersion', value: 'v1'}, "
                "JSONPatch{op: 'replace', path: '/kind', value: 'Secret'}, "
                "JSONPatch{op: 'remove', path: '/spec'}, "
                "JSONPatch{op: 'remove', path: '/status'}]"
            ),
            (
                'v1.Secret is not suitable for converting to "apps/v1" in scheme '
                '"pkg/runtime/scheme.go:111"'
            ),
        ),
        (
            "Object{spec: Object.spec{replicas: object.nope}}",
            (
                "expression 'Object{spec: Object.spec{replicas: object.nope}}' resulted in error: "
                "no such key: nope"
            ),
        ),
    ],
)
async def test_a_change_that_can_not_be_made_refuses_the_write(
    client: Client, expression: str, message: str
) -> None:
    await enforce(client, mutating_policy(expression))
    with pytest.raises(errors.APIError) as caught:
        await client.create("deployments.apps", "ns", DEPLOYMENT)
    error = caught.value
    assert error.message == f"policy 'p' with binding 'b-p' denied request: {message}"
    assert (error.code, error.reason) == (403, "Invalid")


async def test_failures_may_be_ignored(client: Client) -> None:
    await enforce(
        client, mutating_policy("Object{spec: Object.spec{nope: 1}}", failurePolicy="Ignore")
    )
    await client.create("deployments.apps", "ns", DEPLOYMENT)


async def test_a_policy_is_asked_again_after_others_changed_something(client: Client) -> None:
    saw = "'m' in object.metadata.?labels.orValue({}) ? 'yes' : 'no'"
    first = f"Object{{metadata: Object.metadata{{labels: {{'saw': {saw}}}}}}}"
    await enforce(client, mutating_policy(first, name="a", reinvocationPolicy="IfNeeded"))
    second = "Object{metadata: Object.metadata{labels: {'m': '1'}}}"
    await enforce(client, mutating_policy(second, name="b"))
    made = await client.create("configmaps", "ns", config_map())
    assert made["metadata"]["labels"] == {"saw": "yes", "m": "1"}


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("X", 'no kind "X" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"'),
        (
            "Secret",
            (
                "failed to convert object: converting (v1.Secret) to (core.ConfigMap): "
                "unknown conversion"
            ),
        ),
    ],
)
async def test_a_kind_may_not_become_another(client: Client, kind: str, why: str) -> None:
    change = f"[JSONPatch{{op: 'replace', path: '/kind', value: '{kind}'}}]"
    await enforce(client, mutating_policy(change))
    with pytest.raises(errors.APIError) as caught:
        await client.create("configmaps", "ns", {"metadata": {"name": "a"}})
    assert caught.value.message == f"Internal error occurred: {why}"


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("Object{metadata: ", "compilation failed: ERROR: <input>:1:17: Syntax error"),
        ("{'a': 1}", "must evaluate to Object but got map(string, int)"),
        ("['a']", "must evaluate to list(JSONPatch) but got list(string)"),
        ("Object{spec: variables.x}", "undefined field 'x'"),
    ],
)
async def test_expressions_compile_or_are_refused(
    client: Client, expression: str, text: str
) -> None:
    with pytest.raises(errors.APIError) as caught:
        await client.create(POLICIES, "", mutating_policy(expression))
    assert text in caught.value.message
