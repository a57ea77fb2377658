"""The command line says what it can't do instead of passing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from conformance.__main__ import main

if TYPE_CHECKING:
    import pytest


def test_an_unknown_scenario_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["conformance", "transcripts", "--scenario", "none", "--server", "http://127.0.0.1:1"]
    monkeypatch.setattr(sys, "argv", command)
    assert main() == 2
    assert "no scenario none" in capsys.readouterr().err
