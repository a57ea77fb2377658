from __future__ import annotations

import pytest

from fakek8s.kinds.batch import indexes


@pytest.mark.parametrize(("text", "number"), [("", 0), ("1", 1), ("0-2,4", 4), ("1,3-5,8", 5)])
def test_lists_are_counted(text: str, number: int) -> None:
    assert indexes.count(text, 9) == number


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", 'cannot convert string to integer for index: "x"'),
        ("1-y", 'cannot convert string to integer for index: "y"'),
        ("9", 'too large index: "9"'),
        ("1-9", 'too large index: "9"'),
        ("3-1", "non-increasing order, previous: 3, current: 1"),
        ("2,2", "non-increasing order, previous: 2, current: 2"),
        (
            "1-2-3",
            (
                'the fragment "1-2-3" violates the requirement that an index interval can have at '
                "most two parts separated by '-'"
            ),
        ),
    ],
)
def test_lists_that_are_none(text: str, message: str) -> None:
    with pytest.raises(indexes.IndexesError) as caught:
        indexes.count(text, 9)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("completed", "failed", "common"),
    [
        ("0-3", "4,5", None),
        ("0-3,7", "5,7", 7),
        ("1-5", "3-4", 3),
        ("", "1", None),
        ("x,2", "2", 2),
    ],
)
def test_the_first_index_of_both_lists(completed: str, failed: str, common: int | None) -> None:
    assert indexes.overlap(completed, failed, 9) == common
