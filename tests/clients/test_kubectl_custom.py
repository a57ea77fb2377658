"""Custom resources with every real kubectl that is there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.clients.conftest import Kubectl

SPEC: dict[str, Any] = {
    "type": "object",
    "description": "What is wanted of the boat.",
    "required": ["sails"],
    "properties": {
        "sails": {"type": "integer", "minimum": 1, "description": "How many sails it has."},
        "port": {"x-kubernetes-int-or-string": True},
        "cargo": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "crew": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "rank": {"type": "string"}},
            },
        },
        "template": {
            "type": "object",
            "x-kubernetes-embedded-resource": True,
            "x-kubernetes-preserve-unknown-fields": True,
        },
    },
}
VERSION: dict[str, Any] = {
    "name": "v1",
    "served": True,
    "storage": True,
    "schema": {
        "openAPIV3Schema": {
            "type": "object",
            "description": "Boat is what swims.",
            "properties": {
                "spec": SPEC,
                "status": {
                    "type": "object",
                    "properties": {
                        "sails": {"type": "integer"},
                        "phase": {"type": "string"},
                        "conditions": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "properties": {
                                    "type": {"type": "string"},
                                    "status": {"type": "string"},
                                },
                            },
                        },
                    },
                },
            },
        }
    },
    "subresources": {
        "status": {},
        "scale": {"specReplicasPath": ".spec.sails", "statusReplicasPath": ".status.sails"},
    },
    "additionalPrinterColumns": [
        {"name": "Sails", "type": "integer", "jsonPath": ".spec.sails"},
        {"name": "Port", "type": "string", "jsonPath": ".spec.port", "priority": 1},
        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
    ],
}


class Fleet:
    """Boats of a group of their own, under names that no other test uses."""

    def __init__(self, kubectl: Kubectl) -> None:
        self.kubectl = kubectl
        self.tag = kubectl.namespace.replace("-", "")
        self.group = f"{self.tag}.example.com"
        self.boats = f"boats.{self.group}"
        self.short = f"b{self.tag}"
        names = {
            "plural": "boats",
            "singular": "boat",
            "kind": "Boat",
            "shortNames": [self.short],
            "categories": [f"fleet{self.tag}"],
        }
        spec = {"group": self.group, "scope": "Namespaced", "names": names, "versions": [VERSION]}
        definition = {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": self.boats},
            "spec": spec,
        }
        kubectl("apply", "-f", "-", stdin=json.dumps(definition))
        kubectl("wait", "--for=condition=Established", f"crd/{self.boats}", "--timeout=20s")

    def boat(self, name: str = "ada", **spec: Any) -> str:
        """A manifest."""
        boat = {
            "apiVersion": f"{self.group}/v1",
            "kind": "Boat",
            "metadata": {"name": name},
            "spec": {"sails": 2, **spec},
        }
        return json.dumps(boat)


@pytest.fixture
def fleet(kubectl: Kubectl) -> Iterator[Fleet]:
    made = Fleet(kubectl)
    yield made
    kubectl("delete", "crd", made.boats, "--ignore-not-found")


def test_explain_tells_the_fields_of_a_custom_resource(fleet: Fleet) -> None:
    version = f"--api-version={fleet.group}/v1"
    found = fleet.kubectl("explain", "boats.spec", version, "--recursive")
    assert "What is wanted of the boat." in found
    for field in ("sails", "port", "cargo", "crew", "rank", "template"):
        assert field in found
    assert "How many sails it has." in fleet.kubectl("explain", "boat.spec.sails", version)
    assert "metadata" in fleet.kubectl("explain", "boats", version)
    assert "does not exist" in fleet.kubectl.refused("explain", "boats.spec.wheels", version)


def test_apply_creates_changes_and_leaves_alone(fleet: Fleet) -> None:
    kubectl = fleet.kubectl
    created = kubectl("apply", "-f", "-", stdin=fleet.boat(port=80, cargo={"tea": ["1", 2]}))
    assert created == f"boat.{fleet.group}/ada created\n"
    again = fleet.boat(port=80, cargo={"tea": ["1", 2]})
    assert "unchanged" in kubectl("apply", "-f", "-", stdin=again)
    assert "configured" in kubectl("apply", "-f", "-", stdin=fleet.boat(port="http"))
    assert kubectl.json("get", fleet.boats, "ada")["spec"] == {"sails": 2, "port": "http"}
    mine = ("apply", "--server-side", "--field-manager=mine", "-f", "-")
    refused = kubectl.refused(*mine, stdin=fleet.boat(port="other"))
    using = f'"kubectl-client-side-apply" using {fleet.group}/v1'
    assert f"conflict with {using}: .spec.port" in refused
    kubectl(*mine, "--force-conflicts", stdin=fleet.boat(port="other"))
    assert kubectl.json("get", fleet.boats, "ada")["spec"]["port"] == "other"


@pytest.mark.parametrize("command", ["create", "apply"])
def test_unknown_fields_are_refused_where_the_schema_knows_all(fleet: Fleet, command: str) -> None:
    manifest = fleet.boat(wheels=4, crew=[{"name": "a", "age": 3}])
    refused = fleet.kubectl.refused(command, "--validate=strict", "-f", "-", stdin=manifest)
    assert 'unknown field "spec.wheels"' in refused
    assert 'unknown field "spec.crew[0].age"' in refused
    free = fleet.boat(cargo={"any": {"thing": 1}}, template={"apiVersion": "v1", "kind": "Pod"})
    assert "created" in fleet.kubectl(command, "--validate=strict", "-f", "-", stdin=free)


def test_values_are_refused_in_the_servers_words(fleet: Fleet) -> None:
    refused = fleet.kubectl.refused("create", "-f", "-", stdin=fleet.boat(sails=0))
    assert "spec.sails in body should be greater than or equal to 1" in refused


def test_get_prints_the_definitions_columns_by_every_name(fleet: Fleet) -> None:
    kubectl = fleet.kubectl
    kubectl("create", "-f", "-", stdin=fleet.boat(port=80))
    assert kubectl("get", fleet.boats).splitlines()[0].split() == ["NAME", "SAILS", "AGE"]
    wide = kubectl("get", fleet.boats, "-o", "wide").splitlines()
    assert wide[0].split() == ["NAME", "SAILS", "PORT", "AGE"]
    assert wide[1].split()[:3] == ["ada", "2", "80"]
    for name in (
        f"boat.{fleet.group}",
        f"boats.v1.{fleet.group}",
        fleet.short,
        f"fleet{fleet.tag}",
    ):
        assert kubectl("get", name, "-o", "name") == f"boat.{fleet.group}/ada\n"
    listed = kubectl("api-resources", f"--api-group={fleet.group}", "--no-headers").split()
    assert listed == ["boats", fleet.short, f"{fleet.group}/v1", "true", "Boat"]


def test_boats_are_described_labelled_patched_scaled_waited_for_and_deleted(fleet: Fleet) -> None:
    kubectl, ada = fleet.kubectl, f"boat.{fleet.group}/ada"
    kubectl("create", "-f", "-", stdin=fleet.boat())
    assert "Sails:  2" in kubectl("describe", fleet.boats, "ada")
    kubectl("label", ada, "tier=front")
    kubectl("annotate", ada, "note=here")
    kubectl("patch", ada, "--type=merge", "-p", '{"spec":{"port":"p"}}')
    kubectl("scale", ada, "--replicas=5")
    found = kubectl.json("get", fleet.boats, "-l", "tier=front")["items"][0]
    assert found["spec"] == {"sails": 5, "port": "p"}
    assert found["metadata"]["generation"] == 3
    strategic = kubectl.refused("patch", ada, "--type=strategic", "-p", '{"spec":{"port":"q"}}')
    assert "accepted media types include: application/json-patch+json" in strategic
    status = {"status": {"phase": "Sailing", "conditions": [{"type": "Ready", "status": "True"}]}}
    kubectl("patch", ada, "--subresource=status", "--type=merge", "-p", json.dumps(status))
    kubectl("wait", "--for=condition=Ready", ada, "--timeout=20s")
    kubectl("wait", "--for=jsonpath={.status.phase}=Sailing", ada, "--timeout=20s")
    assert "deleted" in kubectl("delete", ada)
    assert kubectl("get", fleet.boats, "--no-headers") == ""


def test_a_deleted_definition_takes_its_objects_and_names_with_it(fleet: Fleet) -> None:
    kubectl = fleet.kubectl
    kubectl("create", "-f", "-", stdin=fleet.boat())
    kubectl("delete", "crd", fleet.boats)
    assert "the server doesn't have a resource type" in kubectl.refused("get", fleet.boats)
    assert kubectl("api-resources", f"--api-group={fleet.group}", "--no-headers") == ""
    again = Fleet(kubectl)
    assert kubectl("get", again.boats, "--no-headers") == ""
