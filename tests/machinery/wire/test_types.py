"""Go's structs as records."""

from __future__ import annotations

import pytest

from fakek8s.facts import available, load_facts
from fakek8s.machinery.wire.types import WireTypes

TYPES = WireTypes(load_facts().gotypes)


def test_fields_come_in_go_order_with_type_meta_first() -> None:
    pod = TYPES.of_kind("v1", "Pod")
    assert pod is not None
    assert [f.json for f in pod.fields] == ["kind", "apiVersion", "metadata", "spec", "status"]


def test_embedded_structs_are_flattened_for_json_and_kept_for_protobuf() -> None:
    volume = TYPES.get("k8s.io/api/core/v1.Volume")
    assert volume is not None
    assert [m.number for m in volume.members] == [1, 2]
    source = volume.field("configMap")
    assert source is not None
    assert [t.go for t in source.through] == ["VolumeSource"]
    assert source.type.text == "*v1.ConfigMapVolumeSource"


def test_named_maps_show_their_own_name() -> None:
    resources = TYPES.get("k8s.io/api/core/v1.ResourceRequirements")
    assert resources is not None
    limits = resources.field("limits")
    assert limits is not None
    assert (limits.type.kind, limits.type.text) == ("map", "v1.ResourceList")


def test_an_unknown_kind_has_no_type() -> None:
    assert TYPES.of_kind("v1", "Unheard") is None
    assert TYPES.get("k8s.io/api/core/v1.PodPhase") is None


@pytest.mark.parametrize("minor", available())
def test_every_type_of_every_version_compiles_with_distinct_field_names(minor: str) -> None:
    facts = load_facts(minor).gotypes
    types = WireTypes(facts)
    for name, fact in facts["types"].items():
        if "fields" in fact:
            made = types.get(name)
            assert made is not None
            names = [f.json for f in made.fields]
            assert len(set(names)) == len(names), name


@pytest.mark.parametrize(
    ("struct", "json", "text"),
    [
        ("certificates/v1.CertificateSigningRequestSpec", "extra", "map[string]v1.ExtraValue"),
        ("authorization/v1.SubjectAccessReviewSpec", "extra", "map[string]v1.ExtraValue"),
        ("authentication/v1.TokenRequestSpec", "attestations", "map[string]v1.AttestationValue"),
    ],
)
def test_lists_in_maps_have_names(struct: str, json: str, text: str) -> None:
    found = TYPES.get(f"k8s.io/api/{struct}")
    assert found is not None
    field = found.field(json)
    assert field is not None
    assert field.type.text == text
