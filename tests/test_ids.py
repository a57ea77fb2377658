"""Randomness: its shapes, and that a seed decides it."""

from __future__ import annotations

import re
import uuid

import pytest

from fakek8s.ids import SUFFIX_ALPHABET, Ids


def test_uids_are_version_4_uuids() -> None:
    ids = Ids(1)
    uids = [ids.uid() for _ in range(200)]
    for uid in uids:
        parsed = uuid.UUID(uid)
        assert str(parsed) == uid
        assert (parsed.version, parsed.variant) == (4, uuid.RFC_4122)
    assert len(set(uids)) == len(uids)


def test_a_series_of_uids_does_not_repeat_itself() -> None:
    series = Ids(1).series()
    uids = [next(series) for _ in range(1000)]
    assert len(set(uids)) == len(uids)
    for uid in uids[:20]:
        assert str(uuid.UUID(uid)) == uid
        assert uuid.UUID(uid).version == 4
    assert not set(uids).intersection(next(Ids(2).series()) for _ in range(3))


@pytest.mark.parametrize("seed", [7, None])
def test_suffixes_are_five_characters_without_vowels(seed: int | None) -> None:
    ids = Ids(seed)
    text = "".join(ids.suffix() for _ in range(200))
    assert len(text) == 1000
    assert set(text) == set(SUFFIX_ALPHABET)


def test_tokens_are_small_letters_and_digits() -> None:
    assert re.fullmatch("[a-z0-9]{16}", Ids(1).token(16))
    assert Ids(1).token(0) == ""


def test_one_seed_gives_one_sequence() -> None:
    def draw(ids: Ids) -> list[object]:
        items = list(range(20))
        ids.shuffle(items)
        return [ids.uid(), ids.suffix(), ids.token(6), ids.random(), ids.choice("abcdef"), items]

    assert draw(Ids(3)) == draw(Ids(3))
    assert draw(Ids(3)) != draw(Ids(4))
    assert draw(Ids()) != draw(Ids())


def test_there_is_no_choice_among_nothing() -> None:
    with pytest.raises(IndexError):
        Ids(1).choice([])
