"""Published schemas: equal to a real server's, and still the schema they were made from."""

from __future__ import annotations

from fakek8s.machinery.clone import clone
from fakek8s.machinery.structural.publish import definitions_v2, definitions_v3
from tests.machinery.structural.schemas import Object, crd, of_spec, recorded

RECORDED: Object = recorded("openapi")
OAS = {"plural": "oas", "kind": "Oas"}


def test_both_forms_are_those_of_a_real_server() -> None:
    body = crd(
        RECORDED["schema"], names=OAS, version={"selectableFields": [{"jsonPath": ".spec.a"}]}
    )
    assert definitions_v3(body, "v1") == RECORDED["v3"]
    assert definitions_v2(body, "v1") == RECORDED["v2"]


def test_a_schema_that_is_not_structural_is_published_as_any_object() -> None:
    body = crd(of_spec({"a": {}}))
    schema = definitions_v3(body, "v1")["com.example.sea.v1.Boat"]
    assert set(schema) == {"type", "x-kubernetes-group-version-kind"}


def test_a_root_that_keeps_unknown_fields_says_nothing_in_v2() -> None:
    body = crd({"type": "object", "x-kubernetes-preserve-unknown-fields": True})
    name = "com.example.sea.v1.Boat"
    assert "properties" not in definitions_v2(body, "v1")[name]
    assert "metadata" in definitions_v3(body, "v1")[name]["properties"]


def test_what_is_published_and_read_again_is_the_same_schema() -> None:
    # Embedded objects refer to ObjectMeta, which a CRD's schema can't.
    schema = clone(RECORDED["schema"])
    fields = schema["properties"]["spec"]["properties"]
    del fields["e"], fields["e2"]
    name = "com.example.sea.v1.Oas"
    first = definitions_v3(crd(schema, names=OAS), "v1")[name]
    again = {k: v for k, v in first.items() if k != "x-kubernetes-group-version-kind"}
    again["properties"] = {**again["properties"], "metadata": schema["properties"]["metadata"]}
    assert again["properties"]["spec"]["properties"].keys() == fields.keys()
    assert definitions_v3(crd(again, names=OAS), "v1")[name] == first
