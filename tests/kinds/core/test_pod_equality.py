from __future__ import annotations

from typing import Any

import pytest

from fakek8s.kinds.shared.podtemplate.equality import same


@pytest.mark.parametrize(
    ("left", "right", "name"),
    [
        (None, [], "env"),
        (None, {}, "nodeSelector"),
        ({"limits": {"cpu": "1"}}, {"limits": {"cpu": "1000m"}}, "resources"),
        ({"sizeLimit": "1Ki"}, {"sizeLimit": "1024"}, "emptyDir"),
        ([{"name": "a", "env": []}], [{"name": "a"}], "containers"),
    ],
)
def test_what_means_the_same(left: Any, right: Any, name: str) -> None:
    assert same(left, right, name)
    assert same(right, left, name)


@pytest.mark.parametrize(
    ("left", "right", "name"),
    [
        (None, {}, "affinity"),
        (None, False, "shareProcessNamespace"),
        (None, 0, "runAsUser"),
        ({"limits": {"cpu": "1"}}, {"limits": {"cpu": "1", "memory": "1"}}, "resources"),
        ({"image": "1"}, {"image": "1000m"}, "containers"),
        (["a", "b"], ["b", "a"], "command"),
    ],
)
def test_what_does_not(left: Any, right: Any, name: str) -> None:
    assert not same(left, right, name)
    assert not same(right, left, name)
