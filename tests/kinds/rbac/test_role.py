from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("rbac.authorization.k8s.io", "v1", "roles")


def test_an_empty_list_of_rules_is_stored_as_none(doors: Doors) -> None:
    written = doors.create({"metadata": {"name": "r"}, "rules": []})
    assert written.object["rules"] is None


def test_rules_stay_as_they_are(doors: Doors) -> None:
    rules = [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]
    assert doors.create({"metadata": {"name": "r"}, "rules": rules}).object["rules"] == rules
