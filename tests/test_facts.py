"""The recorded facts load, all versions, each part."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fakek8s.facts import DEFAULT_VERSION, FactsNotFound, available, load_facts


def test_versions_are_listed_oldest_first() -> None:
    assert available() == ["1.32", "1.33", "1.34", "1.35", "1.36", "1.37"]
    assert DEFAULT_VERSION in available()


@pytest.mark.parametrize("minor", available())
def test_each_version_has_every_part_and_says_its_own_number(minor: str) -> None:
    facts = load_facts(minor)
    assert f"{facts.version['major']}.{facts.version['minor']}" == minor
    assert "apps/v1/Deployment" in facts.gotypes["kinds"]
    assert "/apis/apps/v1" in facts.discovery_legacy
    assert {"/api", "/apis"} <= facts.discovery_aggregated.keys()
    assert "io.k8s.api.core.v1.Pod" in facts.openapi_v2["definitions"]
    assert "apis/apps/v1" in facts.openapi_v3
    assert facts.tables["/api/v1/pods"][0]["name"] == "Name"
    assert facts.bootstrap["/api/v1/namespaces"]


def test_a_part_is_read_once() -> None:
    facts = load_facts()
    assert facts.gotypes is facts.gotypes


def test_an_unrecorded_version_is_refused_with_the_list_of_those_there_are() -> None:
    with pytest.raises(FactsNotFound, match=r"1\.1; there are 1\.32, "):
        load_facts("1.1")


def test_importing_facts_loads_no_json_library() -> None:
    code = "import sys, fakek8s.facts; print('orjson' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "False"
