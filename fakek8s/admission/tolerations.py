"""Sets of tolerations: which covers which, and what is left of two sets put together.

Source: kubernetes pkg/util/tolerations.
"""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


def merge(first: list[Object], second: list[Object]) -> list[Object]:
    """MergeTolerations: all of both, without what another one covers."""
    every = [*first, *second]
    merged: list[Object] = []
    for number, toleration in enumerate(every):
        if any(covers(kept, toleration) for kept in merged):
            continue
        later = every[number + 1 :]
        if any(other != toleration and covers(other, toleration) for other in later):
            continue
        merged.append(toleration)
    return merged


def all_listed(tolerations: list[Object], whitelist: list[Object]) -> bool:
    """VerifyAgainstWhitelist: an entry of the list covers each; an empty list allows all."""
    if not whitelist:
        return True
    return all(any(covers(w, toleration) for w in whitelist) for toleration in tolerations)


def covers(wide: Object, narrow: Object) -> bool:
    """isSuperset: whatever `narrow` tolerates, `wide` does too."""
    if wide == narrow:
        return True
    key, operator = wide.get("key", ""), wide.get("operator", "")
    if narrow.get("key", "") != key and (key or operator != "Exists"):
        return False
    effect = wide.get("effect", "")
    if effect not in ("", narrow.get("effect", "")):
        return False
    seconds = wide.get("tolerationSeconds")
    if effect == "NoExecute" and seconds is not None:
        given = narrow.get("tolerationSeconds")
        if given is None or given > seconds:
            return False
    if operator == "Exists":
        return True
    if operator not in ("", "Equal") or narrow.get("operator", "") != "Equal":
        return False
    return bool(narrow.get("value", "") == wide.get("value", ""))
