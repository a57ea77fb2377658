"""Objects and lists in all the forms in which they can be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .conftest import CONFIGMAPS, configmap

if TYPE_CHECKING:
    from .conftest import Caller

TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
PARTIAL = {"Accept": "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"}
PARTIAL_LIST = {"Accept": "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"}

PERCENT = {"type": "Utilization", "averageUtilization": 50}


async def test_items_of_a_list_do_not_name_their_type(call: Caller) -> None:
    await call("POST", CONFIGMAPS, configmap("a", x="<&>"))
    await call("POST", CONFIGMAPS, configmap("b"))
    reply = await call("GET", CONFIGMAPS)
    assert reply.body.startswith(
        b'{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"'
    )
    assert b'"items":[{"metadata":{"name":"a",' in reply.body
    assert b'"data":{"x":"\\u003c\\u0026\\u003e"}' in reply.body
    assert reply.body.endswith(b"]}\n")
    assert [item["metadata"]["name"] for item in reply.json["items"]] == ["a", "b"]


async def test_an_empty_list_has_empty_items(call: Caller) -> None:
    reply = await call("GET", CONFIGMAPS)
    assert reply.json["items"] == []


async def test_a_list_as_yaml_and_indented_says_the_same(call: Caller) -> None:
    await call("POST", CONFIGMAPS, configmap("a", x="1"))
    indented = await call("GET", CONFIGMAPS + "?pretty=1")
    assert indented.json == (await call("GET", CONFIGMAPS)).json
    as_yaml = await call("GET", CONFIGMAPS, headers={"Accept": "application/yaml"})
    assert as_yaml.body.startswith(b'apiVersion: v1\nitems:\n- data:\n    x: "1"\n  metadata:\n')


async def test_a_table_has_a_row_for_each_object(call: Caller) -> None:
    empty = (await call("GET", CONFIGMAPS, headers=TABLE)).json
    assert empty["rows"] == []
    await call("POST", CONFIGMAPS, configmap("a", x="1", y="2"))
    found = (await call("GET", CONFIGMAPS, headers=TABLE)).json
    assert [column["name"] for column in found["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert list(found["columnDefinitions"][0]) == [
        "name",
        "type",
        "format",
        "description",
        "priority",
    ]
    (row,) = found["rows"]
    assert row["cells"][0] == "a"
    assert row["object"]["kind"] == "PartialObjectMetadata"
    assert "data" not in row["object"]


@pytest.mark.parametrize(
    ("include", "kind"), [("None", None), ("Object", "ConfigMap"), ("", "PartialObjectMetadata")]
)
async def test_rows_carry_what_is_asked_for(call: Caller, include: str, kind: str | None) -> None:
    await call("POST", CONFIGMAPS, configmap("a"))
    reply = await call("GET", f"{CONFIGMAPS}?includeObject={include}", headers=TABLE)
    held = reply.json["rows"][0]["object"]
    assert (held and held["kind"]) == kind


async def test_other_wishes_for_rows_are_refused(call: Caller) -> None:
    reply = await call("GET", f"{CONFIGMAPS}?includeObject=All", headers=TABLE)
    assert reply.message == (
        'Unable to convert to Table as requested: includeObject: Invalid value: "All": '
        "must be 'Metadata', 'Object', 'None', or empty"
    )


async def test_partial_metadata_of_an_object_a_list_and_a_write(call: Caller) -> None:
    made = await call("POST", CONFIGMAPS, configmap("a", x="1"), headers=PARTIAL)
    assert made.status == 201
    assert list(made.json) == ["kind", "apiVersion", "metadata"]
    listed = await call("GET", CONFIGMAPS, headers=PARTIAL_LIST)
    assert listed.json["items"] == [made.json]


async def test_a_list_is_no_object_and_an_object_no_list(call: Caller) -> None:
    await call("POST", CONFIGMAPS, configmap("a"))
    reply = await call("GET", CONFIGMAPS, headers=PARTIAL)
    assert (reply.status, reply.message) == (
        406,
        (
            "you requested PartialObjectMetadata, but the requested object is a list "
            "(*core.ConfigMapList)"
        ),
    )
    reply = await call("GET", CONFIGMAPS + "/a", headers=PARTIAL_LIST)
    assert reply.message == (
        "you requested PartialObjectMetadataList, but the requested object is not a list "
        "(*core.ConfigMap)"
    )


async def test_a_status_stays_a_status_whatever_is_asked_for(call: Caller) -> None:
    await call("POST", CONFIGMAPS, configmap("a"))
    reply = await call("DELETE", CONFIGMAPS + "/a", headers=TABLE)
    assert (reply.json["kind"], reply.json["status"]) == ("Status", "Success")


async def test_lists_are_written_as_protobuf(call: Caller) -> None:
    await call("POST", CONFIGMAPS, configmap("a", x="1"))
    reply = await call("GET", CONFIGMAPS, headers={"Accept": "application/vnd.kubernetes.protobuf"})
    assert reply.body.startswith(b"k8s\0\n\x13\n\x02v1\x12\rConfigMapList")
    partial = await call(
        "GET",
        CONFIGMAPS + "/a",
        headers={
            "Accept": "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;"
            "v=v1;g=meta.k8s.io"
        },
    )
    assert b"PartialObjectMetadata" in partial.body[:60]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", {"spec": {"namespace": "a"}}),
        ("/api/v1/namespaces/default/serviceaccounts/default/token", {"spec": {}}),
        ("/api/v1/namespaces/default/bindings", {"metadata": {"name": "a"}}),
    ],
)
async def test_what_only_takes_in_objects_has_no_tables(
    call: Caller, path: str, body: dict[str, Any]
) -> None:
    reply = await call("POST", path, body, headers=TABLE)
    assert (reply.status, reply.json["reason"]) == (406, "NotAcceptable")
    reply = await call(
        "POST", path, body, headers={"Accept": f"{TABLE['Accept']},application/json"}
    )
    assert reply.json["kind"] != "Table"


async def test_a_scale_has_columns_of_its_own(call: Caller) -> None:
    pod = {"containers": [{"name": "c", "image": "i"}]}
    template = {"metadata": {"labels": {"a": "b"}}, "spec": pod}
    spec = {"replicas": 2, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    path = "/apis/apps/v1/namespaces/default/deployments"
    await call("POST", path, {"metadata": {"name": "d"}, "spec": spec})
    table = (await call("GET", f"{path}/d/scale", headers=TABLE)).json
    names = [column["name"] for column in table["columnDefinitions"]]
    assert names == ["Name", "Desired", "Available", "Age"]
    assert table["rows"][0]["cells"][:3] == ["d", 2, 0]


async def test_no_metadata_is_null_and_so_are_the_rows_of_a_default_table(call: Caller) -> None:
    assert (await call("GET", CONFIGMAPS, headers=PARTIAL_LIST)).json["items"] is None
    roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles"
    assert (await call("GET", roles, headers=TABLE)).json["rows"] is None


async def test_a_table_of_no_definitions_has_no_rows(call: Caller) -> None:
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions?labelSelector=none"
    assert (await call("GET", path, headers=TABLE)).json["rows"] is None


async def test_a_custom_scale_prints_what_its_paths_find_and_takes_any_uid(call: Caller) -> None:
    group, plural = "example.com", "boats"
    paths = {"specReplicasPath": ".spec.n", "statusReplicasPath": ".status.n"}
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "subresources": {"scale": paths}}
    spec = {
        "group": group,
        "scope": "Cluster",
        "names": {"plural": plural, "kind": "Boat"},
        "versions": [{**version, "schema": {"openAPIV3Schema": schema}}],
    }
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    body: Any = {"metadata": {"name": f"{plural}.{group}"}, "spec": spec}
    assert (await call("POST", definitions, body)).status == 201
    boats = f"/apis/{group}/v1/{plural}"
    boat = {"apiVersion": f"{group}/v1", "kind": "Boat", "metadata": {"name": "a"}}
    await call("POST", boats, {**boat, "spec": {"n": 0}})
    found = (await call("GET", f"{boats}/a/scale", headers=TABLE)).json
    assert [c["format"] for c in found["columnDefinitions"]] == ["name", "", "", ""]
    assert found["columnDefinitions"][3]["type"] == "date"
    assert found["rows"][0]["cells"][:3] == ["a", None, 0]
    merge = {"Content-Type": "application/merge-patch+json"}
    claim = {"metadata": {"uid": "x"}, "spec": {"replicas": 2}}
    patched = await call("PATCH", f"{boats}/a/scale", claim, headers=merge)
    assert (patched.status, patched.json["spec"]["replicas"]) == (200, 2)


async def test_the_status_of_a_few_kinds_has_no_table(call: Caller) -> None:
    rules = "/apis/resource.k8s.io/v1/devicetaintrules"
    spec = {"taint": {"key": "a.b/c", "effect": "NoSchedule"}}
    rule = {"apiVersion": "resource.k8s.io/v1", "kind": "DeviceTaintRule", "spec": spec}
    await call("POST", rules, {**rule, "metadata": {"name": "a"}})
    assert (await call("GET", f"{rules}/a", headers=TABLE)).status == 200
    assert (await call("GET", f"{rules}/a/status", headers=PARTIAL)).status == 200
    assert (await call("GET", f"{rules}/a/status", headers=TABLE)).status == 406


async def test_a_status_written_in_another_version_leaves_the_spec_as_it_is_stored(
    call: Caller,
) -> None:
    path = "/apis/autoscaling/{}/namespaces/default/horizontalpodautoscalers"
    resources = ({"name": "cpu", "target": PERCENT}, {"name": "memory", "target": PERCENT})
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
    spec = {"maxReplicas": 3, "scaleTargetRef": target}
    metrics = [{"type": "Resource", "resource": one} for one in resources]
    made = {"metadata": {"name": "h"}, "spec": {**spec, "metrics": metrics}}
    assert (await call("POST", path.format("v2"), made)).status == 201
    status = {"status": {"currentReplicas": 2}}
    merge = {"Content-Type": "application/merge-patch+json"}
    written = await call("PATCH", path.format("v1") + "/h/status", status, headers=merge)
    assert written.json["status"]["currentReplicas"] == 2
    found = (await call("GET", path.format("v2") + "/h")).json["spec"]["metrics"]
    assert [metric["resource"]["name"] for metric in found] == ["cpu", "memory"]
