"""Custom resources in several versions with a webhook between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from fakek8s import errors
from fakek8s.admission.caller import Call, CallError, Reply
from fakek8s.client.client import ObjectBody
from fakek8s.registry.convert import shown_entry

if TYPE_CHECKING:
    from fakek8s.client.client import Client
    from fakek8s.kind import Kind
    from fakek8s.server.answer import Answer
    from fakek8s.server.server import Server

Object = dict[str, Any]
CRDS = "customresourcedefinitions.apiextensions.k8s.io"
GROUP = "example.com"
FAILED = "conversion webhook for example.com/v1, Kind=Boat "


def swap(obj: Object, version: str) -> Object:
    """v1 keeps the length in metres, v2 in feet."""
    spec, made = obj.get("spec") or {}, {}
    if version.endswith("v1") and "feet" in spec:
        made = {"spec": {"metres": spec["feet"] // 3}}
    elif version.endswith("v2") and "metres" in spec:
        made = {"spec": {"feet": spec["metres"] * 3}}
    return {**obj, "apiVersion": version, **made}


class Converter:
    """The webhook: what it was asked, and how it spoils its answers."""

    def __init__(self) -> None:
        self.requests: list[Object] = []
        self.changes: Object = {}
        self.spoilt: Object = {}
        self.error = ""

    async def __call__(self, call: Call, /) -> Reply:
        if self.error:
            raise CallError(self.error)
        review = orjson.loads(call.body)
        request = review["request"]
        self.requests.append(request)
        version = request["desiredAPIVersion"]
        response = {
            "uid": request["uid"],
            "result": {"status": "Success"},
            "convertedObjects": [
                {**swap(obj, version), **self.spoilt} for obj in request["objects"]
            ],
        } | self.changes
        answer = {"apiVersion": review["apiVersion"], "kind": review["kind"], "response": response}
        return Reply(code=200, content_type="application/json", body=orjson.dumps(answer))


def version(name: str, *, storage: bool, field: str) -> Object:
    spec = {"type": "object", "properties": {field: {"type": "integer"}}}
    schema = {"type": "object", "properties": {"spec": spec}}
    return {
        "name": name,
        "served": True,
        "storage": storage,
        "schema": {"openAPIV3Schema": schema},
    }


DEFINITION: Object = {
    "metadata": {"name": f"boats.{GROUP}"},
    "spec": {
        "group": GROUP,
        "scope": "Namespaced",
        "names": {"plural": "boats", "kind": "Boat"},
        "versions": [
            version("v1", storage=True, field="metres"),
            version("v2", storage=False, field="feet"),
        ],
        "conversion": {
            "strategy": "Webhook",
            "webhook": {
                "conversionReviewVersions": ["v1"],
                "clientConfig": {"url": "https://hook.example.com/convert"},
            },
        },
    },
}


class Boats:
    """The boats of one namespace by version."""

    def __init__(self, client: Client, kinds: dict[str, Kind]) -> None:
        self.client = client
        self.kinds = kinds

    async def answer(
        self, method: str, version: str, name: str = "", body: Object | None = None
    ) -> Answer:
        sent = None if body is None else ObjectBody(body)
        return await self.client.request(method, self.kinds[version], "ns", name, body=sent)

    async def create(self, version: str, name: str, **spec: Any) -> Object:
        body = {
            "apiVersion": f"{GROUP}/{version}",
            "kind": "Boat",
            "metadata": {"name": name},
            "spec": spec,
        }
        return (await self.answer("POST", version, body=body)).object or {}

    async def get(self, version: str, name: str) -> Object:
        return (await self.answer("GET", version, name)).object or {}


@pytest.fixture
def converter(server: Server) -> Converter:
    made = Converter()
    assert isinstance(server.registry.settings, dict)
    server.registry.settings["webhook_caller"] = made
    return made


@pytest.fixture
async def boats(server: Server, client: Client, converter: Converter) -> Boats:
    await client.create(CRDS, "", DEFINITION)
    await server.definitions.current()
    found = {v: server.catalogue.find(GROUP, v, "boats") for v in ("v1", "v2")}
    return Boats(client, {v: kind for v, kind in found.items() if kind is not None})


async def test_objects_are_stored_in_one_version_and_shown_in_each(
    boats: Boats, server: Server, converter: Converter
) -> None:
    made = await boats.create("v2", "b", feet=30)
    assert (made["apiVersion"], made["spec"]) == ("example.com/v2", {"feet": 30})
    entry = server.registry.store.get("boats.example.com", "ns/b")
    assert entry is not None
    assert (entry.object["apiVersion"], entry.object["spec"]) == ("example.com/v1", {"metres": 10})
    converter.requests.clear()
    assert (await boats.get("v1", "b"))["spec"] == {"metres": 10}
    assert converter.requests == []  # it is stored so
    assert (await boats.get("v2", "b"))["spec"] == {"feet": 30}
    (request,) = converter.requests
    assert request["desiredAPIVersion"] == "example.com/v2"
    assert [obj["metadata"]["name"] for obj in request["objects"]] == ["b"]


async def test_a_list_is_converted_in_one_call(boats: Boats, converter: Converter) -> None:
    for number in range(3):
        await boats.create("v1", f"b{number}", metres=number)
    converter.requests.clear()
    page = (await boats.answer("GET", "v2")).page
    assert page is not None
    feet = [shown_entry(boats.kinds["v2"], entry)["spec"]["feet"] for entry in page.entries]
    assert feet == [0, 3, 6]
    assert [len(request["objects"]) for request in converter.requests] == [3]


async def test_what_the_webhook_makes_of_metadata_counts_for_labels_only(
    boats: Boats, converter: Converter
) -> None:
    made = await boats.create("v1", "b", metres=1)
    uid = made["metadata"]["uid"]
    converter.spoilt = {
        "metadata": {"name": "b", "namespace": "ns", "uid": uid, "labels": {"by": "hook"}}
    }
    metadata = (await boats.get("v2", "b"))["metadata"]
    assert metadata["labels"] == {"by": "hook"}
    assert metadata["creationTimestamp"] == made["metadata"]["creationTimestamp"]


@pytest.mark.parametrize(
    ("changes", "spoilt", "text"),
    [
        ({"uid": "x"}, {}, 'failed: expected response.uid="{uid}", got "x"'),
        ({"result": {"status": "Failure", "message": "no"}}, {}, "failed: no"),
        (
            {"result": {"status": "Oops"}},
            {},
            "failed: response.result.status was 'Oops', not 'Success'",
        ),
        ({"convertedObjects": []}, {}, "returned 0 objects, expected 1"),
        (
            {},
            {"apiVersion": "example.com/v1"},
            (
                "returned invalid object at index 0: invalid groupVersion "
                "(expected example.com/v2, received example.com/v1)"
            ),
        ),
        (
            {},
            {"kind": "Ship"},
            "returned invalid object at index 0: invalid kind (expected Boat, received Ship)",
        ),
        (
            {},
            {"metadata": {"name": "other"}},
            "returned invalid object: must have the same name: b != other",
        ),
    ],
)
async def test_bad_answers_are_errors(
    boats: Boats, converter: Converter, changes: Object, spoilt: Object, text: str
) -> None:
    await boats.create("v1", "b", metres=1)
    converter.changes, converter.spoilt = changes, spoilt
    with pytest.raises(errors.APIError) as caught:
        await boats.get("v2", "b")
    assert caught.value.code == 500
    uid = converter.requests[-1]["uid"]
    assert caught.value.message == FAILED + text.format(uid=uid)


async def test_a_webhook_that_is_not_there_is_an_error(boats: Boats, converter: Converter) -> None:
    await boats.create("v1", "b", metres=1)
    converter.error = "connection refused"
    with pytest.raises(errors.APIError) as caught:
        await boats.get("v2", "b")
    assert caught.value.message == (
        FAILED + 'failed: Post "https://hook.example.com/convert?timeout=30s": connection refused'
    )
    assert (await boats.get("v1", "b"))["spec"] == {"metres": 1}


async def test_updates_of_any_version_reach_the_stored_one(boats: Boats, server: Server) -> None:
    await boats.create("v1", "b", metres=1)
    obj = await boats.get("v2", "b")
    changed = {**obj, "spec": {"feet": 9}}
    found = (await boats.answer("PUT", "v2", "b", body=changed)).object
    assert found is not None
    assert (found["spec"], found["metadata"]["generation"]) == ({"feet": 9}, 2)
    assert (await boats.get("v1", "b"))["spec"] == {"metres": 3}


# Who owns what, between versions


async def applied(
    boats: Boats, version: str, manager: str, *, force: bool = False, **spec: Any
) -> Object:
    """Server-side apply of a boat."""
    body = {
        "apiVersion": f"{GROUP}/{version}",
        "kind": "Boat",
        "metadata": {"name": "b"},
        "spec": spec,
    }
    answer = await boats.client.request(
        "PATCH",
        boats.kinds[version],
        "ns",
        "b",
        body=ObjectBody(body, "application/apply-patch+yaml"),
        query={"fieldManager": [manager], "force": [str(force).lower()]},
    )
    return answer.object or {}


def owners(obj: Object) -> Object:
    """manager -> (version, what it owns of the spec)"""
    return {
        entry["manager"]: (entry["apiVersion"].rpartition("/")[2], entry["fieldsV1"]["f:spec"])
        for entry in obj["metadata"]["managedFields"]
    }


async def test_a_field_of_another_version_conflicts_under_its_name_there(boats: Boats) -> None:
    await applied(boats, "v2", "alice", feet=30)
    with pytest.raises(errors.APIError) as caught:
        await applied(boats, "v1", "bob", metres=9)
    assert caught.value.code == 409
    assert caught.value.message == (
        'Apply failed with 1 conflict: conflict with "alice": .spec.feet'
    )
    found = await applied(boats, "v1", "bob", metres=10)
    assert owners(found) == {"alice": ("v2", {"f:feet": {}}), "bob": ("v1", {"f:metres": {}})}
    found = await applied(boats, "v1", "carol", force=True, metres=9)
    assert owners(found) == {"carol": ("v1", {"f:metres": {}})}
    assert (await boats.get("v2", "b"))["spec"] == {"feet": 27}


async def test_an_update_takes_what_it_changes_in_every_version(boats: Boats) -> None:
    await applied(boats, "v2", "alice", feet=30)
    obj = await boats.get("v1", "b")
    labelled = {**obj, "metadata": {**obj["metadata"], "labels": {"a": "b"}}}
    found = (await boats.answer("PUT", "v1", "b", body=labelled)).object
    assert found is not None
    assert [entry["manager"] for entry in found["metadata"]["managedFields"]] == ["alice", "tester"]
    changed = {**found, "spec": {"metres": 11}}
    found = (await boats.answer("PUT", "v1", "b", body=changed)).object
    assert found is not None
    assert owners(found) == {"tester": ("v1", {"f:metres": {}})}


async def test_an_applier_may_go_on_in_another_version(boats: Boats) -> None:
    await applied(boats, "v2", "alice", feet=30)
    found = await applied(boats, "v1", "alice", metres=10)
    assert owners(found) == {"alice": ("v1", {"f:metres": {}})}


async def test_without_the_webhook_updates_keep_the_owners_and_applies_fail(
    boats: Boats, converter: Converter
) -> None:
    before = await applied(boats, "v2", "alice", feet=30)
    converter.error = "connection refused"
    obj = await boats.get("v1", "b")
    changed = {**obj, "spec": {"metres": 11}}
    found = (await boats.answer("PUT", "v1", "b", body=changed)).object
    assert found is not None
    assert found["metadata"]["managedFields"] == before["metadata"]["managedFields"]
    with pytest.raises(errors.APIError) as caught:
        await applied(boats, "v1", "bob", metres=11)
    assert caught.value.code == 500
    assert caught.value.message == (
        FAILED + 'failed: Post "https://hook.example.com/convert?timeout=30s": connection refused'
    )
