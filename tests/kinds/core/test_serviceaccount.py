from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakek8s import errors
from fakek8s.kind import Action

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("", "v1", "serviceaccounts")
ENFORCE = "kubernetes.io/enforce-mountable-secrets"


def test_references_to_secrets_are_their_names(doors: Doors) -> None:
    body = {"metadata": {"name": "a"}, "secrets": [{"name": "s", "kind": "Secret", "uid": "u"}]}
    assert doors.create(body).object["secrets"] == [{"name": "s"}]


def test_only_who_sets_the_old_annotation_is_warned(doors: Doors) -> None:
    written = doors.create({"metadata": {"name": "a", "annotations": {ENFORCE: "true"}}})
    assert written.warnings == [
        (
            f"metadata.annotations[{ENFORCE}]: deprecated in v1.32+; prefer separate namespaces to "
            "isolate access to mounted secrets"
        )
    ]
    assert doors.update(written.object, {"metadata": {"labels": {"a": "b"}}}).warnings == []


async def test_tokens_are_for_accounts_that_exist(doors: Doors) -> None:
    action = doors.kind.behaviour.subresources["token"]
    assert isinstance(action, Action)
    op = doors.operation("create", {"metadata": {"name": "a", "namespace": "ns"}}, None)
    assert action.prepare is not None
    with pytest.raises(errors.APIError) as refusal:
        action.prepare({"metadata": {}, "spec": {}}, op)
    assert refusal.value.message == 'serviceaccounts "a" not found'
