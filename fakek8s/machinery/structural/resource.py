"""What a write of a custom resource is judged by, in upstream's order; metadata is the engine's.

Upstream: apiextensions pkg/registry/customresource (strategy.go, status_strategy.go,
validator.go).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery import names
from fakek8s.machinery.causes import FieldError, invalid
from fakek8s.machinery.printing import go_value
from fakek8s.machinery.structural.failure import NOWHERE, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fakek8s.machinery.structural.rules import RuleEvaluator
    from fakek8s.machinery.structural.schema import CompiledSchema

__all__ = ["ResourceRules", "finalizer_warnings"]

Object = dict[str, Any]

_BLOCKING: Final = frozenset(
    (
        "FieldValueNotSupported",
        "FieldValueRequired",
        "FieldValueTooLong",
        "FieldValueTooMany",
        "FieldValueTypeInvalid",
    )
)
_UNCHECKED: Final = (
    "some validation rules were not checked because the object was invalid; correct the existing "
    "errors to complete validation"
)
_STANDARD_FINALIZERS: Final = frozenset(("orphan", "foregroundDeletion", "kubernetes"))
_MAX_INT32: Final = 2**31 - 1
_GO_TYPES: Final = {str: "string", bool: "bool", int: "int64", float: "float64"}


class ResourceRules:
    """The rules of one version of a custom resource.

    scale: `subresources.scale` of the CRD version, None without one. rules: its CEL rules.
    """

    def __init__(
        self,
        schema: CompiledSchema,
        *,
        api_version: str,
        kind: str,
        scale: Mapping[str, Any] | None = None,
        rules: RuleEvaluator | None = None,
    ) -> None:
        self.schema = schema
        self._type = {"kind": kind, "apiVersion": api_version}
        self._scale = scale
        self._rules = rules

    def create(self, obj: Object, metadata: Sequence[FieldError] = ()) -> list[FieldError]:
        """The causes of a new object; `metadata` are those already known of its metadata."""
        found = self._type_meta(obj)
        if found:
            metadata = ()
        else:
            found = self.schema.validate(obj)
            found += self._scale_spec(obj)
            found += self._scale_status(obj)
        found += self.schema.embedded(obj)
        found += self.schema.lists(obj)
        return self._with_rules(found, obj, None, metadata=metadata)

    def update(
        self,
        new: Object,
        old: Object,
        warnings: list[str] | None = None,
        metadata: Sequence[FieldError] = (),
    ) -> list[FieldError]:
        """The causes of an update by the main resource; what was wrong before may stay, and is
        warned of where CEL rules found it."""
        found = self._type_meta(new)
        if found:
            metadata = ()
        else:
            found = self.schema.validate_update(new, old)
            found += self._scale_spec(new)
            found += self._scale_status(new)
        found += self.schema.embedded(new)
        found += self._new_lists(new, old)
        return [*metadata, *self._with_rules(found, new, old, warnings, metadata)]

    def update_status(
        self,
        new: Object,
        old: Object,
        warnings: list[str] | None = None,
        metadata: Sequence[FieldError] = (),
    ) -> list[FieldError]:
        """The causes of an update by the status subresource."""
        found = self._type_meta(new)
        if found:
            metadata = ()
        else:
            if "status" in new and self.schema.status is not None:
                found = self.schema.status.validate_update(
                    new["status"], old.get("status"), had="status" in old
                )
            found += self._scale_status(new)
        found += self._new_lists(new, old)
        return [*metadata, *self._with_rules(found, new, old, warnings, metadata)]

    def _new_lists(self, new: Object, old: Object) -> list[FieldError]:
        found = self.schema.lists(new)
        return [] if found and self.schema.lists(old) else found

    def _with_rules(
        self,
        found: list[FieldError],
        new: Object,
        old: Object | None,
        warnings: list[str] | None = None,
        metadata: Sequence[FieldError] = (),
    ) -> list[FieldError]:
        if self._rules is None:
            return found
        if any(error.reason in _BLOCKING for error in (*metadata, *found)):
            return [*found, invalid(NOWHERE, None, _UNCHECKED)]
        return found + self._rules.evaluate(new, old, "", warnings=warnings)

    def _type_meta(self, obj: Object) -> list[FieldError]:
        return [
            invalid(name, obj.get(name, ""), f"must be {wanted}")
            for name, wanted in self._type.items()
            if obj.get(name, "") != wanted
        ]

    def _scale_spec(self, obj: Object) -> list[FieldError]:
        return [] if self._scale is None else _replicas(obj, self._scale["specReplicasPath"])

    def _scale_status(self, obj: Object) -> list[FieldError]:
        if self._scale is None:
            return []
        found = _replicas(obj, self._scale["statusReplicasPath"])
        path = self._scale.get("labelSelectorPath")
        if path is not None:
            _, problem = _nested(obj, path, str)
            if problem:
                found.append(invalid(path, "", problem))
        return found


def _replicas(obj: Object, path: str) -> list[FieldError]:
    value, problem = _nested(obj, path, int)
    number = 0 if value is None or problem else int(value)
    if problem:
        return [invalid(path, 0, problem)]
    if number < 0:
        return [invalid(path, number, "should be a non-negative integer")]
    if number > _MAX_INT32:
        return [invalid(path, number, f"should be less than or equal to {_MAX_INT32}")]
    return []


def _nested(obj: Object, path: str, wanted: type) -> tuple[Any, str]:
    """unstructured.NestedInt64 and NestedString: the value, None if absent; Go's error."""
    steps = path.removeprefix(".").split(".")
    value: Any = obj
    for number, step in enumerate(steps):
        if value is None:
            return None, ""
        if not isinstance(value, dict):
            where = "." + ".".join(steps[: number + 1])
            expected = "map[string]interface {}"
            return None, _accessor(where, value, expected).replace("interface {}", "interface{}")
        if step not in value:
            return None, ""
        value = value[step]
    if value.__class__ is wanted:
        return value, ""
    return None, _accessor("." + ".".join(steps), value, _GO_TYPES[wanted])


def _accessor(where: str, value: Any, expected: str) -> str:
    if value is None:
        held = "<nil>"
    elif isinstance(value, dict):
        held = "map[string]interface {}"
    elif isinstance(value, list):
        held = "[]interface {}"
    else:
        held = _GO_TYPES.get(value.__class__, "float64")
    printed = go_value(shown(value))
    return f"{where} accessor error: {printed} is of the type {held}, expected {expected}"


def finalizer_warnings(obj: Object, old: Object | None = None) -> list[str]:
    """Warnings about new finalizers with names that may clash (generateWarningsFromObj)."""
    new = set(obj["metadata"].get("finalizers") or ())
    if old is not None:
        new -= set(old["metadata"].get("finalizers") or ())
    found: list[str] = []
    for name in sorted(new):
        lead = f'metadata.finalizers: "{name}": '
        found += [lead + message for message in names.is_qualified_name(name)]
        if "/" not in name and name not in _STANDARD_FINALIZERS:
            path = " including a path (/)" if "." in name else ""
            found.append(
                f"{lead}prefer a domain-qualified finalizer name{path} to avoid accidental "
                "conflicts with other finalizer writers"
            )
    return found
