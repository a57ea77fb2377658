"""The difference of two objects as text, for messages that say what may not change.

Upstream prints a unified diff of the internal structs as indented JSON (apimachinery
pkg/util/diff); this one has the fields' JSON names and leaves out what is empty.
"""

from __future__ import annotations

from difflib import unified_diff
from typing import Any

import orjson


def difference(before: Any, after: Any) -> str:
    """A unified diff with three lines of context, without file names."""
    lines = unified_diff(_lines(before), _lines(after), lineterm="")
    return "".join(f"{line}\n" for line in lines if not line.startswith(("--- ", "+++ ")))


def _lines(value: Any) -> list[str]:
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS
    text = orjson.dumps(value, option=options).decode()
    # Two spaces make the indentation of one that upstream uses.
    return [line[(len(line) - len(line.lstrip(" "))) // 2 :] for line in text.split("\n")]
