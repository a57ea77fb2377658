"""Updates: what counts as a change of what is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.registry.update import bump_generation

if TYPE_CHECKING:
    Object = dict[str, Any]


@pytest.mark.parametrize(
    ("before", "after", "generation"),
    [
        ({"rules": []}, {"rules": None}, 1),
        ({"template": {"hard": {}}}, {"template": {"hard": None}}, 1),
        ({"template": {"resources": {}}}, {"template": {}}, 2),
        ({"template": {"a": 1}}, {"template": {"a": 2}}, 2),
    ],
)
def test_an_empty_list_is_none_but_a_struct_is_something(
    before: Object, after: Object, generation: int
) -> None:
    live = {"metadata": {"generation": 1}, "spec": before}
    new: Object = {"metadata": {"generation": 1}, "spec": after}
    bump_generation(new, live)
    assert new["metadata"]["generation"] == generation
