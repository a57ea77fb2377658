"""Bodies that cannot be taken are refused in upstream's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .conftest import CONFIGMAPS, configmap

if TYPE_CHECKING:
    from .conftest import Caller

YAML = "application/yaml"
PROTOBUF = "application/vnd.kubernetes.protobuf"
UNRECOGNIZED = "the object provided is unrecognized (must be of type ConfigMap): "
SCHEME = 'in scheme "pkg/runtime/scheme.go:111"'


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            b"",
            UNRECOGNIZED + "couldn't get version/kind; json parse error: "
            "unexpected end of JSON input (<empty>)",
        ),
        (
            {"apiVersion": "v1", "kind": "Secret"},
            (
                'Secret in version "v1" cannot be handled as a ConfigMap: '
                "converting (v1.Secret) to (core.ConfigMap): unknown conversion"
            ),
        ),
        (
            {"apiVersion": "v2", "kind": "ConfigMap"},
            (
                'ConfigMap in version "v2" cannot be handled as a ConfigMap: '
                f'no kind "ConfigMap" is registered for version "v2" {SCHEME}'
            ),
        ),
        (
            {"apiVersion": "a/b/c", "kind": "ConfigMap"},
            UNRECOGNIZED + "unexpected GroupVersion string: a/b/c "
            '({"apiVersion": "a/b/c", "kind" ...)',
        ),
        (
            {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": 1}},
            (
                'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: '
                "cannot unmarshal number into Go struct field ConfigMap.data of type string"
            ),
        ),
    ],
)
async def test_a_body_of_another_kind_is_named(call: Caller, body: Any, message: str) -> None:
    reply = await call("POST", CONFIGMAPS, body)
    assert (reply.status, reply.message) == (400, message)


async def test_another_version_of_the_same_type_is_told_from_another_type(call: Caller) -> None:
    events = "/api/v1/namespaces/default/events"
    reply = await call("POST", events, {"apiVersion": "events.k8s.io/v1", "kind": "Event"})
    assert reply.message == (
        "the API version in the data (events.k8s.io/v1) does not match "
        "the expected API version (v1)"
    )


async def test_servers_of_their_own_do_not_know_the_others_kinds(call: Caller) -> None:
    path = "/apis/apiregistration.k8s.io/v1/apiservices"
    reply = await call("POST", path, {"apiVersion": "v1", "kind": "ConfigMap"})
    assert reply.message == (
        'ConfigMap in version "v1" cannot be handled as a APIService: '
        f'no kind "ConfigMap" is registered for version "v1" {SCHEME}'
    )


async def test_what_the_body_leaves_out_is_taken_from_the_path(call: Caller) -> None:
    reply = await call("POST", CONFIGMAPS, configmap("bare", a="b"))
    assert reply.status == 201
    assert reply.body.startswith(b'{"kind":"ConfigMap","apiVersion":"v1",')


async def test_strict_validation_names_all_fields_at_once(call: Caller) -> None:
    body = {"metadata": {"name": "s", "nope": 1}, "dat": {}}
    reply = await call("POST", CONFIGMAPS + "?fieldValidation=Strict", body)
    assert reply.message == (
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: '
        'unknown field "metadata.nope", unknown field "dat"'
    )


async def test_yaml_is_read_and_its_repeated_keys_warned_of(call: Caller) -> None:
    body = b"metadata: {name: doc}\ndata:\n  k: '1'\n  k: '2'\nbogus: true\n"
    reply = await call("POST", CONFIGMAPS, body, headers={"Content-Type": YAML})
    assert reply.status == 201
    assert reply.json["data"] == {"k": "2"}
    warnings = reply.headers.getall("Warning")  # type: ignore[attr-defined]
    assert warnings == [
        '299 - "line 4: key \\"k\\" already set in map"',
        '299 - "unknown field \\"bogus\\""',
    ]


async def test_protobuf_comes_back_as_it_went(call: Caller) -> None:
    await call("POST", CONFIGMAPS, configmap("p", a="b"))
    held = await call("GET", CONFIGMAPS + "/p", headers={"Accept": PROTOBUF})
    assert held.headers["Content-Type"] == PROTOBUF
    reply = await call(
        "PUT",
        CONFIGMAPS + "/p",
        held.body,
        headers={"Content-Type": PROTOBUF, "Accept": PROTOBUF},
    )
    assert (reply.status, reply.body) == (200, held.body)
    broken = await call("POST", CONFIGMAPS, b"xx", headers={"Content-Type": PROTOBUF})
    assert broken.message == (
        UNRECOGNIZED + "provided data does not appear to be a protobuf message, "
        "expected prefix [107 56 115 0] (7878)"
    )


async def test_a_body_in_another_type_is_unsupported(call: Caller) -> None:
    reply = await call("POST", CONFIGMAPS, b"x", headers={"Content-Type": "text/plain"})
    assert reply.status == 415
    assert reply.message == (
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json, application/yaml, application/vnd.kubernetes.protobuf"
    )


@pytest.mark.parametrize(
    "body",
    [
        {"apiVersion": "v1", "kind": "DeleteOptions"},
        {"apiVersion": "anything/v7", "kind": "DeleteOptions", "unheard": 1},
        {},
    ],
)
async def test_delete_options_may_name_any_version(call: Caller, body: Any) -> None:
    await call("POST", CONFIGMAPS, configmap("d"))
    assert (await call("DELETE", CONFIGMAPS + "/d", body)).status == 200


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"kind": "Foo", "apiVersion": "v1"},
            f'no kind "Foo" is registered for version "v1" {SCHEME}',
        ),
        (
            {"kind": "CreateOptions", "apiVersion": "v1"},
            "converting (v1.CreateOptions) to (v1.DeleteOptions): unknown conversion",
        ),
        (
            {"gracePeriodSeconds": "x"},
            (
                "json: cannot unmarshal string into Go struct field "
                "DeleteOptions.gracePeriodSeconds of type int64"
            ),
        ),
        (b"{", "couldn't get version/kind; json parse error: unexpected end of JSON input"),
    ],
)
async def test_other_options_are_refused_in_bare_words(
    call: Caller, body: Any, message: str
) -> None:
    await call("POST", CONFIGMAPS, configmap("d"))
    reply = await call("DELETE", CONFIGMAPS + "/d", body)
    assert (reply.status, reply.message) == (400, message)
    assert (await call("GET", CONFIGMAPS + "/d")).status == 200


@pytest.mark.parametrize("version", ["extensions/v1beta1", "apps/v1beta2"])
async def test_a_scale_of_another_version_is_told_from_another_kind(
    call: Caller, version: str
) -> None:
    path = "/api/v1/namespaces/default/replicationcontrollers/x/scale"
    body = {"apiVersion": version, "kind": "Scale", "metadata": {"name": "x"}}
    reply = await call("PUT", path, body)
    assert reply.message == (
        f"the API version in the data ({version}) does not match the expected API version "
        "(autoscaling/v1)"
    )
