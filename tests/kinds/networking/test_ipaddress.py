from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.kinds.conftest import NOW

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("networking.k8s.io", "v1", "ipaddresses")
PARENT = {"resource": "services", "namespace": "ns", "name": "s"}


def address(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "192.0.2.7"}, "spec": spec}


def test_the_name_is_the_address_in_canonical_form(doors: Doors) -> None:
    name = doors.kind.behaviour.name
    assert name("2001:db8::78", False) == []
    assert name("2001:DB8::78", False) == ['must be in canonical form ("2001:db8::78")']


def test_an_address_belongs_to_somebody_for_good(doors: Doors) -> None:
    assert doors.create(address()).texts == ["spec.parentRef: Required value"]
    found = doors.create(address(parentRef=PARENT))
    assert found.texts == []
    changed = doors.update(found.object, {"spec": {"parentRef": {"name": "t"}}})
    assert changed.texts == ["spec.parentRef: Invalid value: null: field is immutable"]


@pytest.mark.parametrize(
    ("parent", "shown"),
    [
        (PARENT, "services/ns/s"),
        ({"resource": "Gateways", "group": "x.y", "name": "g"}, "gateways.x.y/g"),
        (None, "<none>"),
    ],
)
def test_a_row_shows_the_parent_and_an_age_without_a_column(
    doors: Doors, parent: dict[str, str] | None, shown: str
) -> None:
    cells = doors.kind.behaviour.cells
    assert cells is not None
    found = doors.decode(address(parentRef=parent))
    assert cells(found, NOW) == ["192.0.2.7", shown, "<unknown>"]


def test_what_a_changed_parent_lacks_is_found_in_its_place(doors: Doors) -> None:
    old = doors.create(address(parentRef=PARENT)).object
    changes = {"spec": {"parentRef": {"name": "", "namespace": "a/b"}}}
    found = [error.field for error in doors.update(old, changes).errors]
    assert found == ["spec.parentRef.name", "spec.parentRef.namespace", "spec.parentRef"]
    new = doors.create(address(parentRef={**PARENT, "name": "", "namespace": "a/b"}))
    assert [error.field for error in new.errors] == found[1::-1]
