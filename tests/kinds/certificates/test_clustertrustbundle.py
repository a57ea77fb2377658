from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("certificates.k8s.io", "v1", "clustertrustbundles")


def test_a_wrong_name_is_said_before_wrong_labels(doors: Doors) -> None:
    metadata = {"name": "a", "labels": {"a b": "c"}}
    found = doors.create({"metadata": metadata, "spec": {"signerName": "x.y/z"}})
    assert [error.field for error in found.errors] == [
        "metadata.name",
        "metadata.labels",
        "spec.trustBundle",
    ]
    assert "must be named with prefix x.y:z:" in found.texts[0]
