"""A kind's hooks run in the engine's order, without a server, a store or a clock."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest

from fakek8s.auth.user import User
from fakek8s.ids import Ids
from fakek8s.kind import Kind, Operation, Strategy, Writer
from fakek8s.machinery.clone import clone
from fakek8s.machinery.wire.decode import decode_json
from fakek8s.release import release

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakek8s.machinery.causes import FieldError
    from fakek8s.registry.catalogue import BuiltinShape

Object = dict[str, Any]

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass
class Written:
    """What a write would store, what is wrong with it, and what it warns of."""

    object: Object
    errors: list[FieldError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        """What is wrong, as a Status lists it."""
        return [error.text for error in self.errors]


@dataclass
class Stored:
    """A reader of one object: as this kind's version shows it, or as it is stored."""

    kind: Kind
    object: Object | None
    as_stored: Object | None = None

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        if resource != self.kind.resource:
            return None
        to_stored = self.kind.behaviour.to_stored
        if self.object is None or to_stored is None:
            return self.as_stored or self.object
        return to_stored(self.object)

    def list(self, resource: str, namespace: str = "") -> Sequence[Object]:
        return ()


class Doors:
    """The doors of one kind."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        #: Rights that `somebody` lacks: subresources, or resources where there is none.
        self.lacking: set[str] = set()

    def _authorize(self, user: User, attributes: Object) -> tuple[bool, str]:
        what = attributes.get("subresource") or attributes["resource"]
        return what not in self.lacking, ""

    def decode(self, body: Object) -> Object:
        """A body as the engine gets it: canonical, with defaults."""
        shape = cast("BuiltinShape", self.kind.shape)
        obj = decode_json(json.dumps(body).encode(), shape.type).object
        for default in self.kind.behaviour.defaults:
            default(obj)
        return obj

    def create(self, body: Object) -> Written:
        """A create in the namespace `ns`."""
        obj = self.decode(body)
        if self.kind.namespaced:
            obj["metadata"].setdefault("namespace", "ns")
        return self._write(self.kind.behaviour.main, obj, None)

    def update(self, old: Object, changes: Object, subresource: str = "") -> Written:
        """A merge of `changes` into `old`; the status door is the subresource `status`."""
        obj = self.decode(_merged(old, changes))
        behaviour = self.kind.behaviour
        strategy = behaviour.main
        if subresource == "status":
            strategy = behaviour.status
        elif subresource:
            found = behaviour.subresources[subresource]
            assert isinstance(found, Strategy)
            strategy = found
        return self._write(strategy, obj, old)

    def _write(self, strategy: Strategy, obj: Object, old: Object | None) -> Written:
        before = clone(old)
        op = self.operation("create" if old is None else "update", obj, old)
        for prepare in strategy.prepare:
            prepare(obj, op)
        obj = self.kind.shape.canonical(obj)
        errors = [error for rule in strategy.rules for error in rule(obj, op)]
        warnings = [text for warn in strategy.warnings for text in warn(obj, op)]
        assert old == before, "hooks never edit what is stored"
        return Written(obj, list(dict.fromkeys(errors)), warnings)

    def operation(self, verb: str, obj: Object, old: Object | None, **options: Any) -> Operation:
        """The write as hooks see it."""
        return Operation(
            verb=verb,
            asked=verb,
            kind=self.kind,
            namespace=obj["metadata"].get("namespace", ""),
            name=obj["metadata"].get("name", ""),
            old=old,
            user=User("somebody"),
            options=options,
            now=NOW,
            ids=Ids(1),
            reader=Stored(self.kind, old),
            writer=cast("Writer", None),
            warn=lambda text: None,
            settings={
                "authorize": self._authorize,
                "kind_of": lambda api_version, name: None,
                "custom_resources": release("1.37").custom_resources,
            },
        )

    def cells(self, obj: Object) -> list[Any]:
        """The row of an object."""
        assert self.kind.behaviour.cells is not None
        row = self.kind.behaviour.cells(obj, NOW)
        assert len(row) == len(self.kind.columns), "one cell for each recorded column"
        return row

    def field(self, label: str, obj: Object) -> str:
        """What a field selector sees."""
        return self.kind.behaviour.selectable[label](obj)


def _merged(old: Any, changes: Any) -> Any:
    if not isinstance(changes, dict) or not isinstance(old, dict):
        return changes
    merged = {**old, **{key: _merged(old.get(key), value) for key, value in changes.items()}}
    return {key: value for key, value in merged.items() if value is not None}


@pytest.fixture(name="doors")
def _doors(request: pytest.FixtureRequest) -> Doors:
    """The doors of the kind that the module names: `KIND = ("apps", "v1", "deployments")`."""
    kind = release("1.37").catalogue().find(*request.module.KIND)
    assert kind is not None
    return Doors(kind)
