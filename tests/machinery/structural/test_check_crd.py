"""Updates of definitions: what may not change, and what an old mistake excuses."""

from __future__ import annotations

from typing import Any

from fakek8s.machinery.clone import clone
from fakek8s.machinery.structural import crd as definition
from fakek8s.machinery.structural.check_crd import check_create, check_status_update, check_update
from fakek8s.machinery.structural.check_defaults import coerce_defaults
from tests.machinery.structural.schemas import crd, object_meta, of_spec

GOOD = of_spec({"a": {"type": "string"}})
LOOSE = of_spec({"a": {"description": "has no type"}})
ESTABLISHED = [{"type": "Established", "status": "True", "reason": "", "message": ""}]


def texts(new: dict[str, Any], old: dict[str, Any]) -> list[str]:
    new = clone(new)
    definition.prepare_update(new, old)
    return [error.text for error in check_update(new, old, object_meta())]


def established(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "status": {**body["status"], "conditions": ESTABLISHED}}


def test_scope_and_kind_are_fixed_once_established() -> None:
    old, new = crd(GOOD), crd(GOOD, scope="Cluster")
    assert texts(new, old) == []
    assert texts(new, established(old)) == [
        'spec.scope: Invalid value: "Cluster": field is immutable'
    ]


def test_group_and_plural_are_always_fixed() -> None:
    new = crd(GOOD, group="lake.example.com", names={"plural": "rafts", "kind": "Boat"})
    assert texts(new, crd(GOOD)) == [
        'spec.group: Invalid value: "lake.example.com": field is immutable',
        'spec.names.plural: Invalid value: "rafts": field is immutable',
    ]


def test_a_version_that_was_stored_may_not_go() -> None:
    new = crd(GOOD, version={"name": "v2"})
    (text,) = texts(new, crd(GOOD))
    assert text.startswith('status.storedVersions[0]: Invalid value: "v1": missing from spec.vers')


def test_a_new_storage_version_is_remembered_beside_the_old_one() -> None:
    new = crd(GOOD, version={"name": "v2"})
    definition.prepare_update(new, crd(GOOD))
    assert new["status"]["storedVersions"] == ["v1", "v2"]


def test_missing_schemas_are_excused_where_one_was_missing() -> None:
    assert texts(crd(), crd(GOOD)) == ["spec.versions[0].schema.openAPIV3Schema: Required value"]
    assert texts(crd(), crd()) == [
        (
            "spec.versions[0].schema.openAPIV3Schema: Required value: because otherwise all fields "
            "are pruned"
        )
    ]


def test_unknown_types_are_excused_where_there_was_one() -> None:
    odd = of_spec({"a": {"type": "widget"}})
    assert texts(crd(odd), crd(GOOD)) != []
    assert texts(crd(odd), crd(odd)) == []


def test_a_bundle_must_be_readable_once_established() -> None:
    client = {"caBundle": "AAAA", "service": {"name": "a", "namespace": "b"}}
    webhook = {"conversionReviewVersions": ["v1"], "clientConfig": client}
    new = crd(GOOD, conversion={"strategy": "Webhook", "webhook": webhook})
    assert texts(new, crd(GOOD)) == []
    assert texts(new, established(crd(GOOD))) == [
        (
            'spec.conversion.webhookClientConfig.caBundle: Invalid value: "AAAA": unable to load '
            "root certificates: unable to parse bytes as PEM block"
        )
    ]
    assert texts(new, established(new)) == []


def test_a_status_may_accept_only_proper_names() -> None:
    old = crd(GOOD)
    old["status"]["acceptedNames"]["plural"] = "Boats"
    assert [error.field for error in check_status_update(old)] == ["status.acceptedNames.plural"]


def test_only_new_odd_formats_draw_a_warning() -> None:
    odd = crd(of_spec({"a": {"type": "string", "format": "colour"}}))
    assert definition.warnings(odd) == ['unrecognized format "colour"']
    assert definition.warnings(odd, odd) == []


def test_defaults_of_embedded_objects_lose_what_metadata_doesn_t_have() -> None:
    default = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "bogus": 1}}
    field = {
        "type": "object",
        "x-kubernetes-embedded-resource": True,
        "x-kubernetes-preserve-unknown-fields": True,
        "default": default,
    }
    body = crd(of_spec({"a": field}))
    coerce_defaults(body, object_meta())
    schema = body["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    found = schema["properties"]["spec"]["properties"]["a"]["default"]
    assert found == {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}}


def test_a_storage_version_that_is_there_twice_is_stored_once() -> None:
    body = crd({"type": "object"})
    body["spec"]["versions"] *= 2
    found = [error.text for error in check_create(body, object_meta())]
    wanted = 'status.storedVersions: Invalid value: ["v1"]: must have the storage version v1'
    assert found[-1] == wanted
