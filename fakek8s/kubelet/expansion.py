"""`$(NAME)` in commands, arguments and environment values.

Source: k8s.io/kubernetes third_party/forked/golang/expansion.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_REFERENCE = re.compile(r"\$(?:(\$)|\(([^()]*)\))")


def expand(text: str, values: Mapping[str, str]) -> str:
    """The text with its references replaced; `$$` is a dollar, unknown names stay as written."""

    def value(match: re.Match[str]) -> str:
        if match.group(1):
            return "$"
        return values.get(match.group(2), match.group(0))

    return _REFERENCE.sub(value, text)
