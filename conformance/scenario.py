"""What a recorded scenario is: its file, its steps, and the answers that belong to them.

Knows nothing of servers. The format is explained in `transcripts/README.md`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "transcripts" / "scenarios"
VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE", "WATCH")

_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One request of a scenario, as its file writes it.

    Seconds: `settle` waits before the request, `within` bounds the wait for `until` and
    `until_status`, `seconds` bounds a watch. `save` and `until` map to dotted paths.
    """

    verb: str
    path: str
    body: Any = None
    type: str | None = None
    accept: str = "json"
    headers: dict[str, str] = field(default_factory=dict)
    save: dict[str, str] = field(default_factory=dict)
    settle: float = 0
    until_status: int | None = None
    until: dict[str, Any] = field(default_factory=dict)
    within: float = 10
    count: int | None = None
    seconds: float = 2
    ignore: tuple[str, ...] = ()

    @classmethod
    def read(cls, record: dict[str, Any]) -> Step:
        """Builds a step from its mapping; raises ValueError for a key that no step has."""
        verbs = [verb for verb in VERBS if verb in record]
        if len(verbs) != 1:
            raise ValueError(f"a step has one verb, not {verbs}")
        rest = {key: value for key, value in record.items() if key != verbs[0]}
        if unknown := rest.keys() - set(cls.__slots__):
            raise ValueError(f"unknown keys in a step: {sorted(unknown)}")
        rest["ignore"] = tuple(rest.get("ignore", ()))
        return cls(verb=verbs[0], path=record[verbs[0]], **rest)

    @property
    def label(self) -> str:
        """`PATCH /api/v1/... (merge)`, for reports."""
        return f"{self.verb} {self.path}" + (f" ({self.type})" if self.type else "")


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A named list of steps; `cluster` if it needs controllers and a scheduler."""

    name: str
    steps: tuple[Step, ...]
    cluster: bool
    ignore: tuple[str, ...]
    golden: Path

    @classmethod
    def read(cls, path: Path) -> Scenario:
        """Reads NAME.yaml; its answers are expected in NAME.golden.json beside it."""
        record = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        return cls(
            name=path.stem,
            steps=tuple(map(Step.read, record["steps"])),
            cluster=record.get("profile") == "cluster",
            ignore=tuple(record.get("ignore", ())),
            golden=path.with_suffix(".golden.json"),
        )

    @property
    def area(self) -> str:
        """The part of the name up to the first dash: `generic`, `kinds` ..."""
        return self.name.partition("-")[0]

    @cached_property
    def answers(self) -> list[Any]:
        """What the real server answered, normalised, one value per step."""
        answers: list[Any] = json.loads(self.golden.read_bytes())
        return answers


def find(areas: tuple[str, ...] = (), name: str = "", folder: Path = FOLDER) -> list[Scenario]:
    """The scenarios of these areas (none: of all), or the one of that name, sorted by name.

    Raises LookupError when nothing is left: a misspelt name must not pass as a success.
    """
    paths = sorted(folder.glob(f"{name or '*'}.yaml"))
    found = [Scenario.read(p) for p in paths if not areas or p.stem.partition("-")[0] in areas]
    if not found:
        raise LookupError(f"no scenario {name or '*'} in the areas {areas or 'of all'}")
    return found


def substitute(value: Any, variables: dict[str, Any]) -> Any:
    """The value with `${name}` replaced in all its strings and keys.

    A string that is one variable and nothing more takes the variable's type; an unknown
    variable stays as it is written.

    >>> substitute({"a": "${n}", "b": "x-${n}"}, {"n": 3})
    {'a': 3, 'b': 'x-3'}
    """
    if isinstance(value, str):
        whole = _VARIABLE.fullmatch(value)
        if whole and whole[1] in variables:
            return variables[whole[1]]
        return _VARIABLE.sub(lambda found: str(variables.get(found[1], found[0])), value)
    if isinstance(value, dict):
        return {substitute(k, variables): substitute(v, variables) for k, v in value.items()}
    if isinstance(value, list):
        return [substitute(item, variables) for item in value]
    return value


def lookup(value: Any, path: str) -> Any:
    """What stands at a dotted path, None if nothing does.

    A number indexes a list, `#` is a list's length; `~1` and `~2` in a key are its slash and dot.

    >>> lookup({"items": [{"a.b": 1}]}, "items.0.a~2b"), lookup({"items": []}, "items.#")
    (1, 0)
    """
    for part in path.split("."):
        if part == "#":
            value = len(value or ())
        elif isinstance(value, list):
            value = value[int(part)] if int(part) < len(value) else None
        elif isinstance(value, dict):
            value = value.get(part.replace("~1", "/").replace("~2", "."))
        else:
            return None
    return value
