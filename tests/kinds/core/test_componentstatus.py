from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakek8s.errors import APIError
from fakek8s.kinds.core.componentstatus import read

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("", "v1", "componentstatuses")


async def ask(doors: Doors, name: str = "") -> dict[str, object]:
    op = doors.operation("get", {"metadata": {"name": name}}, None)
    code, found = await read({}, op, None)  # type: ignore[arg-type]
    assert code == 200
    return found


async def test_the_store_is_healthy(doors: Doors) -> None:
    found = await ask(doors, "etcd-0")
    assert doors.cells(found) == ["etcd-0", "Healthy", "ok", ""]


async def test_all_components_are_listed(doors: Doors) -> None:
    items = (await ask(doors))["items"]
    assert isinstance(items, list)
    names = [item["metadata"]["name"] for item in items]
    assert names == ["controller-manager", "scheduler", "etcd-0"]


async def test_an_unknown_component_is_not_found(doors: Doors) -> None:
    with pytest.raises(APIError, match='componentstatus "x" not found'):
        await ask(doors, "x")


async def test_nobody_makes_a_component(doors: Doors) -> None:
    op = doors.operation("create", {"metadata": {"name": "x"}}, None)
    with pytest.raises(APIError, match="does not allow this method"):
        await read({}, op, None)  # type: ignore[arg-type]
