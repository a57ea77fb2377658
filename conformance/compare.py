"""Where two JSON values differ, in words: one line for each difference, with its path."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_WIDTH = 220


def differences(want: Any, got: Any, path: str = "") -> Iterator[str]:
    """Yields a line for each difference of two values, in the order of sorted keys.

    >>> list(differences({"a": [1, 2]}, {"a": [1, 3], "b": None}))
    ['a[1]: 3, want 2', 'b: unexpected null']
    """
    if isinstance(want, dict) and isinstance(got, dict):
        for key in sorted(want.keys() | got.keys()):
            where = f"{path}.{key}" if path else key
            if key not in got:
                yield f"{where}: missing, want {_short(want[key])}"
            elif key not in want:
                yield f"{where}: unexpected {_short(got[key])}"
            else:
                yield from differences(want[key], got[key], where)
    elif isinstance(want, list) and isinstance(got, list):
        if len(want) != len(got):
            yield f"{path}: {len(got)} items, want {len(want)}"
        for index, (one, other) in enumerate(zip(want, got, strict=False)):
            yield from differences(one, other, f"{path}[{index}]")
    elif want != got:
        yield f"{path}: {_short(got)}, want {_short(want)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < _WIDTH else f"{text[: _WIDTH - 3]}..."
