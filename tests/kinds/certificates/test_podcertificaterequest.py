from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.errors import APIError
from fakek8s.registry.options import check_field_label

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("certificates.k8s.io", "v1", "podcertificaterequests")
DENIED = {
    "type": "Denied",
    "status": "True",
    "reason": "R",
    "message": "m",
    "lastTransitionTime": "2024-01-01T00:00:00Z",
}


def a_request(doors: Doors) -> dict[str, Any]:
    return doors.decode({"metadata": {"name": "p"}, "spec": {"signerName": "x.y/z"}})


def test_who_decides_must_be_let_sign(doors: Doors) -> None:
    doors.lacking = {"signers"}
    changes = {"status": {"conditions": [DENIED]}}
    assert doors.update(a_request(doors), changes, "status").texts == [
        'spec.signerName: Forbidden: User "somebody" is not permitted to "sign" for signer "x.y/z"'
    ]
    assert doors.update(a_request(doors), {}, "status").errors == []


def test_a_wrong_decision_is_said_before_the_right_is_asked_for(doors: Doors) -> None:
    doors.lacking = {"signers"}
    changes = {"status": {"conditions": [{**DENIED, "type": "Maybe"}]}}
    texts = doors.update(a_request(doors), changes, "status").texts
    assert texts != []
    assert not any(text.startswith("spec.signerName") for text in texts)


def test_requests_are_not_selected_by_namespace(doors: Doors) -> None:
    check_field_label(doors.kind, "metadata.name")
    with pytest.raises(APIError, match="field label not supported"):
        check_field_label(doors.kind, "metadata.namespace")
