"""Are the defaults of a schema valid, and would they survive pruning?

Upstream: apiextensions pkg/apiserver/schema/defaulting (validation.go, prune.go).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.causes import child, invalid, key
from fakek8s.machinery.clone import clone
from fakek8s.machinery.structural.embedded import CoerceError, compile_coercion, compile_embedded
from fakek8s.machinery.structural.explain import explain, same
from fakek8s.machinery.structural.failure import shown
from fakek8s.machinery.structural.node import read
from fakek8s.machinery.structural.pruning import META_FIELDS, prune
from fakek8s.machinery.structural.walk import has_defaults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.machinery.causes import FieldError
    from fakek8s.machinery.structural.rules import RuleEvaluators
    from fakek8s.machinery.wire.types import WireType

__all__ = ["coerce_defaults", "default_errors", "has_unpruned"]

Object = dict[str, Any]

_INDEX: Final = None
_TYPE_META: Final = {"kind": "Validation", "apiVersion": "validation/v1"}


@dataclass(frozen=True, slots=True)
class _Place:
    """root: the object's schema around; steps: the way from there (None = into a list);
    in_meta: within apiVersion, kind or metadata.
    """

    path: str
    root: Object
    steps: tuple[str | None, ...] = ()
    in_meta: bool = False

    def surround(self, value: Any) -> Object:
        """An object with nothing in it but `value` at this place, and a type."""
        for step in reversed(self.steps):
            value = [value] if step is _INDEX else {step: value}
        made: Object = {**value}
        return {**_TYPE_META, **made}


def default_errors(
    schema: Object,
    path: str,
    object_meta: WireType,
    evaluators: RuleEvaluators | None,
    *,
    pruned: bool,
) -> list[FieldError]:
    """The causes of bad defaults in the schema of a whole object (ValidateDefaults).

    pruned: defaults may hold no unknown fields.
    """
    if not has_defaults(schema):  # few have any, and the way through them is long
        return []
    root = {**schema, "x-kubernetes-embedded-resource": True}
    walk = _Walk(object_meta, evaluators, pruned=pruned)
    return list(walk.check(root, _Place(path, root)))


class _Walk:
    def __init__(
        self, object_meta: WireType, evaluators: RuleEvaluators | None, *, pruned: bool
    ) -> None:
        self.object_meta = object_meta
        self.evaluators = evaluators
        self.pruned = pruned

    def check(self, s: Object, place: _Place) -> Iterator[FieldError]:
        embedded = bool(s.get("x-kubernetes-embedded-resource"))
        if embedded:
            place = _Place(place.path, s)
        default = s.get("default")
        if default is not None:
            where = child(place.path, "default")
            if place.in_meta:
                yield from self.in_metadata(s, default, where, place)
            else:
                yield from self.outside(s, default, where, is_root=s is place.root)
        items = s.get("items")
        if isinstance(items, dict):
            below = replace(place, path=child(place.path, "items"), steps=(*place.steps, _INDEX))
            yield from self.check(items, below)
        for name, inner in (s.get("properties") or {}).items():
            below = replace(
                place,
                path=key(child(place.path, "properties"), name),
                steps=(*place.steps, name),
                in_meta=place.in_meta or (embedded and name in META_FIELDS),
            )
            yield from self.check(inner, below)

    def in_metadata(
        self, s: Object, default: Any, where: str, place: _Place
    ) -> Iterator[FieldError]:
        found = self.metadata_errors(place.surround(clone(default)), place.root, "", embedded=True)
        if found:
            texts = list(dict.fromkeys(error.text for error in found))
            text = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
            yield invalid(where, shown(default), f"must result in valid metadata: {text}")
        else:
            yield from self.values(s, default, where, is_root=s is place.root)

    def outside(
        self, s: Object, default: Any, where: str, *, is_root: bool
    ) -> Iterator[FieldError]:
        embedded = bool(s.get("x-kubernetes-embedded-resource"))
        if self.pruned and isinstance(default, (dict, list)):
            kept = clone(default)
            prune(kept, read(s, faithful=True), resource_root=embedded)
            if not same(kept, default):
                yield invalid(where, shown(default), "must not have unknown fields")
        found = self.metadata_errors(clone(default), s, where, embedded=embedded)
        if found:
            yield from found
        else:
            yield from self.values(s, default, where, is_root=is_root)

    def metadata_errors(
        self, value: Any, s: Object, where: str, *, embedded: bool
    ) -> list[FieldError]:
        if not isinstance(value, (dict, list)):
            return []
        node = read(s, faithful=True)
        coerce = compile_coercion(node, self.object_meta, embedded=embedded)
        if coerce is not None:
            try:
                coerce(value, where, None)
            except CoerceError as error:
                return [error.error]
        found: list[FieldError] = []
        check = compile_embedded(node, self.object_meta, embedded=embedded)
        if check is not None:
            check(value, where, found)
        return found

    def values(self, s: Object, default: Any, where: str, *, is_root: bool) -> list[FieldError]:
        failures = explain(read(s, faithful=True), default, "").failures
        if failures:
            return [failure.cause(where) for failure in failures]
        if self.evaluators is None:
            return []
        evaluator = self.evaluators(s, resource_root=is_root)
        if evaluator is None:
            return []
        return evaluator.evaluate(default, default, where) or evaluator.evaluate(
            default, None, where
        )


def has_unpruned(schema: Object) -> bool:
    """Whether a default holds fields that its schema doesn't know (schemaHasUnprunedDefaults)."""
    default = schema.get("default")
    if isinstance(default, (dict, list)):
        kept = clone(default)
        embedded = bool(schema.get("x-kubernetes-embedded-resource"))
        prune(kept, read(schema, faithful=True), resource_root=embedded)
        if not same(kept, default):
            return True
    inner = [schema.get("items"), schema.get("additionalProperties")]
    inner += (schema.get("properties") or {}).values()
    return any(has_unpruned(below) for below in inner if isinstance(below, dict))


def coerce_defaults(crd: Object, object_meta: WireType) -> None:
    """Drops what ObjectMeta doesn't know from embedded objects in defaults, in place.

    Upstream's validation does so by the way, so that it is stored. What can't be read is left to
    the rules.
    """
    for version in crd["spec"].get("versions") or ():
        schema = (version.get("schema") or {}).get("openAPIV3Schema")
        if schema is not None and has_defaults(schema):
            _coerce_below(schema, object_meta, embedded=True, in_meta=False)


def _coerce_below(s: Object, object_meta: WireType, *, embedded: bool, in_meta: bool) -> None:
    in_meta = in_meta and not embedded
    default = s.get("default")
    if isinstance(default, (dict, list)) and not in_meta:
        coerce = compile_coercion(read(s, faithful=True), object_meta, embedded=embedded)
        if coerce is not None:
            made = clone(default)
            try:
                coerce(made, "", None)
            except CoerceError:
                pass
            else:
                s["default"] = made
    inner = [(s.get("items"), False)]
    inner += [(below, name in META_FIELDS) for name, below in (s.get("properties") or {}).items()]
    for below, meta in inner:
        if isinstance(below, dict):
            held = bool(below.get("x-kubernetes-embedded-resource"))
            within = in_meta or (embedded and meta)
            _coerce_below(below, object_meta, embedded=held, in_meta=within)
