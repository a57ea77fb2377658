"""What two servers may answer differently to the same request, and how it is named alike.

Uids, times, revisions, tokens, generated names, allocated addresses and ports are replaced;
everything else is left for the comparison. Pure: answers in, answers out. A change here
changes what a recording means, so it never happens without recording again.
"""

from __future__ import annotations

import json
import re
from typing import Any

_UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_REVISION = re.compile(r"((?:[rR]esource ?[vV]ersion[^0-9]{0,18}|current: |record \())\d+")
_AGE = re.compile(r"^(\d+[smhdy]){1,2}$")
_CONTINUE = re.compile(r"^eyJ[\w=-]{20,}$")
_TOKEN = re.compile(r"<(uid|suffix|hash)\d+>")

_HASH_LABELS = ("pod-template-hash", "controller-revision-hash")


class Normaliser:
    """Names what varies, by order of appearance, through all answers of one scenario.

    A uid becomes `<uid0>` wherever it stands again. With `cluster`, where controllers name
    objects, generated suffixes and template hashes are numbered in the same way; without,
    a generated name simply ends in `<suffix>`.
    """

    def __init__(self, namespace: str, cluster: bool) -> None:
        self._namespace = namespace
        self._cluster = cluster
        self._uids: dict[str, int] = {}
        self._names: dict[str, str] = {}

    def answer(self, answer: Any) -> Any:
        """The normal form of one answer, given in the order of the steps."""
        if self._cluster:
            self._learn(answer)
        return self._value(answer, "")

    def _learn(self, value: Any) -> None:
        if isinstance(value, list):
            for item in value:
                self._learn(item)
        if not isinstance(value, dict):
            return
        name, prefix = value.get("name"), value.get("generateName")
        # A suffix has five characters; shorter ones are names that a user chose.
        if (
            isinstance(name, str)
            and isinstance(prefix, str)
            and prefix
            and name.startswith(prefix)
            and len(name) - len(prefix) > 3
        ):
            self._names.setdefault(name[len(prefix) :], f"<suffix{len(self._names)}>")
        for key in _HASH_LABELS:
            found = value.get(key)
            if isinstance(found, str) and found:
                self._names.setdefault(found.rsplit("-", 1)[-1], f"<hash{len(self._names)}>")
        for item in value.values():
            self._learn(item)

    def _text(self, text: str) -> str:
        text = text.replace(self._namespace, "NS")
        for found, token in self._names.items():
            text = text.replace(found, token)
        text = _UID.sub(lambda uid: f"<uid{self._uids.setdefault(uid[0], len(self._uids))}>", text)
        return _TIME.sub("<time>", text)

    def _value(self, value: Any, key: str) -> Any:
        if isinstance(value, dict):
            return self._mapping(value)
        if isinstance(value, list):
            return [self._value(item, key) for item in value]
        if not isinstance(value, str):
            return value
        if _CONTINUE.match(value):
            return "<continue>"
        text = self._text(value)
        # A revision in prose, not one in a field or an identifier that happens to hold digits.
        if key in ("message", "warnings", "") or " " in text:
            text = _REVISION.sub(r"\1<n>", text)
        return text

    def _mapping(self, value: dict[str, Any]) -> dict[str, Any]:
        normal = {}
        for key, item in value.items():
            # The value goes first: uids are numbered in this order, and the order of sorted
            # managedFields and causes shows it.
            named = self._field(key, item)
            normal[self._text(key)] = named
        prefix = normal.get("generateName")
        if (
            not self._cluster
            and isinstance(prefix, str)
            and prefix
            and str(normal.get("name", "")).startswith(prefix)
        ):
            normal["name"] = f"{prefix}<suffix>"
        return normal

    def _field(self, key: str, value: Any) -> Any:
        match key:
            case "resourceVersion" if isinstance(value, str):
                return "<rv>" if value not in ("", "0") else value
            case "continue" if value:
                return "<continue>"
            case "clusterIP" | "nodePort" | "healthCheckNodePort" if value and value != "None":
                return f"<{key}>"
            case "clusterIPs" if value and value != ["None"]:
                return ["<clusterIP>"] * len(value)
            case "podIP" | "hostIP" | "ip" if value and self._cluster:
                return f"<{key}>"
            case "cells" if isinstance(value, list):
                return [self._cell(cell) for cell in value]
            case "columnDefinitions" if isinstance(value, list):
                return [{k: v for k, v in c.items() if k != "description"} for c in value]
            case "managedFields" | "causes" if isinstance(value, list):
                return sorted((self._value(item, key) for item in value), key=_sorted_json)
            case _:
                return self._value(value, key)

    def _cell(self, cell: Any) -> Any:
        return "<age>" if isinstance(cell, str) and _AGE.match(cell) else self._value(cell, "")


def _sorted_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def renumber(value: Any) -> Any:
    """The answers of a scenario with tokens numbered anew, in the order of sorted keys.

    So the order in which a server writes the fields of an object does not count.
    """
    return _renumber(value, {})


def _renumber(value: Any, seen: dict[str, int]) -> Any:
    if isinstance(value, str):
        return _TOKEN.sub(lambda t: f"<{t[1]}{seen.setdefault(t[0], len(seen))}>", value)
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: _TOKEN.sub(r"<\1>", key))
        return {_renumber(key, seen): _renumber(value[key], seen) for key in keys}
    if isinstance(value, list):
        return [_renumber(item, seen) for item in value]
    return value


def remove(value: Any, path: str) -> None:
    """Takes what stands at a dotted path out of an answer, in place; `*` is any key or index."""
    _remove(value, path.split("."))


def _remove(value: Any, parts: list[str]) -> None:
    head, *rest = parts
    if isinstance(value, list):
        # An index may lead further in, but an item itself is never taken: others would move.
        for index, item in enumerate(value):
            if rest and head in ("*", str(index)):
                _remove(item, rest)
    elif isinstance(value, dict):
        for key in [key for key in value if head in ("*", key)]:
            if rest:
                _remove(value[key], rest)
            else:
                del value[key]


def without_managed_fields(value: Any) -> Any:
    """The value without any `managedFields` in it."""
    if isinstance(value, dict):
        return {k: without_managed_fields(v) for k, v in value.items() if k != "managedFields"}
    if isinstance(value, list):
        return [without_managed_fields(item) for item in value]
    return value
