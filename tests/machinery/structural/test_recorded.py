"""Answers of a real server about definitions, objects and updates, each equal in every cause."""

from __future__ import annotations

from typing import Any

import pytest

from fakek8s.machinery.clone import clone
from fakek8s.machinery.structural import crd as definition
from fakek8s.machinery.structural import formats
from fakek8s.machinery.structural.check_crd import check_create
from fakek8s.machinery.structural.embedded import CoerceError
from fakek8s.machinery.wire.canonical import sorted_copy
from tests.machinery.structural.schemas import (
    API_VERSION,
    Object,
    causes,
    compiled,
    incoming,
    object_meta,
    recorded,
    rules,
)

DEFINITIONS: list[Object] = recorded("definitions")
OBJECTS: list[Object] = recorded("objects")
UPDATES: list[Object] = recorded("updates")
FORMATS: list[Object] = recorded("formats")
#: The formats that each text was tried for.
NAMES = (
    *("date", "date-time", "duration", "ipv4", "ipv6", "cidr", "mac", "uuid", "uuid3", "uuid4"),
    *("uuid5", "byte", "email", "hostname", "uri", "password", "isbn", "isbn10", "isbn13"),
    *("creditcard", "ssn", "hexcolor", "rgbcolor", "bsonobjectid", "k8s-short-name"),
    *("k8s-long-name", "binary"),
)


@pytest.mark.parametrize("case", DEFINITIONS, ids=lambda case: case["name"])
def test_a_definition_draws_the_causes_and_warnings_of_a_real_server(case: Object) -> None:
    crd = incoming({"metadata": case["metadata"], "spec": case["spec"]})
    assert causes(check_create(crd, object_meta())) == case["causes"]
    if not case["causes"]:
        assert sorted(definition.warnings(crd)) == sorted(case["warnings"])


def _judge(group: Object, sent: Object) -> dict[str, Any]:
    schema = compiled(group["schema"])
    obj = {"apiVersion": API_VERSION, "kind": group["kind"], "metadata": {"name": "x"}}
    obj |= clone(sent)
    try:
        unknown = schema.decode(obj, strict=True)
    except CoerceError as error:
        return {"sent": sent, "refused": str(error)}
    schema.default(obj)
    found = rules(group["schema"], group["kind"], scale=group["scale"]).create(obj)
    if found:
        return {"sent": sent, "causes": causes(found)}
    stored = {name: obj[name] for name in obj if name not in ("apiVersion", "kind", "metadata")}
    return {"sent": sent, "stored": sorted_copy(stored), "unknown": sorted(unknown)}


@pytest.mark.parametrize("group", OBJECTS, ids=lambda group: group["name"])
def test_an_object_is_pruned_defaulted_or_refused_as_by_a_real_server(group: Object) -> None:
    for case in group["cases"]:
        assert _judge(group, case["sent"]) == case


@pytest.mark.parametrize("group", UPDATES, ids=lambda group: group["name"])
def test_an_update_may_leave_wrong_what_was_wrong_exactly_as_on_a_real_server(
    group: Object,
) -> None:
    judge = rules(group["schema"], group["kind"])
    head = {"apiVersion": API_VERSION, "kind": group["kind"], "metadata": {"name": "x"}}
    for case in group["cases"]:
        old, new = {**head, **clone(group["old"])}, {**head, **clone(case["new"])}
        schema = compiled(group["schema"])
        schema.default(old)
        schema.coerce(new)
        schema.default(new)
        if group["sub"]:
            kept = {name: value for name, value in old.items() if name != "status"}
            new = kept | ({"status": new["status"]} if "status" in new else {})
            found = judge.update_status(new, old)
        else:
            if group["resets"]:
                new["status"] = old["status"]
            found = judge.update(new, old)
        assert causes(found) == case["causes"], case["new"]


@pytest.mark.parametrize("case", FORMATS, ids=lambda case: case["text"][:30])
def test_a_text_has_the_formats_that_a_real_server_finds_in_it(case: Object) -> None:
    known = [name for name in NAMES if formats.is_known(name)]
    refused = [name for name in known if not formats.matches(name, case["text"])]
    assert sorted(refused) == sorted(case["refused"])
