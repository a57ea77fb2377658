"""An applied configuration laid over an object (typed.TypedValue.Merge upstream).

Nothing vanishes here: what an applier stopped naming is `prune`'s affair. The result has no
particular order of fields and shares what it can; bring it to canonical form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.apply.element import Mismatch, item

if TYPE_CHECKING:
    from fakek8s.machinery.schema import Schema


def merged(live: Any, config: Any, schema: Schema) -> Any:
    """`live` with all that `config` names; raises Mismatch."""
    if isinstance(config, dict) and schema.fields is not None:
        form = "map"
    elif isinstance(config, list) and schema.items is not None:
        form = "list"
    elif config is None:
        form = _null_form(live, schema)
    else:
        return config
    if form == "map" and not schema.map_atomic:
        left, right = _dict(live), _dict(config)
        if left or right:
            return _merged_maps(left, right, schema)
    if form == "list" and schema.list_type != "atomic":
        before, after = _list(live), _list(config)
        if before or after:
            return _merged_lists(before, after, schema)
    # Leaves; and null over empty, which keeps the difference.
    return config


def _null_form(live: Any, schema: Schema) -> str:
    """Null takes the first form the schema has."""
    if schema.fields is not None:
        return "map"
    return "list" if schema.scalar is None and schema.items is not None else "scalar"


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _merged_maps(live: dict[str, Any], config: dict[str, Any], schema: Schema) -> dict[str, Any]:
    found = dict(live)
    for name, value in config.items():
        sub = schema.child(name)
        if sub is None:
            raise Mismatch(f".{name}: field not declared in schema")
        found[name] = merged(live[name], value, sub) if name in live else value
    return found


def _merged_lists(live: list[Any], config: list[Any], schema: Schema) -> list[Any]:
    """Items in the order of `config`, each of `live`'s own where it stood among its neighbours."""
    assert schema.items is not None
    items = schema.items
    left = [item(schema, value) for value in live]
    right = [item(schema, value) for value in config]
    if len(set(right)) < len(right):
        raise Mismatch("duplicate entries")
    # Items of which `live` has several are replaced, not merged: null merges with anything.
    ours: dict[str, Any] = {}
    for step, value in zip(left, live, strict=True):
        ours[step] = None if step in ours else value
    theirs = dict(zip(right, config, strict=True))
    shared = [step for step in right if step in ours]
    turn = 0  # the shared item whose place comes next
    done: set[str] = set()
    found: list[Any] = []

    def take(step: str) -> None:
        done.add(step)
        value = theirs[step]
        found.append(merged(ours[step], value, items) if step in ours else value)

    i = j = 0
    while i < len(left) or j < len(right):
        if i < len(left) and j < len(right):
            step = left[i]
            if step == right[j]:
                take(step)
                i, j, turn = i + 1, j + 1, turn + 1
                continue
            if step in theirs and turn < len(shared) and shared[turn] != step:
                i += 1  # shared, but it belongs elsewhere
                continue
        if i < len(left):
            step = left[i]
            if step not in theirs:
                found.append(live[i])
                i += 1
                continue
            if step in done:
                i += 1
        if j < len(right):
            step = right[j]
            take(step)
            j += 1
            if turn < len(shared) and shared[turn] == step:
                turn += 1
    return found
