"""Scenarios are read whole or not at all, and their variables and paths mean one thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.scenario import Scenario, Step, find, lookup, substitute

if TYPE_CHECKING:
    from pathlib import Path


def test_every_recorded_scenario_has_one_answer_for_each_step() -> None:
    scenarios = find()
    assert len(scenarios) > 100
    assert [s.name for s in scenarios if len(s.answers) != len(s.steps)] == []


def test_a_step_with_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValueError, match="untill"):
        Step.read({"GET": "/api", "untill": {"a": 1}})


@pytest.mark.parametrize("record", [{"body": {}}, {"GET": "/a", "PUT": "/b"}])
def test_a_step_has_exactly_one_verb(record: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="one verb"):
        Step.read(record)


def test_a_misspelt_name_finds_no_scenario_and_says_so() -> None:
    with pytest.raises(LookupError, match="generic-nothing"):
        find(name="generic-nothing")


def test_areas_choose_scenarios_by_the_first_word_of_their_name() -> None:
    assert {s.area for s in find(areas=("crd", "patch"))} == {"crd", "patch"}


def test_a_scenario_reads_its_profile_and_its_own_exceptions(tmp_path: Path) -> None:
    path = tmp_path / "cluster-one.yaml"
    path.write_text("{name: x, profile: cluster, ignore: [body.a], steps: [{WATCH: /b, count: 2}]}")
    scenario = Scenario.read(path)
    assert (scenario.name, scenario.cluster, scenario.ignore) == ("cluster-one", True, ("body.a",))
    assert scenario.steps == (Step(verb="WATCH", path="/b", count=2),)


def test_a_string_that_is_one_variable_takes_its_type() -> None:
    body = {"spec": {"${key}": "${n}", "list": ["a-${n}", "${unknown}"]}}
    assert substitute(body, {"key": "replicas", "n": 3}) == {
        "spec": {"replicas": 3, "list": ["a-3", "${unknown}"]}
    }


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("items.1.metadata.name", "b"),
        ("items.#", 2),
        ("items.7.metadata", None),
        ("absent.#", 0),
        ("labels.example~2com~1role", "x"),
        ("labels.absent.deeper", None),
        ("kind.deeper", None),
    ],
)
def test_a_dotted_path_leads_through_lists_lengths_and_escaped_keys(
    path: str, found: object
) -> None:
    value = {
        "kind": "List",
        "items": [{"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}],
        "labels": {"example.com/role": "x"},
    }
    assert lookup(value, path) == found
