"""Warning headers: quoting, and how many and how long they may be.

Source: apiserver pkg/endpoints/filters/warning.go, apimachinery pkg/util/net (NewWarningHeader).
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_TOTAL: Final = 4 * 1024
_EACH: Final = 256


def headers(texts: Iterable[str]) -> list[str]:
    """The values of the Warning headers for some texts, in order."""
    kept = [text for text in dict.fromkeys(texts) if text]
    if sum(map(len, kept)) <= _TOTAL:
        return [_header(text) for text in kept if _is_clean(text)]
    found: list[str] = []
    written = 0
    for text in kept:
        # Once cutting has begun, one more is still added after the limit is reached.
        if written >= _TOTAL:
            break
        if _is_clean(text):
            written += min(len(text), _EACH)
            found.append(_header(text[:_EACH]))
    return found


def _is_clean(text: str) -> bool:
    return not any(unicodedata.category(c) in ("Cc", "Cs") for c in text)


def _header(text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'299 - "{quoted}"'
