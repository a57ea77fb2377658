"""Warning headers are quoted, counted and cut as upstream does."""

from __future__ import annotations

from fakek8s.api.warnings import headers


def test_quotes_and_backslashes_are_escaped() -> None:
    assert headers(['unknown field "a\\b"']) == ['299 - "unknown field \\"a\\\\b\\""']


def test_each_text_stands_once_and_control_characters_nowhere() -> None:
    assert headers(["a", "", "b", "a", "c\nd"]) == ['299 - "a"', '299 - "b"']


def test_long_warnings_are_cut_when_all_together_are_too_long() -> None:
    found = headers([f"{i:02}" + "x" * 998 for i in range(30)])
    assert all(len(text) == len('299 - ""') + 256 for text in found)
    assert len(found) == 16


def test_warnings_within_the_limit_stay_whole() -> None:
    long = "x" * 4096
    assert headers([long]) == [f'299 - "{long}"']
