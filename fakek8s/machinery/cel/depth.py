"""Room for expressions that nest deeper than Python's stack usually allows.

Upstream allows 250 levels, each of which takes a dozen calls here. That is rare, so nobody pays
for it but the expression that needs it.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["deep_stack"]

_ENOUGH: Final = 20_000


@contextmanager
def deep_stack() -> Iterator[None]:
    """Raises the limit for the calls inside; the work inside is bounded by what it is given."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _ENOUGH))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
