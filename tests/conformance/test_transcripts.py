"""fakek8s answers as the real kube-apiserver answered, scenario by scenario, or better than before.

The floors are in `conformance/floors.json`; they are raised by
`python -m conformance transcripts --update-floors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance import floors, raw
from conformance.launch import fakek8s
from conformance.player import play
from conformance.scenario import Scenario, find

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.connection import Server

FLOORS = floors.read()
#: fakek8s shows an effect with the answer that reports it; what takes longer never comes.
PATIENCE = 2.0


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with fakek8s() as server:
        yield server


@pytest.mark.parametrize(
    "scenario",
    [pytest.param(s, id=s.name) for s in find() if s.area not in floors.OPEN_AREAS],
)
def test_a_scenario_stays_at_its_floor(server: Server, scenario: Scenario) -> None:
    score = play(server, scenario, patience=PATIENCE)
    floor = floors.of(FLOORS, scenario.name, scenario.area)
    told = [(v.number, v.label, v.differences[:3]) for v in score.verdicts if v.differences]
    assert score.equal >= floor, told


def test_raw_bodies_stay_the_same_bytes() -> None:
    with fakek8s() as server:
        fallen = floors.broken(FLOORS, raw.play(server))
    assert fallen == []
