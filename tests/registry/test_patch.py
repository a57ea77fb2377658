"""Patches of what an object says it is, and when a bad patch document is found out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.client.client import ObjectBody
from fakek8s.errors import APIError
from fakek8s.registry.patch import JSON_PATCH, MERGE, STRATEGIC
from tests.registry.boats import BOATS, CRDS, GROUP, boat, definition, version

if TYPE_CHECKING:
    from fakek8s.client.client import Client
    from fakek8s.server.answer import Answer

APPLY = "application/apply-patch+yaml"
MAPS = "configmaps"
MINE = {"fieldManager": ["me"]}
CONTAINERS = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}
CRON = {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": {"spec": CONTAINERS}}}}


class Text(ObjectBody):
    """A body of any bytes."""

    __slots__ = ()

    def raw(self) -> bytes:
        text: str = self._value
        return text.encode()


@pytest.fixture
async def maps(client: Client) -> Client:
    await client.create(MAPS, "ns", {"metadata": {"name": "a"}, "data": {"k": "v"}})
    return client


async def sent(
    client: Client, body: Any, type_: str = MERGE, *, name: str = "a", resource: str = MAPS
) -> Answer:
    query = MINE if type_ == APPLY else {}
    form = Text if isinstance(body, str) else ObjectBody
    return await client.request("PATCH", resource, "ns", name, query=query, body=form(body, type_))


async def refusal(client: Client, body: Any, type_: str = MERGE, **more: str) -> tuple[int, str]:
    with pytest.raises(APIError) as refused:
        await sent(client, body, type_, **more)
    return refused.value.code, str(refused.value).rpartition('": ')[2]


@pytest.mark.parametrize("kind", [None, ""])
async def test_a_kind_that_a_patch_takes_away_is_that_of_the_path(maps: Client, kind: Any) -> None:
    answer = await sent(maps, {"kind": kind, "data": {"k": "w"}})
    assert answer.object is not None
    assert answer.object["kind"] == "ConfigMap"
    assert answer.object["data"] == {"k": "w"}


async def test_without_a_version_nothing_of_the_object_is_found(maps: Client) -> None:
    code, text = await refusal(maps, {"apiVersion": None})
    assert code == 400
    assert text.endswith("undeterminable: name must be provided")


async def test_the_empty_object_that_is_then_read_is_nobodys_to_fill(client: Client) -> None:
    jobs = "cronjobs.batch"
    kind = client.kind(jobs)
    before = str(kind.shape.empty())
    await client.create(jobs, "ns", {"metadata": {"name": "a"}, "spec": CRON})
    assert (await refusal(client, {"apiVersion": None}, resource=jobs))[0] == 400
    assert str(kind.shape.empty()) == before


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"kind": "Pod"}, "converting (v1.Pod) to (core.ConfigMap): unknown conversion"),
        ({"kind": "Secret"}, "illegal base64 data at input byte 0"),
        (
            {"kind": "Nope"},
            'no kind "Nope" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"',
        ),
        ({"apiVersion": "a/b/c"}, "unexpected GroupVersion string: a/b/c"),
    ],
)
async def test_another_kind_is_read_as_what_it_says_it_is(
    maps: Client, body: Any, why: str
) -> None:
    with pytest.raises(APIError) as refused:
        await sent(maps, body)
    assert refused.value.code == 422
    assert str(refused.value).endswith(why)


async def test_another_version_of_the_kind_is_converted(client: Client) -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
    spec = {"maxReplicas": 5, "scaleTargetRef": target}
    scalers = "horizontalpodautoscalers.autoscaling"
    await client.create(scalers, "ns", {"metadata": {"name": "a"}, "spec": spec})
    body = {"apiVersion": "autoscaling/v1", "spec": {"targetCPUUtilizationPercentage": 70}}
    answer = await sent(client, body, resource=scalers)
    assert answer.object is not None
    metric = answer.object["spec"]["metrics"][0]["resource"]
    assert metric == {
        "name": "cpu",
        "target": {"type": "Utilization", "averageUtilization": 70},
    }


@pytest.mark.parametrize("said", [{"kind": "Pod"}, {"apiVersion": None}, {"apiVersion": "a/b/c"}])
async def test_a_strategic_merge_takes_no_notice_of_what_an_object_says(
    maps: Client, said: Any
) -> None:
    answer = await sent(maps, {**said, "data": {"k": "w"}}, STRATEGIC)
    assert answer.object is not None
    assert (answer.object["apiVersion"], answer.object["kind"]) == ("v1", "ConfigMap")
    assert answer.object["data"] == {"k": "w"}


@pytest.mark.parametrize(
    ("body", "type_"),
    [("[5]", JSON_PATCH), ("5", MERGE), ("5", STRATEGIC), ("{: [", APPLY)],
)
async def test_a_document_that_is_no_patch_matters_only_where_there_is_an_object(
    maps: Client, body: str, type_: str
) -> None:
    door = {"subresource": "status"} if type_ == APPLY else {}
    resource = "pods" if type_ == APPLY else MAPS
    with pytest.raises(APIError) as refused:
        await maps.request(
            "PATCH", resource, "ns", "none", query=MINE, body=Text(body, type_), **door
        )
    assert refused.value.code == 404


@pytest.mark.parametrize(
    ("body", "type_", "why"),
    [
        ("[5", JSON_PATCH, "invalid JSON patch"),
        ("[5", MERGE, "invalid JSON patch"),
        ("a: [b", APPLY, "error encoding patch: yaml: line 1: did not find expected ',' or ']'"),
    ],
)
async def test_a_text_that_is_no_json_is_found_before_the_object_is_looked_for(
    maps: Client, body: str, type_: str, why: str
) -> None:
    assert await refusal(maps, body, type_, name="none") == (400, why)


async def test_a_fraction_is_no_integer_however_whole(client: Client) -> None:
    leases = "leases.coordination.k8s.io"
    await client.create(leases, "ns", {"metadata": {"name": "a"}, "spec": {}})
    body = '{"spec":{"leaseDurationSeconds":5.0}}'
    with pytest.raises(APIError) as refused:
        await sent(client, body, resource=leases)
    assert "cannot unmarshal number 5.0 into Go struct field" in str(refused.value)
    answer = await sent(client, body, STRATEGIC, resource=leases)
    assert answer.object is not None
    assert answer.object["spec"] == {"leaseDurationSeconds": 5}


async def test_an_empty_list_of_managed_fields_ends_tracking(maps: Client) -> None:
    answer = await sent(maps, {"metadata": {"managedFields": []}})
    assert answer.object is not None
    assert "managedFields" not in answer.object["metadata"]
    answer = await sent(maps, {"data": {"k": "w"}})
    assert answer.object is not None
    assert "managedFields" not in answer.object["metadata"]


@pytest.fixture
async def boats(client: Client) -> Client:
    await client.create(CRDS, "", definition("boats", version()))
    await client.create(BOATS, "ns", boat("a", spec={"crew": 2}))
    return client


async def test_a_custom_resource_that_says_it_is_another_is_invalid(boats: Client) -> None:
    code, why = await refusal(boats, {"kind": "Ship"}, resource=BOATS)
    assert (code, why) == (422, "must be Boat")
    with pytest.raises(APIError) as refused:
        await sent(boats, {"kind": None}, resource=BOATS)
    assert "Object 'Kind' is missing in '{" in str(refused.value)


async def test_a_number_whose_type_changes_is_a_change(boats: Client) -> None:
    same = await sent(boats, '{"spec":{"crew":2}}', resource=BOATS)
    other = await sent(boats, '{"spec":{"crew":2.0}}', resource=BOATS)
    assert same.object is not None
    assert other.object is not None
    assert same.object["metadata"]["generation"] == 1
    assert other.object["metadata"]["generation"] == 2
    assert other.object["spec"]["crew"] == 2


async def test_nulls_that_an_apply_lays_down_are_left_to_validation(boats: Client) -> None:
    applied = f"{{apiVersion: {GROUP}/v1, kind: Boat, metadata: {{name: a}}, spec: {{home: null}}}}"
    code, why = await refusal(boats, applied, APPLY, resource=BOATS)
    assert (code, why) == (422, 'spec.home in body must be of type string: "null"')
    answer = await sent(boats, {"spec": {"home": None}}, resource=BOATS)
    assert answer.object is not None
    assert answer.object["spec"] == {"crew": 2}


async def test_what_fits_no_type_after_an_apply_is_told_with_the_object(maps: Client) -> None:
    applied = "{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {k: '!'}}"
    with pytest.raises(APIError) as refused:
        await sent(maps, applied, APPLY, resource="secrets")
    assert refused.value.code == 500
    assert str(refused.value) == (
        "failed to convert new object (/a; /v1, Kind=Secret) to proper version: "
        "unable to convert unstructured object to /v1, Kind=Secret: "
        "error decoding from json: illegal base64 data at input byte 0"
    )


async def test_a_repeated_key_of_an_apply_is_told_line_by_line(maps: Client) -> None:
    applied = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata: {k: v, k: w}\n"
    said = 'line 4: key "k" already set in map'
    answer = await sent(maps, applied, APPLY, name="b")
    assert answer.warnings == [said]
    body = Text(applied, APPLY)
    query = {**MINE, "fieldValidation": ["Strict"]}
    with pytest.raises(APIError) as refused:
        await maps.request("PATCH", MAPS, "ns", "b", query=query, body=body)
    assert str(refused.value) == (
        "error strict decoding patch: error converting YAML to JSON: "
        f"yaml: unmarshal errors:\n  {said}"
    )


async def test_an_apply_says_which_field_the_version_of_another_manager_lacks(
    client: Client,
) -> None:
    other = version("v2")
    del other["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["hull"]
    await client.create(CRDS, "", definition("boats", version(), other))
    await client.create(BOATS, "ns", boat("a"))

    def applied(spec: str) -> str:
        return f"{{apiVersion: {GROUP}/v1, kind: Boat, metadata: {{name: a}}, spec: {spec}}}"

    await sent(client, applied("{home: Kiel}"), APPLY, resource=BOATS)
    stored = await client.get(BOATS, "ns", "a")
    entries = [
        {**entry, "apiVersion": f"{GROUP}/v2"} if entry["operation"] == "Apply" else entry
        for entry in stored["metadata"]["managedFields"]
    ]
    await client.patch(BOATS, "ns", "a", {"metadata": {"managedFields": entries}})
    body = Text(applied("{hull: oak}"), APPLY)
    with pytest.raises(APIError) as refused:
        await client.request(
            "PATCH", BOATS, "ns", "a", query={"fieldManager": ["other"]}, body=body
        )
    assert refused.value.code == 500
    assert str(refused.value) == (
        "failed to convert new object: .spec.hull: field not declared in schema"
    )
