"""The status a definition gets from its own spec and from the names of others."""

from __future__ import annotations

from typing import Any

from fakek8s.machinery.structural import conditions
from tests.machinery.structural.schemas import Object, crd, of_spec

NOW = "2030-01-01T00:00:00Z"
SCHEMA = of_spec({})


def named(plural: str, kind: str, **more: Any) -> Object:
    return crd(SCHEMA, names={"plural": plural, "kind": kind, **more})


def settled(body: Object, others: list[Object]) -> Object:
    """The definition once the server has looked at it, among others."""
    status = body["status"]
    decided = conditions.accepted_names(body, [*others, body])
    if decided is not None:
        names, accepted, established = decided
        held = conditions.with_condition(status["conditions"], accepted, NOW)
        held = conditions.with_condition(held, established, NOW)
        body = {**body, "status": {**status, "acceptedNames": names, "conditions": held}}
    made = conditions.established(body)
    if made is None:
        return body
    held = conditions.with_condition(body["status"]["conditions"], made, NOW)
    return {**body, "status": {**body["status"], "conditions": held}}


def reasons(body: Object) -> list[tuple[str, str, str]]:
    return [(c["type"], c["status"], c["reason"]) for c in body["status"]["conditions"]]


def test_free_names_are_accepted_and_the_definition_established() -> None:
    body = settled(named("kites", "Kite", shortNames=["kt"], categories=["all"]), [])
    assert reasons(body) == [
        ("NamesAccepted", "True", "NoConflicts"),
        ("Established", "True", "InitialNamesAccepted"),
    ]
    assert body["status"]["acceptedNames"] == {
        "plural": "kites",
        "singular": "kite",
        "shortNames": ["kt"],
        "kind": "Kite",
        "listKind": "KiteList",
        "categories": ["all"],
    }


def test_a_taken_kind_is_refused_and_the_rest_is_kept() -> None:
    first = settled(named("kites", "Kite"), [])
    second = settled(named("kitez", "Kite"), [first])
    assert second["status"]["acceptedNames"] == {"plural": "kitez", "kind": ""}
    assert reasons(second) == [
        ("NamesAccepted", "False", "ListKindConflict"),
        ("Established", "False", "NotAccepted"),
    ]
    assert second["status"]["conditions"][0]["message"] == '"KiteList" is already in use'


def test_a_taken_short_name_refuses_all_short_names() -> None:
    first = settled(named("kites", "Kite", shortNames=["kt"]), [])
    second = settled(named("balloons", "Balloon", shortNames=["bn", "kt"]), [first])
    assert "shortNames" not in second["status"]["acceptedNames"]
    assert second["status"]["acceptedNames"]["kind"] == "Balloon"
    assert reasons(second)[0] == ("NamesAccepted", "False", "ShortNamesConflict")


def test_names_of_another_group_are_free() -> None:
    first = settled(named("kites", "Kite"), [])
    second = crd(SCHEMA, group="air.example.com", names={"plural": "kites", "kind": "Kite"})
    assert reasons(settled(second, [first]))[0] == ("NamesAccepted", "True", "NoConflicts")


def test_nothing_is_decided_twice() -> None:
    body = settled(named("kites", "Kite"), [])
    assert conditions.accepted_names(body, [body]) is None
    assert conditions.established(body) is None


def test_a_name_taken_later_leaves_an_established_definition_established() -> None:
    first = settled(named("kites", "Kite"), [])
    second = settled(named("balloons", "Balloon"), [first])
    names = {**second["spec"]["names"], "kind": "Kite"}
    changed = settled({**second, "spec": {**second["spec"], "names": names}}, [first])
    assert reasons(changed) == [
        ("NamesAccepted", "False", "KindConflict"),
        ("Established", "True", "InitialNamesAccepted"),
    ]


def test_a_transition_time_moves_only_with_the_status() -> None:
    old = [{"type": "A", "status": "True", "lastTransitionTime": "2029-01-01T00:00:00Z"}]
    kept = conditions.with_condition(
        old, {"type": "A", "status": "True", "reason": "R", "message": "m"}, NOW
    )
    moved = conditions.with_condition(
        old, {"type": "A", "status": "False", "reason": "R", "message": "m"}, NOW
    )
    assert kept[0]["lastTransitionTime"] == "2029-01-01T00:00:00Z"
    assert moved[0]["lastTransitionTime"] == NOW
    assert list(moved[0]) == ["type", "status", "lastTransitionTime", "reason", "message"]


def test_a_bundle_that_can_t_be_read_keeps_a_definition_from_being_established() -> None:
    body = settled(named("kites", "Kite"), [])
    body["status"]["conditions"] = body["status"]["conditions"][:1]
    made = conditions.established(body, valid_bundle=False)
    assert made is not None
    assert (made["status"], made["reason"]) == ("False", "InvalidCABundle")


def test_a_schema_that_isn_t_structural_is_told_with_all_its_violations() -> None:
    assert conditions.non_structural_condition(crd(SCHEMA)) is None
    loose = crd({"properties": {"spec": {}}})
    made = conditions.non_structural_condition(loose)
    where = "spec.versions[0].schema.openAPIV3Schema"
    assert made is not None
    assert made["reason"] == "Violations"
    assert made["message"] == (
        f"[{where}.properties[spec].type: Required value: must not be empty for specified object "
        f"fields, {where}.type: Required value: must not be empty at the root]"
    )


def test_community_groups_need_an_approval() -> None:
    body = crd(SCHEMA, group="boats.k8s.io")
    states = {}
    for value in ("", "unapproved, a test", "https://example.com/pr/1", "soon"):
        body["metadata"]["annotations"] = {conditions.APPROVAL_ANNOTATION: value}
        made = conditions.approval_condition(body)
        assert made is not None
        states[value] = (made["status"], made["reason"])
    assert states == {
        "": ("False", "MissingAnnotation"),
        "unapproved, a test": ("False", "UnapprovedAnnotation"),
        "https://example.com/pr/1": ("True", "ApprovedAnnotation"),
        "soon": ("False", "InvalidAnnotation"),
    }
    assert conditions.approval_condition(crd(SCHEMA)) is None
