"""Floors rise with what was reached and are broken by what falls below."""

from __future__ import annotations

from conformance import floors
from conformance.player import Score, Verdict


def score(name: str, *equal: bool) -> Score:
    verdicts = tuple(Verdict(i, "GET /", () if ok else ("a: 1",)) for i, ok in enumerate(equal, 1))
    return Score(name, name.partition("-")[0], verdicts)


def test_floors_rise_and_never_fall() -> None:
    first = floors.raised({}, [score("crd-a", True, False), score("crd-b", True, True)])
    assert first == {"crd": {"equal": 3, "total": 4, "scenarios": {"crd-a": 1, "crd-b": 2}}}
    second = floors.raised(first, [score("crd-a", True, True), score("crd-b", False, False)])
    assert second["crd"] == {"equal": 4, "total": 4, "scenarios": {"crd-a": 2, "crd-b": 2}}


def test_playing_a_part_leaves_the_rest_as_it_was() -> None:
    known = floors.raised({}, [score("crd-a", True), score("patch-a", True, False)])
    assert floors.raised(known, [score("patch-a", True, True)])["crd"] == known["crd"]


def test_a_scenario_below_its_floor_is_named() -> None:
    known = floors.raised({}, [score("crd-a", True, True)])
    assert floors.broken(known, [score("crd-a", True, True)]) == []
    (line,) = floors.broken(known, [score("crd-a", True, False)])
    assert line.startswith("crd-a: 1 of 2")


def test_open_areas_promise_nothing() -> None:
    known = floors.raised({}, [score("cluster-a", True, True)])
    assert floors.broken(known, [score("cluster-a", False, False)]) == []
