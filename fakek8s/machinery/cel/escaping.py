"""Names of properties as CEL identifiers: `a-b` is `a__dash__b` (apiserver pkg/cel/escaping.go)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

__all__ = ["RESERVED", "escape"]

#: What CEL reserves; a property of such a name is written between double underscores.
RESERVED: Final = frozenset(
    [
        "true",
        "false",
        "null",
        "in",
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    ]
)
_SPECIAL: Final = {"__": "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__"}
_PARTS: Final = re.compile(r"__|[-./]")
_ALLOWED: Final = re.compile(r"[A-Za-z_.\-/][A-Za-z0-9_.\-/]*", re.ASCII)


@lru_cache(maxsize=4096)
def escape(name: str) -> str | None:
    """The identifier of a property, None if expressions can't name it.

    >>> escape("x-kubernetes.io/a__b")
    'x__dash__kubernetes__dot__io__slash__a__underscores__b'
    """
    if _ALLOWED.fullmatch(name) is None:
        return None
    if name in RESERVED:
        return f"__{name}__"
    return _PARTS.sub(lambda match: _SPECIAL[match[0]], name)
