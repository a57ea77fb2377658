"""Discovery, OpenAPI, health, version and the rest that is no resource."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.kind import Behaviour, Column, Kind, SubresourceFacts

from .conftest import CONFIGMAPS

if TYPE_CHECKING:
    from .conftest import Caller

V2 = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


class Sorted:
    """The shape of a custom kind that knows nothing of its fields."""

    def canonical(self, obj: dict[str, object]) -> dict[str, object]:
        return dict(sorted(obj.items()))

    def as_stored(
        self, obj: dict[str, object], live: dict[str, object] | None = None
    ) -> dict[str, object]:
        return self.canonical(obj)

    def empty(self) -> dict[str, object]:
        return {"apiVersion": "example.com/v1", "kind": "Boat", "metadata": {}}

    def read(
        self, value: Any, *, lax: bool = False, live: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], list[str]]:
        return value, []


BOAT = Kind(
    group="example.com",
    version="v1",
    kind="Boat",
    list_kind="BoatList",
    plural="boats",
    singular="boat",
    namespaced=True,
    short_names=("bt",),
    verbs=frozenset(
        {"delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"}
    ),
    subresources={"status": SubresourceFacts("Boat", "", "", frozenset({"get"}))},
    columns=(Column("Name", "string", "name"), Column("Age", "date")),
    shape=Sorted(),
    schema=None,
    behaviour=Behaviour(group="example.com", plural="boats"),
    resource="boats.example.com",
    custom=True,
)


async def test_the_core_group_tells_where_the_server_is(call: Caller) -> None:
    reply = await call("GET", "/api")
    assert reply.body == (
        b'{"kind":"APIVersions","versions":["v1"],"serverAddressByClientCIDRs":'
        b'[{"clientCIDR":"0.0.0.0/0","serverAddress":"127.0.0.1:%d"}]}\n' % call.cluster.port
    )


async def test_documents_are_in_upstreams_field_order(call: Caller) -> None:
    core = await call("GET", "/api/v1")
    assert core.body.startswith(
        b'{"kind":"APIResourceList","groupVersion":"v1","resources":[{"name":"bindings",'
        b'"singularName":"binding","namespaced":true,"kind":"Binding","verbs":["create"]},'
    )
    group = await call("GET", "/apis/apps")
    assert group.body == (
        b'{"kind":"APIGroup","apiVersion":"v1","name":"apps","versions":[{"groupVersion":'
        b'"apps/v1","version":"v1"}],"preferredVersion":{"groupVersion":"apps/v1","version":"v1"}}\n'
    )


@pytest.mark.parametrize("path", ["/api", "/api/v1", "/apis/apps/v1", "/version"])
async def test_documents_are_only_read(call: Caller, path: str) -> None:
    assert (await call("POST", path, {})).status == 405
    assert (await call("GET", path + "/")).status == 200


async def test_aggregated_discovery_says_its_type_and_can_be_kept(call: Caller) -> None:
    reply = await call("GET", "/apis", headers={"Accept": f"{V2},application/json"})
    assert reply.headers["Content-Type"] == V2
    assert reply.headers["Cache-Control"] == "public"
    assert reply.headers["Vary"] == "Accept"
    assert reply.body.startswith(
        b'{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","metadata":{},'
        b'"items":[{"metadata":{"name":"apiregistration.k8s.io"'
    )
    etag = reply.headers["ETag"]
    again = await call("GET", "/apis", headers={"Accept": V2, "If-None-Match": etag})
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", etag)


@pytest.mark.parametrize("version", ["v9", "v2beta1"])
async def test_other_versions_of_aggregated_discovery_fall_back(call: Caller, version: str) -> None:
    asked = f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    assert (await call("GET", "/apis", headers={"Accept": asked})).status == 406
    reply = await call("GET", "/apis", headers={"Accept": f"{asked},application/json"})
    assert reply.json["kind"] == "APIGroupList"


async def test_a_custom_kind_appears_in_discovery_at_once(call: Caller) -> None:
    missing = await call("GET", "/apis/example.com/v1")
    assert missing.body == b"404 page not found\n"
    etag = (await call("GET", "/apis", headers={"Accept": V2})).headers["ETag"]

    call.cluster.server.catalogue.add(BOAT)

    groups = (await call("GET", "/apis")).json["groups"]
    assert groups[-1]["name"] == "example.com"
    (main, status) = (await call("GET", "/apis/example.com/v1")).json["resources"]
    assert list(main) == [
        "name",
        "singularName",
        "namespaced",
        "kind",
        "verbs",
        "shortNames",
        "storageVersionHash",
    ]
    assert main["verbs"][:3] == ["delete", "deletecollection", "get"]
    assert (status["name"], status["singularName"]) == ("boats/status", "")
    aggregated = await call("GET", "/apis", headers={"Accept": V2})
    assert aggregated.headers["ETag"] != etag
    resource = aggregated.json["items"][-1]["versions"][0]["resources"][0]
    assert resource["subresources"][0]["subresource"] == "status"


async def test_what_other_servers_should_serve_is_listed_and_unavailable(call: Caller) -> None:
    service = {"namespace": "default", "name": "a"}
    for version, priority in (("v1", 10), ("v2", 20)):
        spec: dict[str, Any] = {"group": "other.example.com", "version": version}
        spec |= {"service": service, "groupPriorityMinimum": 17795, "versionPriority": priority}
        body = {"metadata": {"name": f"{version}.other.example.com"}, "spec": spec}
        made = await call("POST", "/apis/apiregistration.k8s.io/v1/apiservices", body)
        assert made.status == 201
    groups = (await call("GET", "/apis")).json["groups"]
    assert [group["name"] for group in groups[:4]] == [
        "apiregistration.k8s.io",
        "apps",
        "other.example.com",
        "events.k8s.io",
    ]
    found = (await call("GET", "/apis/other.example.com")).json
    assert [version["version"] for version in found["versions"]] == ["v2", "v1"]
    aggregated = (await call("GET", "/apis", headers={"Accept": V2})).json["items"]
    assert aggregated[2]["versions"][0] == {"version": "v2", "freshness": "Stale"}
    for path in ("", "/things", "/namespaces/default/things/a"):
        reply = await call("GET", f"/apis/other.example.com/v1{path}")
        assert (reply.status, reply.body) == (503, b"service unavailable\n")
    assert (await call("GET", "/apis/other.example.com/v3/things")).status == 404
    assert "/apis/other.example.com/v2" in (await call("GET", "/")).json["paths"]


async def test_custom_resources_are_written_with_sorted_keys(call: Caller) -> None:
    call.cluster.server.catalogue.add(replace(BOAT, namespaced=False))
    reply = await call("GET", "/apis/example.com/v1/boats")
    revision = call.cluster.server.registry.store.revision
    assert reply.body == (
        b'{"apiVersion":"example.com/v1","items":[],"kind":"BoatList",'
        b'"metadata":{"continue":"","resourceVersion":"%d"}}\n' % revision
    )
    for path in (
        "/apis/example.com/v1/ships",
        "/apis/example.com/v2",
        "/apis/example.com/v2/boats",
    ):
        assert (await call("GET", path)).body == b"404 page not found\n"


async def test_openapi_documents_can_be_kept_for_ever_under_their_hash(call: Caller) -> None:
    index = await call("GET", "/openapi/v3")
    assert index.headers["Content-Type"] == "text/plain; charset=utf-8"
    url = index.json["paths"]["apis/apps/v1"]["serverRelativeURL"]
    found = re.fullmatch("/openapi/v3/apis/apps/v1\\?hash=([0-9A-F]{128})", url)
    assert found is not None
    reply = await call("GET", url)
    assert reply.headers["Cache-Control"] == "public, immutable"
    assert reply.headers["ETag"] == f'"{found[1]}"'
    assert "Expires" in reply.headers
    assert reply.json["openapi"] == "3.0.0"
    wrong = await call("GET", "/openapi/v3/apis/apps/v1?hash=0")
    assert (wrong.status, wrong.headers["Location"]) == (301, url)
    plain = await call("GET", "/openapi/v3/apis/apps/v1")
    assert plain.headers["Cache-Control"] == "no-cache, private"
    kept = await call("GET", url, headers={"If-None-Match": f'"{found[1]}"'})
    assert kept.status == 304


async def test_openapi_of_what_is_not_there_is_an_empty_404(call: Caller) -> None:
    reply = await call("GET", "/openapi/v3/apis/nosuch/v1")
    assert (reply.status, reply.body) == (404, b"")
    assert "Content-Type" not in reply.headers
    refused = await call("GET", "/openapi/v2", headers={"Accept": "application/yaml"})
    assert (refused.status, refused.body) == (406, b"")


async def test_openapi_v2_is_one_document(call: Caller) -> None:
    reply = await call("GET", "/openapi/v2")
    assert reply.json["swagger"] == "2.0"
    assert "/api/v1/pods" in reply.json["paths"]


@pytest.mark.parametrize("name", ["healthz", "livez", "readyz"])
async def test_health_is_told_whole_in_detail_and_check_by_check(call: Caller, name: str) -> None:
    assert (await call("GET", f"/{name}")).body == b"ok"
    detail = (await call("GET", f"/{name}?verbose&exclude=etcd&exclude=nosuch")).body.decode()
    assert "[+]ping ok\n" in detail
    assert "[+]etcd excluded: ok\n" in detail
    assert detail.endswith(
        'warn: some health checks cannot be excluded: no matches for "nosuch"\n'
        f"{name} check passed\n"
    )
    assert (await call("GET", f"/{name}/ping")).body == b"ok"
    assert (await call("GET", f"/{name}/poststarthook/rbac/bootstrap-roles")).body == b"ok"
    assert (await call("GET", f"/{name}/nosuch")).status == 404
    assert (await call("POST", f"/{name}", {})).body == b"ok"


async def test_the_version_is_indented_json_in_upstreams_order(call: Caller) -> None:
    reply = await call("GET", "/version")
    assert reply.body.startswith(b'{\n  "major": "1",\n  "minor": "37",\n')
    assert reply.body.endswith(b'"linux/amd64"\n}')
    assert (await call("GET", "/version", headers={"Accept": "application/yaml"})).status == 406


async def test_the_root_lists_the_paths_in_order(call: Caller) -> None:
    paths = (await call("GET", "/")).json["paths"]
    assert paths == sorted(paths)
    assert {"/api/v1", "/apis/apps/v1", "/readyz/etcd", "/version"} <= set(paths)


async def test_requests_are_counted(call: Caller) -> None:
    for _ in range(2):
        await call("GET", CONFIGMAPS + "/none")
    reply = await call("GET", "/metrics")
    assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert (
        b'apiserver_request_total{code="404",group="",resource="configmaps",subresource="",'
        b'verb="GET",version="v1"} 2\n'
    ) in reply.body


async def test_the_issuer_of_tokens_publishes_its_keys(call: Caller) -> None:
    found = await call("GET", "/.well-known/openid-configuration")
    assert found.headers["Cache-Control"] == "public, max-age=3600"
    assert found.json["jwks_uri"].endswith("/openid/v1/jwks")
    keys = await call("GET", "/openid/v1/jwks", headers={"Accept": ""})
    assert keys.headers["Content-Type"] == "application/jwk-set+json"
    assert keys.json["keys"][0]["alg"] == "RS256"
    other = await call("GET", "/openid/v1/jwks", headers={"Accept": "application/json"})
    assert other.status == 406
    assert other.message.endswith("Available representations: application/jwk-set+json")


@pytest.mark.parametrize("path", ["/apis", "/apis/apps"])
async def test_the_aggregator_answers_for_groups_whatever_the_method(
    call: Caller, path: str
) -> None:
    reply = await call("POST", path, {}, headers={"Accept": "application/*"})
    assert reply.status == 200


async def test_with_more_slashes_groups_are_documents_like_others(call: Caller) -> None:
    assert (await call("GET", "/apis//")).body == b"404 page not found\n"
    assert (await call("GET", "/apis/apps//")).json["kind"] == "APIGroup"
    assert (await call("POST", "/apis/apps//", {})).status == 405


async def test_discovery_is_written_as_protobuf_too(call: Caller) -> None:
    for path in ("/api", "/api/v1", "/apis", "/apis/apps", "/apis/apps/v1"):
        reply = await call("GET", path, headers={"Accept": "application/vnd.kubernetes.protobuf"})
        assert reply.body.startswith(b"k8s\0"), path


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("5", 'time: missing unit in duration "5"'),
        ("5x", 'time: unknown unit "x" in duration "5x"'),
        ("abc", 'time: invalid duration "abc"'),
    ],
)
async def test_a_timeout_that_is_no_duration_is_refused_before_all_else(
    call: Caller, text: str, why: str
) -> None:
    reply = await call("GET", f"/healthz?timeout={text}", headers={"Authorization": ""})
    assert reply.status == 400
    assert reply.message == f"invalid timeout specified in the request URL - {why}"
    watch = "/api/v1/configmaps?watch=true&timeoutSeconds=1&timeout=" + text
    assert (await call("GET", watch)).status == 200


async def test_a_path_that_watches_nothing_makes_no_request(call: Caller) -> None:
    reply = await call("GET", "/apis/apps/v1/watch?a=1&b=2")
    assert reply.status == 500
    url = b"/apis/apps/v1/watch?a=1&amp;b=2"
    assert reply.body == (
        b'Internal Server Error: "' + url + b'": failed to create RequestInfo: '
        b"unable to determine kind and namespace from url, " + url + b"\n"
    )


async def test_nothing_is_watched_by_writes(call: Caller) -> None:
    reply = await call("POST", "/api/v1/watch/namespaces/default/configmaps", {})
    assert reply.status == 405


async def test_a_custom_resource_is_only_where_its_scope_has_it(call: Caller) -> None:
    catalogue = call.cluster.server.catalogue
    catalogue.add(BOAT)
    catalogue.add(
        replace(BOAT, plural="seas", kind="Sea", resource="seas.example.com", namespaced=False)
    )
    for method, path in (
        ("GET", "seas/a"),
        ("GET", "seas"),
        ("POST", "seas"),
        ("DELETE", "seas"),
    ):
        reply = await call(method, f"/apis/example.com/v1/namespaces/default/{path}")
        assert (reply.status, reply.body) == (404, b"404 page not found\n"), path
    for method, path in (("GET", "boats/a"), ("POST", "boats"), ("DELETE", "boats")):
        reply = await call(method, f"/apis/example.com/v1/{path}")
        assert (reply.status, reply.body) == (404, b"404 page not found\n"), path
    assert (await call("GET", "/apis/example.com/v1/boats")).status == 200


async def test_a_deprecated_version_warns_where_it_has_no_such_door_too(call: Caller) -> None:
    deprecated = replace(BOAT.behaviour, deprecation="use v2")
    call.cluster.server.catalogue.add(replace(BOAT, behaviour=deprecated, subresources={}))
    reply = await call("GET", "/apis/example.com/v1/namespaces/default/boats/a/status")
    assert reply.status == 404
    assert reply.headers["Warning"] == '299 - "use v2"'
