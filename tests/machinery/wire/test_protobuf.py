"""Protobuf against upstream's bytes: recorded answers, kubectl's requests, Go's own encoder."""

from __future__ import annotations

from base64 import b64decode
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakek8s.facts import load_facts
from fakek8s.machinery.wire import protobuf
from fakek8s.machinery.wire.jsontext import dump
from fakek8s.machinery.wire.protobuf import NotMarshalable, ProtobufError
from fakek8s.machinery.wire.types import GoType, WireType, WireTypes

if TYPE_CHECKING:
    from collections.abc import Callable

RAW = Path(__file__).parents[3] / "conformance" / "transcripts" / "raw"
META = "k8s.io/apimachinery/pkg/apis/meta/v1."

# What kubectl 1.37 sends for `kubectl create ...`.
KUBECTL_BODIES = {
    "namespaces": ("azhzAAoPCgJ2MRIJTmFtZXNwYWNlEhoKEgoCdDESABoAIgAqADIAOABCABIAGgIKABoAIgA="),
    "deployments": (
        "azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50EroBCiEKA3dlYhIAGgJ0MSIAKgAyADgAQgBaCgoDYXBwEgN3ZWIS"
        "hgEIAhIMCgoKA2FwcBIDd2ViGmwKHAoAEgAaACIAKgAyADgAQgBaCgoDYXBwEgN3ZWISTBIuCgVuZ2lueBIFbmdp"
        "bngqADIKCgAQABhQIgAqAEIAagByAIABAIgBAJABAKIBABoAMgBCAEoAUgBYAGAAaACCAQCKAQCaAQDCAQAiAgoA"
        "KAA4ABoMCAAQABgAIAAoADgAGgAiAA=="
    ),
    "configmaps": (
        "azhzAAoPCgJ2MRIJQ29uZmlnTWFwEicKFAoCY20SABoCdDEiACoAMgA4AEIAEgYKAWESAWISBwoBehICw6kaACIA"
    ),
    "secrets": ("azhzAAoMCgJ2MRIGU2VjcmV0Eh8KEwoBcxIAGgJ0MSIAKgAyADgAQgASBgoBcBIBcRoAGgAiAA=="),
    "token": (
        "azhzAAooChhhdXRoZW50aWNhdGlvbi5rOHMuaW8vdjESDFRva2VuUmVxdWVzdBIaChAKABIAGgAiACoAMgA4AEIA"
        "EgAaBAoAEgAaACIA"
    ),
    "jobs": (
        "azhzAAoPCghiYXRjaC92MRIDSm9iEnQKEwoBahIAGgJ0MSIAKgAyADgAQgASUzJRChAKABIAGgAiACoAMgA4AEIA"
        "Ej0SGgoBahIBeCoAQgBqAHIAgAEAiAEAkAEAogEAGgVOZXZlcjIAQgBKAFIAWABgAGgAggEAigEAmgEAwgEAGggg"
        "ACgAMAA6ABoAIgA="
    ),
    "roles": (
        "azhzAAokChxyYmFjLmF1dGhvcml6YXRpb24uazhzLmlvL3YxEgRSb2xlEiQKEwoBchIAGgJ0MSIAKgAyADgAQgAS"
        "DQoDZ2V0EgAaBHBvZHMaACIA"
    ),
    "resourcequotas": (
        "azhzAAoTCgJ2MRINUmVzb3VyY2VRdW90YRI2ChMKAXESABoCdDEiACoAMgA4AEIAEh0KDgoDY3B1EgcKBTE1MDBt"
        "CgsKBHBvZHMSAwoBMhoAGgAiAA=="
    ),
    "selfsubjectaccessreviews": (
        "azhzAAoyChdhdXRob3JpemF0aW9uLms4cy5pby92MRIXU2VsZlN1YmplY3RBY2Nlc3NSZXZpZXcSPAoQCgASABoA"
        "IgAqADIAOABCABIeChwKB2RlZmF1bHQSA2dldBoAIgAqBHBvZHMyADoAGggIABIAGgAgABoAIgA="
    ),
    "poddisruptionbudgets": (
        "azhzAAogCglwb2xpY3kvdjESE1BvZERpc3J1cHRpb25CdWRnZXQSOAoTCgFwEgAaAnQxIgAqADIAOABCABIVCgkI"
        "ARAAGgM1MCUSCAoGCgFhEgFiGgoIABgAIAAoADAAGgAiAA=="
    ),
}

# What Go makes of one object: protobuf, JSON.
GO_TWINS = {
    "CustomResourceDefinition": (
        (
            "azhzAAozChdhcGlleHRlbnNpb25zLms4cy5pby92MRIYQ3VzdG9tUmVzb3VyY2VEZWZpbml0aW9uEowEChMKA2Iu"
            "eBIAGgAiACoAMgA4AEIAEuYDCgF4GgoKAWISACIBQioAIgdDbHVzdGVyOskDCgJ2MRABGAEivAMKuQMKABIAIgAq"
            "Bm9iamVjdDIAOgBCCQoHeyJiIjoxfUkAAAAAAAD4P1AAWQAAAAAAAAhAYAFoB3oAkAEAogEDCgExogEFCgMiYSKi"
            "AQCiARMKEXsieiI6MS41MCwiYSI6W119wgEmCiQKABIAIgAqBnN0cmluZzIAOgBQAGAAegCQAQCoAgC4AgDAAgDq"
            "AU8KAW8SSgoAEgAiACoAMgA6AFAAYAB6AJABAPIBKQgBEiUKABIAIgAqB2ludGVnZXIyADoAUABgAHoAkAEAqAIA"
            "uAIAwAIAqAIAuAIAwAIA6gEtCgFwEigKABIAIgAqADIAOgBQAGAAegCQAQDyAQIIAIoCAggBqAIAuAIAwAIA6gFn"
            "CgFxEmIKABIAIgAqADIAOgBQAGAAegCQAQDCAUESHwoAEgAiACoBYTIAOgBQAGAAegCQAQCoAgC4AgDAAgASHgoA"
            "EgAiACoAMgA6AFAAYAB6AJABAKgCALgCAMACAKgCALgCAMACAIICJgoBYxIhCh8KABIAIgAqAWMyADoAUABgAHoA"
            "kAEAqAIAuAIAwAIAggILCgFkEgYSAWUSAWaoAgCwAgG4AgDAAgA4AFAAGgwSCAoAEgAiACoAIAAaACIA"
        ),
        (
            r"""{"kind":"CustomResourceDefinition","apiVersion":"apiextensions.k8s.io/v1","metad"""
            r"""ata":{"name":"b.x"},"spec":{"group":"x","names":{"plural":"b","kind":"B"},"scope"""
            r"""":"Cluster","versions":[{"name":"v1","served":true,"storage":true,"schema":{"ope"""
            r"""nAPIV3Schema":{"type":"object","default":{"b":1},"maximum":1.5,"minimum":3,"excl"""
            r"""usiveMinimum":true,"maxLength":7,"enum":[1,"a",null,{"z":1.50,"a":[]}],"items":{"""
            r'''"type":"string"},"properties":{"o":{"additionalProperties":{"type":"integer"}},"'''
            r'''p":{"additionalProperties":false,"additionalItems":true},"q":{"items":[{"type":"'''
            r"""a"},{}]}},"dependencies":{"c":{"type":"c"},"d":["e","f"]},"x-kubernetes-preserve"""
            r'''-unknown-fields":true}}}]},"status":{"conditions":null,"acceptedNames":{"plural"'''
            r""":"","kind":""},"storedVersions":null}}"""
        ),
    ),
    "Lease": (
        (
            "azhzAAofChZjb29yZGluYXRpb24uazhzLmlvL3YxEgVMZWFzZRJNCh4KAWwSABoAIgAqADIAOABCDQj/////////"
            "//8BEAASKwoAEP///////////wEaDgiAovfr/v////8BEOgHIgwIpevcygYQiOrcwwIaACIA"
        ),
        (
            r"""{"kind":"Lease","apiVersion":"coordination.k8s.io/v1","metadata":{"name":"l","cr"""
            r"""eationTimestamp":"1969-12-31T23:59:59Z"},"spec":{"holderIdentity":"","leaseDurat"""
            r"""ionSeconds":-1,"acquireTime":"1960-02-29T00:00:00.000001Z","renewTime":"2026-01-"""
            r"""02T03:04:05.678901Z"}}"""
        ),
    ),
    "SubjectAccessReview": (
        (
            "azhzAAouChdhdXRob3JpemF0aW9uLms4cy5pby92MRITU3ViamVjdEFjY2Vzc1JldmlldxI9ChAKABIAGgAiACoA"
            "MgA4AEIAEh8aAXUiAWciAWgqBQoBYRIAKgsKAWISBgoBMQoBMjIAGggIABIAGgAgABoAIgA="
        ),
        (
            r"""{"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","metadata":"""
            r"""{},"spec":{"user":"u","groups":["g","h"],"extra":{"a":[],"b":["1","2"]}},"status"""
            r"""":{"allowed":false}}"""
        ),
    ),
    "Job": (
        (
            "azhzAAoPCghiYXRjaC92MRIDSm9iEoECChEKAWoSABoAIgAqADIAOABCABLhATK8AQoQCgASABoAIgAqADIAOABC"
            "ABKnAQoNCgF2EggyBgoBcxikAxJwCgFjEgAqADoTCgFFEgAaDBoKCgMKAW0SAWsYAEIgCg0KA2NwdRIGCgQ1MDBt"
            "Cg8KBm1lbW9yeRIFCgMxR2lSIAoUEhIKABIKCAEQABoEaHR0cBoAIgAQABgAIAAoADAAagByAIABAIgBAJABAKIB"
            "ABoAMgBCAEoAUgBYAGAAaAByCCAHIICAgIAgggEAigEAmgEAwgEAWiAKHgoGSWdub3JlEhQSAkluGAEY/v//////"
            "////ARisAhoIIAAoADAAOgAaACIA"
        ),
        (
            r"""{"kind":"Job","apiVersion":"batch/v1","metadata":{"name":"j"},"spec":{"podFailur"""
            r"""ePolicy":{"rules":[{"action":"Ignore","onExitCodes":{"operator":"In","values":[1"""
            r""",-2,300]}}]},"template":{"metadata":{},"spec":{"volumes":[{"name":"v","secret":{"""
            r'''"secretName":"s","defaultMode":420}}],"containers":[{"name":"c","env":[{"name":"'''
            r"""E","valueFrom":{"configMapKeyRef":{"name":"m","key":"k","optional":false}}}],"re"""
            r"""sources":{"limits":{"cpu":"500m","memory":"1Gi"}},"livenessProbe":{"httpGet":{"p"""
            r"""ort":"http"}}}],"securityContext":{"supplementalGroups":[7,8589934592]}}}},"stat"""
            r"""us":{}}"""
        ),
    ),
    "ControllerRevision": (
        (
            "azhzAAodCgdhcHBzL3YxEhJDb250cm9sbGVyUmV2aXNpb24SOQoRCgFyEgAaACIAKgAyADgAQgASGwoZeyJ6Ijpb"
            "MSxudWxsXSwiYSI6IjzDqT4ifRiBgICAgICAEBoAIgA="
        ),
        (
            r"""{"kind":"ControllerRevision","apiVersion":"apps/v1","metadata":{"name":"r"},"dat"""
            r"""a":{"z":[1,null],"a":"\u003cé\u003e"},"revision":9007199254740993}"""
        ),
    ),
    "DeleteOptions": (
        "azhzAAoTCgJ2MRINRGVsZXRlT3B0aW9ucxIWCAASBQoBdRIAIgZPcnBoYW4qA0FsbBoAIgA=",
        (
            r'''{"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":0,"preconditions"'''
            r""":{"uid":"u","resourceVersion":""},"propagationPolicy":"Orphan","dryRun":["All"]}"""
        ),
    ),
    "Eviction": (
        "azhzAAoVCglwb2xpY3kvdjESCEV2aWN0aW9uEhcKEQoBcBIAGgAiACoAMgA4AEIAEgIIBRoAIgA=",
        (
            r"""{"kind":"Eviction","apiVersion":"policy/v1","metadata":{"name":"p"},"deleteOptio"""
            r"""ns":{"gracePeriodSeconds":5}}"""
        ),
    ),
    "Scale": (
        (
            "azhzAAoXCg5hdXRvc2NhbGluZy92MRIFU2NhbGUSIAoRCgFzEgAaACIAKgAyADgAQgASAggDGgcIABIDYT1iGgAi"
            "AA=="
        ),
        (
            r"""{"kind":"Scale","apiVersion":"autoscaling/v1","metadata":{"name":"s"},"spec":{"r"""
            r"""eplicas":3},"status":{"replicas":0,"selector":"a=b"}}"""
        ),
    ),
    "Binding": (
        "azhzAAoNCgJ2MRIHQmluZGluZxIoChEKAXASABoAIgAqADIAOABCABITCgROb2RlEgAaAW4iACoAMgA6ABoAIgA=",
        (
            r"""{"kind":"Binding","apiVersion":"v1","metadata":{"name":"p"},"target":{"kind":"No"""
            r"""de","name":"n"}}"""
        ),
    ),
    "TokenRequest": (
        (
            "azhzAAooChhhdXRoZW50aWNhdGlvbi5rOHMuaW8vdjESDFRva2VuUmVxdWVzdBIvChAKABIAGgAiACoAMgA4AEIA"
            "EhQKAWEaDAoDUG9kEgAaAXAiACDYBBoFCgF0EgAaACIA"
        ),
        (
            r"""{"kind":"TokenRequest","apiVersion":"authentication.k8s.io/v1","metadata":{},"sp"""
            r"""ec":{"audiences":["a"],"expirationSeconds":600,"boundObjectRef":{"kind":"Pod","n"""
            r"""ame":"p"}},"status":{"token":"t","expirationTimestamp":null}}"""
        ),
    ),
    "Status": (
        (
            "azhzAAoMCgJ2MRIGU3RhdHVzEk4KBgoAEgAaABIHRmFpbHVyZRoBbSIHSW52YWxpZCosCgFuEgAaA1BvZCIcChFG"
            "aWVsZFZhbHVlSW52YWxpZBIBeBoEc3BlYygAMgAwpgMaACIA"
        ),
        (
            r"""{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"m"""
            r"""","reason":"Invalid","details":{"name":"n","kind":"Pod","causes":[{"reason":"Fie"""
            r"""ldValueInvalid","message":"x","field":"spec"}]},"code":422}"""
        ),
    ),
    "Secret": (
        (
            "azhzAAoMCgJ2MRIGU2VjcmV0EpABCnkKAXMSABoAIgAqADIAOABCAFoGCgFaEgE0WgYKAWESATJaBgoBYhIBMVoH"
            "CgLDqRIBM4oBRAoBbRIFQXBwbHkaAnYxIggIpevcygYQADIIRmllbGRzVjE6HgoceyJmOmRhdGEiOnsiLiI6e30s"
            "ImY6ayI6e319fUIAEgUKAWUSABIICgFrEgMA//8aACgAGgAiAA=="
        ),
        (
            r"""{"kind":"Secret","apiVersion":"v1","metadata":{"name":"s","labels":{"Z":"4","a":"""
            r""""2","b":"1","é":"3"},"managedFields":[{"manager":"m","operation":"Apply","apiVer"""
            r"""sion":"v1","time":"2026-01-02T03:04:05Z","fieldsType":"FieldsV1","fieldsV1":{"f:"""
            r"""data":{".":{},"f:k":{}}}}]},"immutable":false,"data":{"e":"","k":"AP//"}}"""
        ),
    ),
    "CertificateSigningRequest": (
        (
            "azhzAAozChZjZXJ0aWZpY2F0ZXMuazhzLmlvL3YxEhlDZXJ0aWZpY2F0ZVNpZ25pbmdSZXF1ZXN0EioKEQoBYxIA"
            "GgAiACoAMgA4AEIAEhMKABIAGgAyCAoBaxIDCgF2OgFzGgAaACIA"
        ),
        (
            r"""{"kind":"CertificateSigningRequest","apiVersion":"certificates.k8s.io/v1","metad"""
            r"""ata":{"name":"c"},"spec":{"request":"","signerName":"s","extra":{"k":["v"]}},"st"""
            r"""atus":{}}"""
        ),
    ),
    "APIResourceList": (
        (
            "azhzAAoVCgJ2MRIPQVBJUmVzb3VyY2VMaXN0Ei8KAnYxEikKBHBvZHMQARoDUG9kIgsKA2dldAoEbGlzdCoCcG8y"
            "A3BvZEIASgBSABoAIgA="
        ),
        (
            r"""{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"v1","resources":[{"n"""
            r'''ame":"pods","singularName":"pod","namespaced":true,"kind":"Pod","verbs":["get","'''
            r"""list"],"shortNames":["po"]}]}"""
        ),
    ),
}

# A whole frame that a watch of ConfigMaps sent.
WATCH_FRAME = (
    "AAABAAoFQURERUQS9gEK8wFrOHMACg8KAnYxEglDb25maWdNYXAS1wEKvAEKAWESABoHZGVmYXVsdCIAKiRiNzRm"
    "MGY2MC1kOWNjLTQ2YzMtOTAwMy00NTM5MjM4YWEwZWEyAzIyNjgAQggImvKV2AYQAIoBcgoEY3VybBIGVXBkYXRl"
    "GgJ2MSIICJryldgGEAAyCEZpZWxkc1YxOkgKRnsiZjpiaW5hcnlEYXRhIjp7Ii4iOnt9LCJmOmUiOnt9LCJmOngi"
    "Ont9fSwiZjpkYXRhIjp7Ii4iOnt9LCJmOmEiOnt9fX1CABIGCgFhEgFiGgUKAWUSABoHCgF4EgIAARoAIgA="
)


@cache
def types() -> WireTypes:
    return WireTypes(load_facts("1.37").gotypes)


@cache
def kinds() -> list[str]:
    return sorted(load_facts("1.37").gotypes["kinds"])


def resources() -> list[str]:
    """All kinds but those that every group repeats."""
    return [name for name in kinds() if not name.endswith(("Options", "WatchEvent"))]


def type_of(obj: dict[str, Any]) -> WireType:
    found = types().of_kind(obj["apiVersion"], obj["kind"])
    assert found is not None
    return found


def body(name: str) -> bytes:
    return (RAW / f"{name}.body").read_bytes()


def message(kind: str, *fields: str) -> bytes:
    """A body of a v1 kind whose message is given in hex."""
    return protobuf.wrap("v1", kind, bytes.fromhex("".join(fields)))


def test_a_recorded_deployment_reads_as_its_json_twin() -> None:
    obj, api_version, kind = protobuf.decode(body("deployment-protobuf"), types())
    assert (api_version, kind) == ("apps/v1", "Deployment")
    assert dump(obj) + b"\n" == body("deployment-created")


def test_a_recorded_list_holds_the_recorded_deployment() -> None:
    listed, _, kind = protobuf.decode(body("deployments-protobuf"), types())
    alone = orjson.loads(body("deployment-created"))
    assert kind == "DeploymentList"
    assert listed["items"] == [{k: v for k, v in alone.items() if k not in ("kind", "apiVersion")}]


@pytest.mark.parametrize("name", ["deployment-protobuf", "deployments-protobuf"])
def test_a_recorded_answer_is_written_again_byte_for_byte(name: str) -> None:
    obj, _, _ = protobuf.decode(body(name), types())
    assert protobuf.encode_unknown(obj, type_of(obj)) == body(name)


@pytest.mark.parametrize(
    "name",
    [
        "already-exists",
        "configmap-applied",
        "configmap-created",
        "configmap-list",
        "crd-created",
        "deleted-configmap",
        "deleted-pod",
        "deployment-created",
        "event-created",
        "event-other-group",
        "hpa-v1-read",
        "hpa-v2-created",
        "invalid",
        "job-created",
        "lease-created",
        "namespace-created",
        "node-created",
        "not-found",
        "pod-created",
        "pod-list",
        "role-created",
        "scale",
        "secret-created",
        "service-created",
    ],
)
def test_a_recorded_json_answer_survives_protobuf(name: str) -> None:
    obj = orjson.loads(body(name))
    raw = protobuf.encode_unknown(obj, type_of(obj))
    assert dump(protobuf.decode(raw, types())[0]) + b"\n" == body(name)


@pytest.mark.parametrize("name", KUBECTL_BODIES)
def test_a_body_of_kubectl_is_written_again_byte_for_byte(name: str) -> None:
    raw = b64decode(KUBECTL_BODIES[name])
    obj, _, _ = protobuf.decode(raw, types())
    assert protobuf.encode_unknown(obj, type_of(obj)) == raw


def test_kubectl_create_deployment_is_understood() -> None:
    raw = b64decode(KUBECTL_BODIES["deployments"])
    obj, _, _ = protobuf.decode(raw, types())
    assert obj == {
        "kind": "Deployment",
        "apiVersion": "apps/v1",
        "metadata": {"name": "web", "namespace": "t1", "labels": {"app": "web"}},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {
                    "containers": [
                        {
                            "name": "nginx",
                            "image": "nginx",
                            "ports": [{"containerPort": 80}],
                            "resources": {},
                        }
                    ]
                },
            },
            "strategy": {},
        },
        "status": {},
    }


@pytest.mark.parametrize("kind", GO_TWINS)
def test_protobuf_reads_as_go_would_write_json(kind: str) -> None:
    raw, text = GO_TWINS[kind]
    assert dump(protobuf.decode(b64decode(raw), types())[0]).decode() == text


@pytest.mark.parametrize("kind", GO_TWINS)
def test_json_is_written_as_go_would_write_protobuf(kind: str) -> None:
    raw, _ = GO_TWINS[kind]
    obj = protobuf.decode(b64decode(raw), types())[0]
    assert protobuf.encode_unknown(obj, type_of(obj)) == b64decode(raw)


def test_a_watch_frame_wraps_the_object_but_not_the_event() -> None:
    frame = b64decode(WATCH_FRAME)
    obj, _, _ = protobuf.decode(frame[frame.index(b"k8s\0") :], types())
    assert obj["data"] == {"a": "b"}
    assert obj["binaryData"] == {"e": "", "x": "AAE="}
    assert protobuf.encode_watch_event("ADDED", obj, type_of(obj)) == frame


def test_a_list_can_be_written_from_encoded_items() -> None:
    obj, _, _ = protobuf.decode(body("deployments-protobuf"), types())
    item = types().of_kind("apps/v1", "Deployment")
    assert item is not None
    messages = [protobuf.encode(one, item) for one in obj["items"]]
    made = protobuf.encode_list({**obj, "items": []}, type_of(obj), messages)
    assert made == body("deployments-protobuf")


def test_partial_object_metadata_has_a_message_of_its_own() -> None:
    partial = types().get(META + "PartialObjectMetadata")
    assert partial is not None
    obj: dict[str, Any] = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
    obj["metadata"] = {"name": "n"}
    raw = protobuf.encode_unknown(obj, partial)
    head = b"k8s\0\n'\n\x0emeta.k8s.io/v1\x12\x15PartialObjectMetadata"
    assert raw.startswith(head + b"\x12\x13\n\x11\n\x01n\x12\0")


def test_a_table_has_no_protobuf_form() -> None:
    table = types().get(META + "Table")
    assert table is not None
    with pytest.raises(NotMarshalable, match=r"^object \*v1.Table does not implement the protobuf"):
        protobuf.encode({"kind": "Table", "apiVersion": "meta.k8s.io/v1"}, table)


def test_every_kind_reads_an_empty_message_and_writes_its_zero_value() -> None:
    for name in kinds():
        api_version, _, kind = name.rpartition("/")
        zero, _, _ = protobuf.decode(protobuf.wrap(api_version, kind, b""), types())
        again, _, _ = protobuf.decode(protobuf.encode_unknown(zero, type_of(zero)), types())
        assert dump(again) == dump(zero), name


def test_what_the_body_does_not_say_comes_from_the_request() -> None:
    raw = protobuf.wrap("", "", b"")
    obj, api_version, kind = protobuf.decode(raw, types(), api_version="v1", kind="ConfigMap")
    assert (api_version, kind) == ("v1", "ConfigMap")
    assert obj == {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {}}


def test_a_nameless_body_is_read_as_the_default_type() -> None:
    options = types().get(META + "DeleteOptions")
    raw = protobuf.wrap("", "", bytes.fromhex("0807"))
    assert protobuf.decode(raw, types(), options) == ({"gracePeriodSeconds": 7}, "", "")


def test_unknown_fields_are_skipped() -> None:
    strange = "f83f01" + "f93f" + "00" * 8 + "fa3f0161" + "fb3f0801fc3f" + "fd3f" + "00" * 4
    obj, _, _ = protobuf.decode(message("ConfigMap", strange, "2001"), types())
    assert obj["immutable"] is True


def test_a_message_given_in_parts_is_merged() -> None:
    # metadata {name: a}, then metadata {namespace: b}
    obj, _, _ = protobuf.decode(message("ConfigMap", "0a030a0161", "0a031a0162"), types())
    assert obj["metadata"] == {"name": "a", "namespace": "b"}


def test_of_a_scalar_given_twice_the_last_wins() -> None:
    obj, _, _ = protobuf.decode(message("ConfigMap", "0a060a01610a0162", "20012000"), types())
    assert obj["metadata"] == {"name": "b"}
    assert obj["immutable"] is False


def test_fields_and_map_keys_come_in_canonical_order_whatever_the_wire_says() -> None:
    # binaryData, data {b, a}, metadata
    raw = message("ConfigMap", "1a060a0178120101", "12060a01621201311206", "0a0161120132", "0a00")
    obj, _, _ = protobuf.decode(raw, types())
    assert list(obj) == ["kind", "apiVersion", "metadata", "data", "binaryData"]
    assert list(obj["data"].items()) == [("a", "2"), ("b", "1")]


def test_packed_numbers_are_read_like_repeated_ones() -> None:
    # spec {securityContext {supplementalGroups: packed 1, 300, then 2}}
    raw = message("Pod", "12097207", "22030 1ac02".replace(" ", ""), "2002")
    obj, _, _ = protobuf.decode(raw, types())
    assert obj["spec"]["securityContext"] == {"supplementalGroups": [1, 300, 2]}


def test_quantities_are_made_canonical() -> None:
    # spec {hard {cpu: 1000m}}
    entry = "0a03637075120 70a053130 30306d".replace(" ", "")
    obj, _, _ = protobuf.decode(message("ResourceQuota", "12100a0e", entry), types())
    assert obj["spec"] == {"hard": {"cpu": "1"}}


def test_invalid_utf8_becomes_replacement_characters() -> None:
    obj, _, _ = protobuf.decode(message("ConfigMap", "0a060a0461fffe62"), types())
    assert obj["metadata"] == {"name": "a\ufffd\ufffdb"}


PREFIX = "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"
CONFIG_MAP = b"k8s\0\n\x0f\n\x02v1\x12\x09ConfigMap\x12"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", "empty data"),
        (b"k8s", PREFIX),
        (b'{"kind":"ConfigMap"}', PREFIX),
        (b"k8s\0", "empty body"),
        (b"k8s\0\n", "unexpected EOF"),
        (b"k8s\0\xff\xff", "unexpected EOF"),
        (b"k8s\0\x0e", "proto: wrong wireType = 6 for field TypeMeta"),
    ],
)
def test_a_broken_envelope_is_refused_in_upstreams_words(raw: bytes, text: str) -> None:
    with pytest.raises(ProtobufError) as refused:
        protobuf.decode(raw, types())
    assert refused.value.message == text
    assert (refused.value.api_version, refused.value.kind) == ("", "")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"\x01\x0e", "proto: wrong wireType = 6 for field ObjectMeta"),
        (b"\x02\x08\x03", "proto: wrong wireType = 0 for field ObjectMeta"),
        (b"\x02\x04\x03", "proto: ConfigMap: wiretype end group for non-group"),
        (b"\x02\x02\x00", "proto: ConfigMap: illegal tag 0 (wire type 2)"),
        (b"\x02\x0a\x05", "unexpected EOF"),
        (b"\x01\x3e", "proto: illegal wireType 6"),
        (b"\x02\x3b\x3d", "unexpected EOF"),
        (b"\x0c\x20" + b"\xff" * 10 + b"\x01", "proto: integer overflow"),
        (
            b"\x0b\x0a" + b"\xff" * 9 + b"\x01",
            "proto: negative length found during unmarshaling",
        ),
    ],
)
def test_a_broken_message_is_refused_in_upstreams_words(raw: bytes, text: str) -> None:
    with pytest.raises(ProtobufError) as refused:
        protobuf.decode(CONFIG_MAP + raw, types())
    assert refused.value.message == text
    assert (refused.value.api_version, refused.value.kind) == ("v1", "ConfigMap")


@pytest.mark.parametrize(
    ("api_version", "kind", "text"),
    [
        (
            "v99",
            "ConfigMap",
            (
                'no kind "ConfigMap" is registered for version "v99"'
                ' in scheme "pkg/runtime/scheme.go:111"'
            ),
        ),
        (
            "v1",
            "",
            """Object 'Kind' is missing in 'runtime.TypeMeta{APIVersion:"v1", Kind:""}'""",
        ),
        (
            "",
            "Pod",
            """Object 'apiVersion' is missing in 'runtime.TypeMeta{APIVersion:"", Kind:"Pod"}'""",
        ),
    ],
)
def test_an_unknown_kind_is_refused_by_name(api_version: str, kind: str, text: str) -> None:
    with pytest.raises(ProtobufError) as refused:
        protobuf.decode(protobuf.wrap(api_version, kind, b""), types())
    assert refused.value.message == text
    assert (refused.value.api_version, refused.value.kind) == (api_version, kind)


@pytest.mark.parametrize(
    ("kind", "hex", "text"),
    [
        # spec {hard {a: "x"}}
        ("ResourceQuota", "120c0a0a0a016112050a0378787a", "quantities must match the regular"),
        # spec {ports {targetPort {type: 2}}}
        ("Service", "12060a0422020802", "impossible IntOrString.Type"),
        # metadata {managedFields {fieldsV1 {Raw: "{"}}}
        ("ConfigMap", "0a088a01053a030a017b", "failed to parse RawExtension bytes as JSON"),
    ],
)
def test_values_that_have_no_json_are_refused(kind: str, hex: str, text: str) -> None:
    with pytest.raises(ProtobufError, match=text):
        protobuf.decode(message(kind, hex), types())


def test_bottomless_nesting_is_refused() -> None:
    inner = b""
    for _ in range(3000):
        size = len(inner)
        inner = (
            b"\xe2\x01" + bytes((size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14)) + inner
        )
    props = types().get("k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaProps")
    with pytest.raises(ProtobufError, match="nested too deeply"):
        protobuf.decode(protobuf.wrap("", "", inner), types(), props)


# --- any object of any kind -------------------------------------------------------------------


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
SOME_TEXTS = TEXTS.filter(bool)
INT32 = st.integers(-(2**31), 2**31 - 1)
JSON_VALUES = st.recursive(
    st.booleans() | TEXTS | st.integers(-(2**63), 2**63 - 1),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
SPECIALS: dict[str, st.SearchStrategy[Any]] = {
    "Time": st.just("2026-01-02T03:04:05Z") | st.just("1969-12-31T23:59:59Z"),
    "MicroTime": st.just("2026-01-02T03:04:05.678901Z") | st.just("1969-12-31T23:59:59.000001Z"),
    "Quantity": st.sampled_from(["0", "1", "100m", "1Gi", "5e3", "-3k"]),
    "IntOrString": INT32 | TEXTS,
    "RawExtension": JSON_VALUES,
    "JSON": JSON_VALUES,
    "FieldsV1": st.just({"f:a": {".": {}}}),
    "JSONSchemaPropsOrBool": st.booleans() | st.just({"type": "a"}),
    "JSONSchemaPropsOrArray": st.just({"type": "a"}) | st.just([{"type": "a"}, {}]),
    "JSONSchemaPropsOrStringArray": st.just({"type": "a"}) | st.just(["a", "b"]),
}
INT64 = st.integers(-(2**63), 2**63 - 1)
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": TEXTS,
    "bool": st.booleans(),
    "int32": INT32,
    "int64": INT64,
    "float64": st.integers(-1000, 1000).map(lambda n: n // 4 if n % 4 == 0 else n / 4),
    "bytes": st.sampled_from(["", "AA==", "/+8="]),
}


def value(draw: Callable[[Any], Any], type: GoType, depth: int) -> Any:
    """A value of a Go type, nothing nil in it."""
    if type.kind in SCALARS:
        return draw(SCALARS[type.kind])
    if type.kind == "struct":
        if type.struct.special:
            return draw(SPECIALS[type.struct.special])
        return fields(draw, type.struct, depth - 1)
    assert type.elem is not None
    if type.kind == "pointer":
        return value(draw, type.elem, depth)
    count = draw(st.integers(1, 2))
    if type.kind == "slice":
        return [value(draw, type.elem, depth) for _ in range(count)]
    keys = sorted({draw(TEXTS) for _ in range(count)})
    return {key: value(draw, type.elem, depth) for key in keys}


def fields(draw: Callable[[Any], Any], wire: WireType, depth: int) -> dict[str, Any]:
    """An object of a struct type in canonical form."""
    made: dict[str, Any] = {}
    for field in wire.fields:
        if wire.short == "TypeMeta" or any(outer.go == "TypeMeta" for outer in field.through):
            continue
        kind = field.type.kind
        nilable = kind in ("pointer", "slice", "map", "bytes")
        plain = kind == "struct" and not field.type.struct.special
        if plain:
            made[field.json] = fields(draw, field.type.struct, depth - 1)
        elif depth <= 0 or not draw(st.booleans()):
            if not field.omitempty and nilable:
                made[field.json] = None
            elif not field.omitempty:
                made[field.json] = ZEROS[field.type.struct.special if kind == "struct" else kind]
            elif kind == "struct" and not field.omitzero:
                made[field.json] = ZEROS[field.type.struct.special]
        else:
            filled = value(draw, field.type, depth)
            if filled or not field.omitempty or kind in ("pointer", "struct"):
                made[field.json] = filled
    return made


ZEROS: dict[str, Any] = {
    "string": "",
    "bool": False,
    "int32": 0,
    "int64": 0,
    "Quantity": "0",
    "IntOrString": 0,
    "Time": None,
    "MicroTime": None,
    "RawExtension": None,
    "JSON": None,
}


@st.composite
def objects(draw: Any) -> dict[str, Any]:
    """An object of any kind, in canonical form."""
    api_version, _, kind = draw(st.sampled_from(resources())).rpartition("/")
    head = {"kind": kind, "apiVersion": api_version}
    return head | fields(draw, type_of(head), draw(st.integers(3, 7)))


def read_or_refuse(raw: bytes) -> dict[str, Any] | None:
    try:
        return protobuf.decode(raw, types())[0]
    except ProtobufError:
        return None


SLOW_DATA = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@SLOW_DATA
@given(objects())
def test_any_object_survives_protobuf(obj: dict[str, Any]) -> None:
    raw = protobuf.encode_unknown(obj, type_of(obj))
    assert dump(protobuf.decode(raw, types())[0]) == dump(obj)


@SLOW_DATA
@given(st.sampled_from(sorted(GO_TWINS)), st.data())
def test_a_damaged_body_raises_nothing_but_protobuf_errors(kind: str, data: st.DataObject) -> None:
    raw = bytearray(b64decode(GO_TWINS[kind][0]))
    for at in data.draw(st.lists(st.integers(0, len(raw) - 1), max_size=4)):
        raw[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    for damaged in (bytes(raw), bytes(raw[:cut])):
        obj = read_or_refuse(damaged)
        assert obj is None or protobuf.encode_unknown(obj, type_of(obj))


@SLOW_DATA
@given(st.sampled_from(["v1/Pod", "v1/Service", "apps/v1/Deployment"]), st.binary(max_size=60))
def test_random_messages_raise_nothing_but_protobuf_errors(name: str, raw: bytes) -> None:
    api_version, _, kind = name.rpartition("/")
    obj = read_or_refuse(protobuf.wrap(api_version, kind, raw))
    assert obj is None or obj["kind"] == kind
