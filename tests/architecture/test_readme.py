"""What the README says of the command line is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fakek8s.cli import main

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def options(text: str) -> set[str]:
    return set(re.findall(r"--[a-z][a-z-]+", text))


@pytest.mark.parametrize("command", ["serve", "run"])
def test_the_table_of_options_is_complete(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    table = "\n".join(line for line in README.splitlines() if line.startswith("| `--"))
    assert options(table) == options(capsys.readouterr().out) - {"--help"}


def test_the_first_screen_shows_how_to_run_it_and_how_to_test_it() -> None:
    screen = "\n".join(README.splitlines()[:25])
    assert "pip install . && fakek8s serve" in screen
    assert "pip install '.[test]' && pytest -n 2" in screen
