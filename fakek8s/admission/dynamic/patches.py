"""What a mutating policy's expressions make of an object.

Upstream: apiserver pkg/admission/plugin/policy/mutating/patch (smd.go, json_patch.go).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.admission.dynamic.attributes import WrongType, api_version
from fakek8s.machinery import jsonpatch
from fakek8s.machinery.apply import typed
from fakek8s.machinery.apply.element import Mismatch
from fakek8s.machinery.apply.merge import merged
from fakek8s.machinery.cel import RUNTIME_COST_BUDGET
from fakek8s.machinery.cel.activation import Activation, Failure, OutOfBudget
from fakek8s.machinery.cel.dynamicobjects import (
    OBJECT,
    PATCHES,
    ObjectValue,
    PatchValue,
    json_value,
    misnamed,
    native,
)
from fakek8s.machinery.cel.values import CelError, type_name
from fakek8s.machinery.printing import quote
from fakek8s.machinery.wire import scheme
from fakek8s.machinery.wire.decode import DecodeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.admission.dynamic.attributes import Versioned
    from fakek8s.machinery.cel.activation import Inputs
    from fakek8s.machinery.cel.policies import Compiler, Needs
    from fakek8s.machinery.schema import Schema

Object = dict[str, Any]

_NOT_OPERATIONS = "type mismatch: JSONPatchType.expression should evaluate to array"


class PatchError(Exception):
    """A mutation failed; the message is upstream's."""


class Patcher:
    """One mutation of a policy."""

    __slots__ = ("_compiled", "_compiler", "_json_patch")

    def __init__(self, mutation: Object, compiler: Compiler, needs: Needs) -> None:
        self._json_patch = mutation.get("patchType") == "JSONPatch"
        source = mutation.get("jsonPatch" if self._json_patch else "applyConfiguration") or {}
        returns = (PATCHES if self._json_patch else OBJECT,)
        text = source.get("expression", "")
        self._compiler = compiler
        self._compiled = compiler.compile(text, returns, needs, stored=True)

    def patch(self, versioned: Versioned, inputs: Inputs) -> Object:
        """The changed object; raises PatchError, and APIError for what is no policy's fault."""
        if self._compiled.error:
            raise PatchError(self._compiled.error)
        activation = Activation(inputs, self._compiler.variables)
        try:
            value, _ = activation.evaluate(self._compiled, RUNTIME_COST_BUDGET)
        except OutOfBudget as error:
            raise PatchError(str(error)) from None
        if isinstance(value, Failure):
            raise PatchError(value.text)
        if self._json_patch:
            return _patched(versioned, value)
        return _applied(versioned, value)


def _applied(versioned: Versioned, value: Any) -> Object:
    """applyConfigPatcher: the object with a partial one merged into it."""
    if not isinstance(value, ObjectValue):
        raise PatchError(
            f"unsupported return type from ApplyConfiguration expression: {type_name(value)}"
        )
    if wrong := misnamed(value):
        raise PatchError(f"type mismatch: {wrong}")
    live = versioned.object
    assert live is not None
    try:
        config = native(value)
    except CelError:
        raise PatchError("invalid return type: *dynamic.ObjectVal") from None
    config |= {"apiVersion": live["apiVersion"], "kind": live["kind"]}
    try:
        if versioned.schema is None:
            raise PatchError(
                "failed to convert patch object to typed object: no corresponding type for "
                f"{api_version(versioned.kind)}, Kind={versioned.kind.kind}"
            )
        found = _merged(live, config, versioned.schema)
    except PatchError as error:
        raise PatchError(f"error applying patch: {error}") from None
    try:
        obj, _ = versioned.decode(found, lax=True)
    except DecodeError as error:
        kind = versioned.kind
        raise PatchError(
            f"unable to convert unstructured object to {kind.group}/{kind.version}, "
            f"Kind={kind.kind}: {error}"
        ) from None
    return obj


def _merged(live: Object, config: Object, schema: Schema) -> Any:
    """ApplyStructuredMergeDiff."""
    if wrong := typed.problems(config, schema):
        text = typed.joined(wrong)
        raise PatchError(f"failed to convert patch object to typed object: {text}")
    if atomic := list(_atomics(config, schema, "")):
        raise PatchError(
            "invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: "
            + ", ".join(atomic)
        )
    if wrong := typed.problems(live, schema, duplicates=True):
        text = typed.joined(wrong)
        raise PatchError(f"failed to convert original object to typed object: {text}")
    try:
        return merged(live, config, schema)
    except Mismatch as error:
        raise PatchError(f"failed to merge patch: {error}") from None


def _atomics(value: Any, schema: Schema, path: str) -> Iterator[str]:
    """findAtomics: what a partial object names that can't be set in part."""
    if isinstance(value, dict) and schema.fields is not None:
        if schema.map_atomic:
            yield path
        for name in sorted(value):
            field = schema.fields.get(name)
            if field is not None:
                yield from _atomics(value[name], field.schema, f"{path}.{name}")
    elif isinstance(value, list) and schema.items is not None:
        if schema.list_type == "atomic":
            yield path
        for number, inner in enumerate(value):
            yield from _atomics(inner, schema.items, f"{path}[{number}]")


def _patched(versioned: Versioned, value: Any) -> Object:
    """jsonPatcher: the object with operations applied; a failed test changes nothing."""
    live = versioned.object
    assert live is not None
    operations = list(_operations(value))
    try:
        found = jsonpatch.apply(live, operations)
    except jsonpatch.JSONPatchError as error:
        if str(error).endswith("test failed"):
            return live
        raise PatchError(f"JSON Patch: {error}") from None
    try:
        obj, strict = versioned.decode(found)
    except DecodeError as error:
        raise errors.internal(str(error)) from None
    except WrongType as error:
        wanted = api_version(versioned.attributes.kind)
        if error.api_version != wanted:
            raise PatchError(
                f"{error.found} is not suitable for converting to {quote(wanted)} "
                f"in scheme {quote(scheme.NAME)}"
            ) from None
        raise errors.internal(f"failed to convert object: {error}") from None
    if strict:
        raise errors.internal(f"strict decoding error: {', '.join(strict)}")
    return obj


def _operations(value: Any) -> Iterator[Object]:
    if not isinstance(value, list):
        raise PatchError(_NOT_OPERATIONS)
    for patch in value:
        if not isinstance(patch, PatchValue):
            raise PatchError(f"{_NOT_OPERATIONS} of JSONPatch, got element of {type_name(patch)}")
        yield _operation(patch.fields)


def _operation(fields: Object) -> Object:
    found: Object = {"op": fields.get("op", ""), "path": fields.get("path", "")}
    if fields.get("from"):
        found["from"] = fields["from"]
    if "value" in fields:
        value = fields["value"]
        if isinstance(value, ObjectValue) and (wrong := misnamed(value)):
            raise PatchError(f"type mismatch: {wrong}")
        try:
            found["value"] = json_value(value)
        except CelError as error:
            raise PatchError(
                "JSONPath valueExpression evaluated to a type that could not marshal to JSON: "
                f"{error}"
            ) from None
    return found
