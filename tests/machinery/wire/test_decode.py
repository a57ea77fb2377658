"""JSON bodies into Go types: canonical objects, strict errors, decoder messages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakek8s.facts import load_facts
from fakek8s.machinery.wire.canonical import canonical, sorted_copy, zero
from fakek8s.machinery.wire.decode import DecodeError, decode_json, decode_value
from fakek8s.machinery.wire.jsontext import dump
from fakek8s.machinery.wire.types import WireType, WireTypes
from fakek8s.machinery.wire.unstructured import from_unstructured

TYPES = WireTypes(load_facts().gotypes)
VERSIONS = {
    "Deployment": "apps/v1",
    "ControllerRevision": "apps/v1",
    "CustomResourceDefinition": "apiextensions.k8s.io/v1",
    "Lease": "coordination.k8s.io/v1",
}


def of(kind: str) -> WireType:
    found = TYPES.of_kind(VERSIONS.get(kind, "v1"), kind)
    assert found is not None
    return found


def decoded(kind: str, body: Any) -> dict[str, Any]:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return decode_json(text, of(kind)).object


def test_fields_are_put_in_go_order_and_empty_ones_left_out() -> None:
    body = {
        "spec": {"hostNetwork": False, "nodeName": "", "containers": [{"image": "b", "name": "a"}]},
        "metadata": {"labels": {"b": "1", "a": "2"}, "name": "x", "annotations": {}},
        "kind": "Pod",
    }
    assert dump(decoded("Pod", body)) == (
        b'{"kind":"Pod","metadata":{"name":"x","labels":{"a":"2","b":"1"}},'
        b'"spec":{"containers":[{"name":"a","image":"b","resources":{}}]},"status":{}}'
    )


def test_fields_that_always_stand_are_written_when_absent() -> None:
    assert dump(decoded("Deployment", {})) == (
        b'{"metadata":{},"spec":{"selector":null,"template":{"metadata":{},"spec":{"containers":null}},'
        b'"strategy":{}},"status":{}}'
    )
    assert zero(of("Deployment")) == decoded("Deployment", {})


def test_null_is_the_zero_value() -> None:
    body = {"metadata": None, "data": {"x": None}, "binaryData": None, "immutable": None}
    assert decoded("ConfigMap", body) == {"metadata": {}, "data": {"x": ""}}


def test_values_with_forms_of_their_own_become_canonical() -> None:
    container = {
        "name": "a",
        "resources": {
            "limits": {"cpu": 0.5, "memory": "1024Mi"},
            "requests": {"cpu": 1, "x": None},
        },
        "livenessProbe": {"httpGet": {"port": "http"}, "initialDelaySeconds": -0},
    }
    body = {
        "metadata": {"creationTimestamp": "2026-01-02T03:04:05.9+01:00"},
        "spec": {"containers": [container]},
    }
    made = decoded("Pod", body)
    assert made["metadata"] == {"creationTimestamp": "2026-01-02T02:04:05Z"}
    assert made["spec"]["containers"][0]["resources"] == {
        "limits": {"cpu": "500m", "memory": "1Gi"},
        "requests": {"cpu": "1", "x": "0"},
    }
    assert made["spec"]["containers"][0]["livenessProbe"] == {"httpGet": {"port": "http"}}


def test_base64_is_written_without_its_newlines() -> None:
    assert decoded("Secret", {"data": {"k": "A\nAAA"}})["data"] == {"k": "AAAA"}


def test_raw_json_keeps_order_and_the_text_of_its_numbers() -> None:
    data = b'{"l":[{"n":null,"f":1.50,"e":1e3,"big":123456789012345678901234567890}],"a":-0.0}'
    made = decoded("ControllerRevision", b'{"data":' + data + b',"revision":1}')
    assert dump(made) == b'{"metadata":{},"data":' + data + b',"revision":1}'


def test_a_schema_may_be_a_boolean_or_a_list_where_upstream_allows_it() -> None:
    schema = {
        "additionalProperties": False,
        "items": [{"type": "string"}],
        "properties": {"a": {"maximum": 1.0, "minimum": 1.5}},
    }
    body = {"spec": {"versions": [{"schema": {"openAPIV3Schema": schema}}]}}
    made = decoded("CustomResourceDefinition", body)
    inner = made["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    assert dump(inner) == (
        b'{"items":[{"type":"string"}],"properties":{"a":{"maximum":1,"minimum":1.5}},'
        b'"additionalProperties":false}'
    )


STRICT = [
    (
        b'{"metadata":{"name":"x","nope":1,"name":"y"},"data":{"k":"a","k":"b"},"dat":1,"data":{"z":"1"}}',
        [
            'unknown field "metadata.nope"',
            'duplicate field "metadata.name"',
            'duplicate field "data.k"',
            'unknown field "dat"',
            'duplicate field "data"',
        ],
    ),
    (
        b'{"data":{"k":"a","\\u006b":"b"},"q\\"\\n":1}',
        ['duplicate field "data.k"', 'unknown field "q\\"\\n"'],
    ),
    (b'{"dat":{"z":1,"z":2}, "Data":{}}', ['unknown field "dat"', 'unknown field "Data"']),
]


@pytest.mark.parametrize(("body", "errors"), STRICT)
def test_unknown_and_repeated_fields_are_reported_in_document_order(
    body: bytes, errors: list[str]
) -> None:
    assert decode_json(body, of("ConfigMap")).strict_errors == errors


def test_what_a_repeated_field_holds_is_merged_into_what_it_held() -> None:
    body = (
        b'{"metadata":{"name":"x"},"data":{"k":"a"},"metadata":{"labels":{}},'
        b'"data":{"z":"1"},"data":null}'
    )
    assert decoded("ConfigMap", body) == {"metadata": {"name": "x"}}


def test_strict_errors_within_lists_name_the_index() -> None:
    body = {"spec": {"containers": [{"name": "a"}, {"env": [{"valu": 1}]}]}}
    found = decode_json(json.dumps(body).encode(), of("Pod")).strict_errors
    assert found == ['unknown field "spec.containers[1].env[0].valu"']


def test_at_most_a_hundred_strict_errors_are_kept() -> None:
    body = json.dumps({f"u{i}": i for i in range(150)}).encode()
    assert len(decode_json(body, of("ConfigMap")).strict_errors) == 100


def container(**fields: Any) -> dict[str, Any]:
    return {"spec": {"containers": [fields]}}


def schema(props: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"versions": [{"schema": {"openAPIV3Schema": props}}]}}


QUANTITY = (
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
)
SPEC = "PodSpec.spec"
RESOURCES = "ResourceRequirements.spec.containers.resources"
CONFIG_MAP_NAME = "VolumeSource.configMap.LocalObjectReference.name"
SCHEMA = "JSONSchemaProps.spec.versions.schema.openAPIV3Schema"
PORT = "ServicePort.spec.ports.targetPort"
LONG = "99999999999999999999"

# kind, body, what was found, the field, its type
MISMATCHES: list[tuple[str, Any, str, str, str]] = [
    ("Pod", {"spec": {"containers": "x"}}, "string", f"{SPEC}.containers", "[]v1.Container"),
    ("Pod", {"spec": 5}, "number", "Pod.spec", "v1.PodSpec"),
    ("Pod", container(env=[{"value": 1}]), "number", "EnvVar.spec.containers.env.value", "string"),
    ("Pod", container(resources={"limits": []}), "array", f"{RESOURCES}.limits", "v1.ResourceList"),
    (
        "Pod",
        {"spec": {"volumes": [{"configMap": {"name": 5}}]}},
        "number",
        f"ConfigMapVolumeSource.spec.volumes.{CONFIG_MAP_NAME}",
        "string",
    ),
    ("Pod", b'{"spec":{"priority":1.0}}', "number 1.0", f"{SPEC}.priority", "int32"),
    ("Pod", b'{"spec":{"priority":1e3}}', "number 1e3", f"{SPEC}.priority", "int32"),
    ("Pod", {"spec": {"priority": 2**31}}, "number 2147483648", f"{SPEC}.priority", "int32"),
    (
        "Pod",
        {"spec": {"terminationGracePeriodSeconds": int(LONG)}},
        f"number {LONG}",
        f"{SPEC}.terminationGracePeriodSeconds",
        "int64",
    ),
    ("Service", {"spec": {"ports": [{"targetPort": True}]}}, "bool", PORT, "int32"),
    ("Service", {"spec": {"ports": [{"targetPort": 1.5}]}}, "number 1.5", PORT, "int32"),
    ("ConfigMap", {"metadata": "text"}, "string", "ConfigMap.metadata", "v1.ObjectMeta"),
    ("ConfigMap", {"data": {"a": 1}, "immutable": "x"}, "number", "ConfigMap.data", "string"),
    ("ConfigMap", {"immutable": "x", "data": {"a": 1}}, "string", "ConfigMap.immutable", "bool"),
    (
        "ConfigMap",
        {"metadata": {"creationTimestamp": 5}},
        "number",
        "ObjectMeta.metadata.creationTimestamp",
        "string",
    ),
    (
        "CustomResourceDefinition",
        schema({"items": [{"type": 1}]}),
        "number",
        f"{SCHEMA}.items.type",
        "string",
    ),
    (
        "CustomResourceDefinition",
        schema({"dependencies": []}),
        "array",
        f"{SCHEMA}.dependencies",
        "v1.JSONSchemaDependencies",
    ),
]


@pytest.mark.parametrize(("kind", "body", "found", "field", "target"), MISMATCHES)
def test_values_of_a_wrong_type_are_refused_in_gos_words(
    kind: str, body: Any, found: str, field: str, target: str
) -> None:
    with pytest.raises(DecodeError) as caught:
        decoded(kind, body)
    assert str(caught.value) == (
        f"json: cannot unmarshal {found} into Go struct field {field} of type {target}"
    )


RFC3339 = '"2006-01-02T15:04:05Z07:00"'
MICRO = '"2006-01-02T15:04:05.000000Z07:00"'
OWN_WORDS: list[tuple[str, Any, str]] = [
    ("Pod", container(resources={"limits": {"cpu": "x"}}), QUANTITY),
    ("Pod", container(resources={"limits": {"cpu": "1XX"}}), QUANTITY),
    ("Pod", container(resources={"limits": {"cpu": True}}), QUANTITY),
    (
        "ConfigMap",
        {"data": {"a": 1}, "metadata": {"creationTimestamp": "x"}},
        f'parsing time "x" as {RFC3339}: cannot parse "x" as "2006"',
    ),
    (
        "Lease",
        {"spec": {"renewTime": "2020-01-01T00:00:00Z"}},
        f'parsing time "2020-01-01T00:00:00Z" as {MICRO}: cannot parse "Z" as ".000000"',
    ),
    (
        "CustomResourceDefinition",
        schema({"additionalProperties": 5}),
        "boolean or JSON schema expected",
    ),
]


@pytest.mark.parametrize(("kind", "body", "message"), OWN_WORDS)
def test_types_with_their_own_json_refuse_in_their_own_words(
    kind: str, body: Any, message: str
) -> None:
    with pytest.raises(DecodeError) as caught:
        decoded(kind, body)
    assert str(caught.value) == message


BASE64 = {
    "!!": 0,
    "AAA": 0,
    "A": 0,
    "=": 0,
    "AA=x": 2,
    "AA=": 3,
    "AAA=A": 4,
    "AA==A": 4,
    "AAAA=": 4,
    "AAAAA": 4,
}


@pytest.mark.parametrize(("text", "offset"), BASE64.items())
def test_bad_base64_names_the_byte_where_go_stops(text: str, offset: int) -> None:
    with pytest.raises(DecodeError, match=f"^illegal base64 data at input byte {offset}$"):
        decoded("Secret", {"data": {"k": text}})


def test_parsed_values_decode_like_text() -> None:
    body = {"spec": {"ports": [{"port": 80}], "nope": 1}}
    made = decode_value(body, of("Service"))
    assert made.strict_errors == ['unknown field "spec.nope"']
    assert made.object == decoded("Service", {"spec": {"ports": [{"port": 80}]}})
    with pytest.raises(DecodeError, match="cannot unmarshal bool into"):
        decode_value({"data": {"true": False}}, of("ConfigMap"))


UNSTRUCTURED = [
    ({"data": {"a": 1}}, "cannot convert int64 to string"),
    ({"data": []}, "cannot restore map from slice"),
    ({"metadata": "x"}, "cannot restore struct from: string"),
    ({"metadata": {"finalizers": {}}}, "cannot restore slice from map"),
    ({"immutable": "x"}, "unrecognized type: bool"),
    ({"data": {"a": True}}, "unrecognized type: string"),
    ({"binaryData": {"a": "!!"}}, "error decoding from json: illegal base64 data at input byte 0"),
]


@pytest.mark.parametrize(("value", "message"), UNSTRUCTURED)
def test_the_map_converter_has_words_of_its_own(value: dict[str, Any], message: str) -> None:
    with pytest.raises(DecodeError) as caught:
        from_unstructured(value, of("ConfigMap"))
    assert str(caught.value) == message


def test_the_map_converter_takes_whole_floats_and_sorts_unknown_fields() -> None:
    value = {"zz": 1, "spec": {"replicas": 2.0, "b": 1}}
    made = from_unstructured(value, of("Deployment"))
    assert made.object["spec"]["replicas"] == 2
    assert made.strict_errors == ['unknown field "spec.b"', 'unknown field "zz"']


def test_canonical_puts_an_edited_object_in_order_and_shares_the_rest() -> None:
    pod = decoded("Pod", {"kind": "Pod", "metadata": {"name": "x"}, "spec": {"nodeName": "n"}})
    edited = {**pod, "spec": {"hostNetwork": False, "dnsPolicy": "Default", **pod["spec"]}}
    del edited["status"]
    made = canonical(edited, of("Pod"))
    assert list(made) == ["kind", "metadata", "spec", "status"]
    assert made["spec"] == {"containers": None, "dnsPolicy": "Default", "nodeName": "n"}
    assert list(made["spec"]) == ["containers", "dnsPolicy", "nodeName"]
    assert made["metadata"] is pod["metadata"]


NAMES = st.text("abc.-", min_size=1, max_size=4)
QUANTITIES = st.sampled_from(["1", "0.5", "1024Mi", "1e3", "100m", "1.500", 2, 0.25, None, "+5"])
CONTAINERS = st.fixed_dictionaries(
    {},
    optional={
        "image": st.text(max_size=5),
        "name": NAMES | st.just(""),
        "env": st.lists(
            st.fixed_dictionaries({"name": NAMES}, optional={"value": st.text()}), max_size=2
        ),
        "resources": st.fixed_dictionaries(
            {}, optional={"limits": st.dictionaries(NAMES, QUANTITIES, max_size=3) | st.none()}
        ),
        "stdin": st.booleans() | st.none(),
        "livenessProbe": st.fixed_dictionaries(
            {}, optional={"periodSeconds": st.integers(0, 9), "tcpSocket": st.just({"port": "x"})}
        ),
    },
)
PODS = st.fixed_dictionaries(
    {},
    optional={
        "status": st.just({"phase": "Running", "conditions": [{"lastProbeTime": None}]}),
        "metadata": st.fixed_dictionaries(
            {}, optional={"labels": st.dictionaries(NAMES, st.text()), "name": NAMES}
        ),
        "spec": st.fixed_dictionaries(
            {},
            optional={
                "containers": st.lists(CONTAINERS, max_size=3) | st.none(),
                "priority": st.integers(-(2**31), 2**31 - 1) | st.none(),
                "nodeSelector": st.dictionaries(NAMES, st.none() | st.text()),
            },
        ),
    },
)


@given(PODS)
def test_decoding_what_was_written_gives_the_same_object(pod: dict[str, Any]) -> None:
    made = decoded("Pod", pod)
    assert dump(decoded("Pod", dump(made))) == dump(made)
    assert canonical(made, of("Pod")) is made


@given(PODS)
def test_canonical_of_a_shuffled_object_is_the_object(pod: dict[str, Any]) -> None:
    made = decoded("Pod", pod)

    def reversed_keys(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: reversed_keys(value[k]) for k in reversed(value)}
        return [reversed_keys(v) for v in value] if isinstance(value, list) else value

    assert dump(canonical(reversed_keys(made), of("Pod"))) == dump(made)


def test_sorted_copy_orders_keys_and_writes_floats_as_go_does() -> None:
    assert dump(sorted_copy({"b": 1.0, "a": [1e21, 1e-7, 1.5, {"d": None, "c": 2}]})) == (
        b'{"a":[1e+21,1e-7,1.5,{"c":2,"d":null}],"b":1}'
    )


def test_null_in_a_map_of_bytes_is_empty() -> None:
    secret = TYPES.of_kind("v1", "Secret")
    assert secret is not None
    assert decode_value({"data": {"a": None}}, secret).object["data"] == {"a": ""}


@pytest.mark.parametrize("times", [1, 3])
def test_empty_lists_that_say_something_are_left_for_the_rules(times: int) -> None:
    autoscaler = TYPES.of_kind("autoscaling/v2", "HorizontalPodAutoscaler")
    assert autoscaler is not None
    body = {"spec": {"maxReplicas": 1, "metrics": [], "behavior": {"scaleUp": {"policies": []}}}}
    text = json.dumps(body).encode()
    *_, found = (decode_json(text, autoscaler).object for _ in range(times))
    assert found["spec"]["behavior"] == {"scaleUp": {"policies": []}}
    assert "metrics" not in found["spec"]
    assert canonical(found, autoscaler)["spec"]["behavior"] == {"scaleUp": {}}
