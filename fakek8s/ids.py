"""All randomness of a cluster: uids, name suffixes, tokens and choices, from one source.

With a seed, the same calls in the same order give the same values.
"""

from __future__ import annotations

import itertools
import random
import secrets
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableSequence, Sequence

T = TypeVar("T")

#: No vowels and nothing that looks like one, so that no words come out
#: (k8s.io/apimachinery/pkg/util/rand, `alphanums`).
SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
TOKEN_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"

_SUFFIX_LENGTH = 5  # k8s.io/apiserver/pkg/storage/names, `randomLength`
_SUFFIXES: int = len(SUFFIX_ALPHABET) ** _SUFFIX_LENGTH
_SUFFIX_BITS = _SUFFIXES.bit_length()
#: Two characters at a time, the lower digit first.
_PAIRS = tuple(low + high for high in SUFFIX_ALPHABET for low in SUFFIX_ALPHABET)
#: The digits of a UUID's last group.
_COUNTED = 12
#: The version and the variant of a UUID, and what they leave to chance.
_VERSION_4 = 0x4 << 76 | 0x8 << 60
_BY_CHANCE = ~(0xF << 76 | 0xC << 60)


class Ids:
    """The source of randomness; `seed` None takes one of the system's.

    Without a seed tokens come from the system itself, so that nobody can foretell them.
    """

    __slots__ = ("_random", "_secret")

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(secrets.randbits(256) if seed is None else seed)
        self._secret = random.SystemRandom() if seed is None else self._random

    def uid(self) -> str:
        """A version 4 UUID."""
        # uuid.UUID checks and formats what is right by construction, at five times the cost.
        bits = self._random.getrandbits(128) & _BY_CHANCE | _VERSION_4
        digits = bits.to_bytes(16, "big").hex()
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def series(self) -> Iterator[str]:
        """Version 4 UUIDs without end that differ in their last digits only."""
        first = self.uid()[:-_COUNTED]
        for number in itertools.count(self._random.getrandbits(4 * _COUNTED - 1)):
            yield f"{first}{number:0{_COUNTED}x}"

    def suffix(self) -> str:
        """What the server appends to a `generateName`."""
        # One number for all: to ask the system for each character takes five times as long.
        number = _SUFFIXES
        while number >= _SUFFIXES:  # what randrange does, which checks its arguments for long
            number = self._random.getrandbits(_SUFFIX_BITS)
        number, first = divmod(number, len(_PAIRS))
        last, second = divmod(number, len(_PAIRS))
        return _PAIRS[first] + _PAIRS[second] + SUFFIX_ALPHABET[last]

    def token(self, length: int) -> str:
        """`length` small letters and digits, as in a bootstrap token."""
        return "".join(self._secret.choices(TOKEN_ALPHABET, k=length))

    def random(self) -> float:
        """A number in [0, 1), for jitter."""
        return self._random.random()

    def choice(self, options: Sequence[T]) -> T:
        """One of the options. Raises IndexError if there is none."""
        return self._random.choice(options)

    def shuffle(self, items: MutableSequence[T]) -> None:
        """Reorders the items in place."""
        self._random.shuffle(items)
