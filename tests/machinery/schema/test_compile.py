from __future__ import annotations

import pytest

from fakek8s.facts import load_facts
from fakek8s.machinery.schema import Definitions, Schema, compile, merged, structural
from fakek8s.machinery.schema.compile import SchemaError
from fakek8s.machinery.schema.node import UNSET


@pytest.fixture(scope="module")
def definitions() -> Definitions:
    return Definitions(merged(load_facts().openapi_v3))


def at(schema: Schema | None, *names: str) -> Schema:
    for name in names:
        assert schema is not None
        schema = schema.items if name == "[]" else schema.child(name)
    assert schema is not None
    return schema


def test_kinds_are_found_by_what_their_definition_says(definitions: Definitions) -> None:
    pod = definitions.of_kind("", "v1", "Pod")
    assert pod is not None
    assert pod.name == "io.k8s.api.core.v1.Pod"
    assert pod is definitions.named("io.k8s.api.core.v1.Pod")
    assert definitions.of_kind("", "v1", "Nothing") is None


def test_list_maps_know_their_keys_and_defaults(definitions: Definitions) -> None:
    ports = at(definitions.of_kind("", "v1", "Pod"), "spec", "containers", "[]", "ports")
    assert ports.list_type == "map"
    assert ports.keys == (("containerPort", 0), ("protocol", "TCP"))


@pytest.mark.parametrize(
    ("path", "list_type"),
    [
        (("metadata", "finalizers"), "set"),
        (("metadata", "managedFields"), "atomic"),
        (("spec", "containers"), "map"),
        (("spec", "containers", "[]", "args"), "atomic"),
        (("spec", "tolerations"), "atomic"),
        (("spec", "imagePullSecrets"), "map"),
    ],
)
def test_lists_are_owned_as_declared(
    path: tuple[str, ...], list_type: str, definitions: Definitions
) -> None:
    assert at(definitions.of_kind("", "v1", "Pod"), *path).list_type == list_type


@pytest.mark.parametrize(
    ("path", "atomic"),
    [
        (("metadata", "labels"), False),
        (("spec", "nodeSelector"), True),
        (("spec", "securityContext"), False),
        (("spec", "containers", "[]", "resources", "limits"), False),
        (("spec", "containers", "[]", "env", "[]", "valueFrom", "fieldRef"), True),
    ],
)
def test_maps_are_owned_as_declared(
    path: tuple[str, ...], atomic: bool, definitions: Definitions
) -> None:
    assert at(definitions.of_kind("", "v1", "Pod"), *path).map_atomic is atomic


def test_quantities_take_any_scalar_and_nothing_else(definitions: Definitions) -> None:
    limits = at(
        definitions.of_kind("", "v1", "Pod"), "spec", "containers", "[]", "resources", "limits"
    )
    quantity = at(limits, "cpu")
    assert (quantity.scalar, quantity.fields, quantity.items) == ("untyped", None, None)


def test_raw_extensions_are_owned_as_one(definitions: Definitions) -> None:
    data = at(definitions.of_kind("apps", "v1", "ControllerRevision"), "data")
    assert data.map_atomic
    assert data.scalar == "untyped"


def test_fields_carry_what_their_declaration_adds(definitions: Definitions) -> None:
    spec = at(definitions.of_kind("", "v1", "Pod"), "spec")
    assert spec.fields is not None
    containers = spec.fields["containers"]
    assert containers.required
    assert (containers.patch_strategy, containers.patch_merge_key) == ("merge", "name")
    assert containers.default is UNSET
    assert spec.fields["dnsPolicy"].enum == (
        "ClusterFirst",
        "ClusterFirstWithHostNet",
        "Default",
        "None",
    )
    port = at(spec, "containers", "[]", "ports", "[]")
    assert port.fields is not None
    assert (port.fields["containerPort"].type, port.fields["containerPort"].format) == (
        "integer",
        "int32",
    )
    assert port.fields["protocol"].default == "TCP"
    assert port.fields["protocol"].label == "f:protocol"


def test_definitions_of_version_2_compile_too() -> None:
    schema = compile(load_facts().openapi_v2["definitions"], "io.k8s.api.core.v1.Pod")
    ports = at(schema, "spec", "containers", "[]", "ports")
    assert ports.keys == (("containerPort", UNSET), ("protocol", UNSET))


def test_recursive_definitions_end(definitions: Definitions) -> None:
    props = definitions.named(
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"
    )
    assert at(props, "not") is props
    assert at(props, "properties", "anything") is props


def test_every_published_definition_compiles(definitions: Definitions) -> None:
    for name in merged(load_facts().openapi_v3):
        schema = definitions.named(name)
        assert schema.fields is not None or schema.items is not None or schema.scalar


def test_a_name_that_is_not_defined_is_an_error(definitions: Definitions) -> None:
    with pytest.raises(SchemaError, match=r"no definition io\.example\.Nothing"):
        definitions.named("io.example.Nothing")


def test_custom_resources_have_object_metadata(definitions: Definitions) -> None:
    schema = structural({"properties": {"metadata": {"type": "object"}}}, definitions)
    assert at(schema, "metadata", "finalizers").list_type == "set"
    assert schema.child("unknown") is None


def test_embedded_resources_have_object_metadata(definitions: Definitions) -> None:
    spec = {
        "type": "object",
        "x-kubernetes-embedded-resource": True,
        "x-kubernetes-preserve-unknown-fields": True,
    }
    schema = structural({"properties": {"spec": spec}}, definitions)
    assert at(schema, "spec", "metadata", "finalizers").list_type == "set"
    assert at(schema, "spec", "kind").scalar == "string"
    assert at(schema, "spec", "data").scalar == "untyped"


def test_a_custom_resource_without_a_schema_is_deduced(definitions: Definitions) -> None:
    schema = structural({}, definitions)
    free = at(schema, "spec")
    assert (free.map_atomic, free.list_type, free.scalar) == (False, "atomic", "untyped")
    assert at(free, "deeper", "still") is free


def test_preserving_unknown_fields_reaches_down(definitions: Definitions) -> None:
    spec = {
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": True,
        "properties": {"a": {"type": "object", "properties": {"b": {"type": "string"}}}},
    }
    schema = structural({"properties": {"spec": spec}}, definitions)
    assert at(schema, "spec", "a", "other").scalar == "untyped"
    assert at(schema, "spec", "a", "b").scalar == "string"
