"""What pyproject.toml promises to pip is what the tree holds."""

from __future__ import annotations

import tomllib
from pathlib import Path

import fakek8s

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_recorded_version_is_packed_into_the_wheel() -> None:
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    recorded = {p.name for p in (ROOT / "openapi").iterdir() if p.name[:1].isdigit()}
    assert wheel["force-include"] == {
        f"openapi/{version}": f"fakek8s/_openapi/{version}" for version in recorded
    }


def test_the_changelog_has_a_place_for_what_comes_next() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    assert "## Unreleased" in lines


def test_the_version_is_a_release_number() -> None:
    assert [part.isdigit() for part in fakek8s.__version__.split(".")] == [True] * 3
