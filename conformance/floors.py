"""The floors: how many steps of each scenario were answered as recorded, and must be again.

They only rise, by `python -m conformance transcripts --update-floors`, and the tests read them.
A raw body counts as a scenario of one step. Areas without a promise yet (`OPEN_AREAS`) keep
floors of 0.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.player import Score

FILE = Path(__file__).parent / "floors.json"

#: Playable, but nothing is promised: they need controllers and a scheduler.
OPEN_AREAS = frozenset({"cluster", "workloads"})

#: area -> {"equal": steps, "total": steps, "scenarios": {name: equal steps}}
Floors = dict[str, dict[str, Any]]


def read(path: Path = FILE) -> Floors:
    """The floors; none at all when the file is not there."""
    floors: Floors = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return floors


def of(floors: Floors, scenario: str, area: str) -> int:
    """The floor of one scenario, 0 for a new one."""
    floor: int = floors.get(area, {}).get("scenarios", {}).get(scenario, 0)
    return floor


def broken(floors: Floors, scores: Iterable[Score]) -> list[str]:
    """A line for each scenario that fell below its floor."""
    return [
        f"{score.scenario}: {score.equal} of {score.total} steps equal, the floor is {floor}"
        for score in scores
        if score.equal < (floor := of(floors, score.scenario, score.area))
    ]


def raised(floors: Floors, scores: Iterable[Score]) -> Floors:
    """The floors after these scores: risen where they are better, never lower.

    An area's sums cover its scenarios with a floor; one that was not played keeps what it has.
    """
    risen: Floors = {
        area: {**row, "scenarios": {**row["scenarios"]}} for area, row in floors.items()
    }
    totals: dict[str, dict[str, int]] = {}
    for score in scores:
        row = risen.setdefault(score.area, {"equal": 0, "total": 0, "scenarios": {}})
        equal = 0 if score.area in OPEN_AREAS else score.equal
        row["scenarios"][score.scenario] = max(of(floors, score.scenario, score.area), equal)
        totals.setdefault(score.area, {})[score.scenario] = score.total
    for area, row in risen.items():
        row["equal"] = sum(row["scenarios"].values())
        row["total"] = max(row["total"], sum(totals.get(area, {}).values()))
    return risen


def write(floors: Floors, path: Path = FILE) -> None:
    """Writes the floors, sorted, one scenario a line."""
    path.write_text(json.dumps(floors, indent=1, sort_keys=True) + "\n", encoding="utf-8")
