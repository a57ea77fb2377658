"""JSON Patch as upstream applies it: RFC 6902 with the laxness of evanphx/json-patch v4.

What is laxer: `replace` of a missing map key adds it, `add` without a value adds null, `copy` of a
missing key copies null, negative indexes count from the end, the text in front of the first slash
of a path is ignored.

Maps that an operation enters come out with sorted keys, all others as they were: upstream's
messages quote the patched document, so the order can be seen.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fakek8s.machinery.printing import json_text, quote
from fakek8s.machinery.wire.encode import ExactFloat, go_float

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MAX_OPERATIONS = 10_000
MAX_COPY_BYTES = 3 * 1024 * 1024
"""What the copies of one patch may add (server Config.JSONPatchMaxCopyBytes)."""

_INDEX = re.compile("[+-]?[0-9]+")
_TYPES: dict[type, str] = {
    dict: "object", list: "array", str: "string", bool: "bool", int: "number", float: "number",
}  # fmt: skip
_STRING_MEMBERS = ("op", "path", "from")
_MEMBERS = frozenset((*_STRING_MEMBERS, "value"))
_MISSING = "missing value"
_ABSENT = object()


class MalformedPatchError(ValueError):
    """The document is no JSON patch; a 400 with this message."""


class TooManyOperationsError(ValueError):
    """The patch is too long; a 413 with this message."""


class JSONPatchError(ValueError):
    """An operation failed; a 422 whose Status hides this message."""


def decode(document: Any, *, validate: bool = True) -> list[Mapping[str, Any]]:
    """Check the shape of a patch document (jsonPatcher.applyJSPatch, jsonpatch.DecodePatch).

    `validate` is whether fieldValidation is Strict or Warn, which looks closer and words its
    errors differently. Raises MalformedPatchError or TooManyOperationsError.
    """
    whole, one = ("[]handlers.jsonPatchOp", "handlers.jsonPatchOp")
    prefix = "error decoding patch: "
    if not validate:
        whole, one, prefix = "jsonpatch.Patch", "jsonpatch.Operation", ""
    if document is None:
        return []
    if not isinstance(document, list):
        raise MalformedPatchError(
            f"{prefix}json: cannot unmarshal {_TYPES[type(document)]} into Go value of type {whole}"
        )
    for operation in document:
        if operation is not None and not isinstance(operation, dict):
            raise MalformedPatchError(
                f"{prefix}json: cannot unmarshal {_TYPES[type(operation)]} into Go value of type"
                f" {one}"
            )
        for name, value in (operation or {}).items() if validate else ():
            if name in _STRING_MEMBERS and value is not None and not isinstance(value, str):
                raise MalformedPatchError(
                    f"{prefix}json: cannot unmarshal {_TYPES[type(value)]} into Go struct field"
                    f" jsonPatchOp.{name} of type string"
                )
    if len(document) > MAX_OPERATIONS:
        raise TooManyOperationsError(
            f"The allowed maximum operations in a JSON patch is {MAX_OPERATIONS},"
            f" got {len(document)}"
        )
    return [operation or {} for operation in document]


def unknown_fields(operations: Sequence[Mapping[str, Any]]) -> list[str]:
    """What strict field validation finds wrong with decoded operations."""
    return [
        f'json patch unknown field "[{index}].{name}"'
        for index, operation in enumerate(operations)
        for name in operation
        if name not in _MEMBERS
    ]


def apply(
    document: Any, operations: Sequence[Mapping[str, Any]], *, max_copy_bytes: int = MAX_COPY_BYTES
) -> Any:
    """The document with decoded operations applied; neither argument is edited.

    Raises JSONPatchError.
    """
    patched = _Patched(document, max_copy_bytes)
    for operation in operations:
        kind = operation.get("op")
        step = _STEPS.get(kind) if isinstance(kind, str) else None
        if step is None:
            shown = kind if isinstance(kind, str) else "unknown"
            raise JSONPatchError(f"Unexpected kind: {shown}")
        step(patched, operation)
    return patched.finish()


def _identical(left: Any, right: Any) -> bool:
    """Equality as JSON texts have it: 1 is neither 1.0 nor true."""
    if isinstance(left, dict):
        return (
            isinstance(right, dict)
            and left.keys() == right.keys()
            and all(_identical(value, right[key]) for key, value in left.items())
        )
    if isinstance(left, list):
        return (
            isinstance(right, list)
            and len(left) == len(right)
            and all(map(_identical, left, right))
        )
    if isinstance(left, float) and isinstance(right, float):
        return _text(left) == _text(right)
    return type(left) is type(right) and bool(left == right)


def _text(number: float) -> str:
    return number.text if isinstance(number, ExactFloat) else go_float(number)


def _atoi_error(key: str) -> JSONPatchError:
    return JSONPatchError(f"strconv.Atoi: parsing {quote(key)}: invalid syntax")


def _invalid_index(index: int) -> JSONPatchError:
    return JSONPatchError(f"Unable to access invalid index: {index}: invalid index referenced")


def _index(key: str, size: int) -> int:
    """The place that an index names in a list of that size, negative ones from the end."""
    if not _INDEX.fullmatch(key):
        raise _atoi_error(key)
    index = int(key)
    if not -size <= index < size:
        raise _invalid_index(index)
    return index + size if index < 0 else index


def _get(container: Any, key: str) -> Any:
    if isinstance(container, dict):
        return container.get(key)
    return container[_index(key, len(container))]


def _set(container: Any, key: str, value: Any) -> None:
    if isinstance(container, dict):
        container[key] = value
    else:
        container[_index(key, len(container))] = value


def _add(container: Any, key: str, value: Any) -> None:
    if isinstance(container, dict):
        container[key] = value
    elif key == "-":
        container.append(value)
    elif not _INDEX.fullmatch(key):
        raise JSONPatchError(
            f"value was not a proper array index: '{key}':"
            f" strconv.Atoi: parsing {quote(key)}: invalid syntax"
        )
    else:
        container.insert(_index(key, len(container) + 1), value)


def _remove(container: Any, key: str) -> None:
    if isinstance(container, list):
        del container[_index(key, len(container))]
    elif key in container:
        del container[key]
    else:
        raise JSONPatchError(f"Unable to remove nonexistent key: {key}: {_MISSING}")


def _prefixed(prefix: str, action: Callable[[], Any]) -> Any:
    try:
        return action()
    except JSONPatchError as error:
        raise JSONPatchError(f"{prefix}: {error}") from None


class _Patched:
    """A document under patching: containers are copied when they are entered."""

    def __init__(self, document: Any, max_copy_bytes: int) -> None:
        self.owned: dict[int, Any] = {}
        self.root = self.own(document)
        self.copied = 0
        self.max_copy_bytes = max_copy_bytes

    def own(self, container: Any) -> Any:
        if id(container) in self.owned or not isinstance(container, (dict, list)):
            return container
        fresh = container.copy()
        self.owned[id(fresh)] = fresh
        return fresh

    def own_all(self, value: Any) -> Any:
        fresh = self.own(value)
        if isinstance(fresh, dict):
            for key, item in fresh.items():
                fresh[key] = self.own_all(item)
        elif isinstance(fresh, list):
            fresh[:] = map(self.own_all, fresh)
        return fresh

    def finish(self) -> Any:
        for container in self.owned.values():
            if isinstance(container, dict):
                items = sorted(container.items())
                container.clear()
                container.update(items)
        return self.root

    def find(self, path: str) -> tuple[Any, str] | None:
        """The container that a path ends in, ready to be edited, and the last key."""
        parts = path.split("/")
        if len(parts) < 2:
            return None
        keys = [part.replace("~1", "/").replace("~0", "~") for part in parts[1:]]
        container = self.root
        for key in keys[:-1]:
            try:
                child = _get(container, key)
            except JSONPatchError:
                return None
            if not isinstance(child, (dict, list)):
                return None
            owned = self.own(child)
            if owned is not child:
                _set(container, key, owned)
            container = owned
        return container, keys[-1]

    def add(self, operation: Mapping[str, Any]) -> None:
        path = operation.get("path")
        if not isinstance(path, str):
            raise JSONPatchError(f"add operation failed to decode path: {_MISSING}")
        container, key = self.at(
            path, f'add operation does not apply: doc is missing path: "{path}"'
        )
        value = operation.get("value")
        _prefixed(f"error in add for path: '{path}'", lambda: _add(container, key, value))

    def remove(self, operation: Mapping[str, Any]) -> None:
        path = operation.get("path")
        if not isinstance(path, str):
            raise JSONPatchError(f"remove operation failed to decode path: {_MISSING}")
        container, key = self.at(
            path, f'remove operation does not apply: doc is missing path: "{path}"'
        )
        _prefixed(f"error in remove for path: '{path}'", lambda: _remove(container, key))

    def replace(self, operation: Mapping[str, Any]) -> None:
        path = _pointer(operation, "path", "replace operation failed to decode path")
        value = operation.get("value")
        if path == "":
            if not isinstance(value, (dict, list)):
                raise JSONPatchError("replace operation value must be object or array: %!w(<nil>)")
            self.root = self.own(value)
            return
        container, key = self.at(
            path, f"replace operation does not apply: doc is missing path: {path}"
        )
        try:
            _get(container, key)
        except JSONPatchError:
            raise JSONPatchError(
                f"replace operation does not apply: doc is missing key: {path}: {_MISSING}"
            ) from None
        _set(container, key, value)

    def move(self, operation: Mapping[str, Any]) -> None:
        source = _pointer(operation, "from", "move operation failed to decode from")
        container, key = self.at(
            source, f"move operation does not apply: doc is missing from path: {source}"
        )
        prefix = f"error in move for path: '{key}'"
        value = _prefixed(prefix, lambda: _get(container, key))
        _prefixed(prefix, lambda: _remove(container, key))
        path = _pointer(operation, "path", "move operation failed to decode path")
        target, last = self.at(
            path, f"move operation does not apply: doc is missing destination path: {path}"
        )
        _prefixed(f"error in move for path: '{path}'", lambda: _add(target, last, value))

    def copy(self, operation: Mapping[str, Any]) -> None:
        source = _pointer(operation, "from", "copy operation failed to decode from")
        container, key = self.at(
            source, f"copy operation does not apply: doc is missing from path: {source}"
        )
        value = _prefixed(f"error in copy for from: '{source}'", lambda: _get(container, key))
        path = operation.get("path")
        if not isinstance(path, str):
            raise JSONPatchError(f"copy operation failed to decode path: {_MISSING}")
        target, last = self.at(
            path, f"copy operation does not apply: doc is missing destination path: {path}"
        )
        if value is not None:
            self.copied += len(json_text(value).encode("utf-8", "surrogatepass"))
        if self.copied > self.max_copy_bytes > 0:
            raise JSONPatchError(
                "Unable to complete the copy, the accumulated size increase of copy is"
                f" {self.copied}, exceeding the limit {self.max_copy_bytes}"
            )
        # Once more, as it was entered if the path leads through it.
        fresh = self.written_out(_get(container, key))
        _prefixed("error while adding value during copy", lambda: _add(target, last, fresh))

    def written_out(self, value: Any) -> Any:
        """A copy of a value by way of its text, in which what was entered has sorted keys."""
        if isinstance(value, dict):
            keys = sorted(value) if id(value) in self.owned else value
            return {key: self.written_out(value[key]) for key in keys}
        return [*map(self.written_out, value)] if isinstance(value, list) else value

    def test(self, operation: Mapping[str, Any]) -> None:
        path = _pointer(operation, "path", "test operation failed to decode path")
        wanted = operation.get("value", _ABSENT)
        failed = JSONPatchError(f"testing value {path} failed: test failed")
        if path == "":
            if not _identical(self.root, wanted):
                raise failed
            self.root = self.own_all(self.root)
            return
        container, key = self.at(path, f"test operation does not apply: is missing path: {path}")
        value = _prefixed(f"error in test for path: '{path}'", lambda: _get(container, key))
        if value is None and (wanted is None or wanted is _ABSENT):
            return
        if not _identical(value, wanted):
            raise failed
        _set(container, key, self.own_all(value))

    def at(self, path: str, otherwise: str) -> tuple[Any, str]:
        found = self.find(path)
        if found is None:
            raise JSONPatchError(f"{otherwise}: {_MISSING}")
        return found


def _pointer(operation: Mapping[str, Any], name: str, prefix: str) -> str:
    value = operation.get(name)
    if isinstance(value, str):
        return value
    if value is None:
        comma = "," if name == "from" else ""
        raise JSONPatchError(f"{prefix}: operation{comma} missing {name} field: {_MISSING}")
    raise JSONPatchError(
        f"{prefix}: json: cannot unmarshal {_TYPES[type(value)]} into Go value of type string"
    )


_STEPS: dict[str, Callable[[_Patched, Mapping[str, Any]], None]] = {
    "add": _Patched.add,
    "remove": _Patched.remove,
    "replace": _Patched.replace,
    "move": _Patched.move,
    "test": _Patched.test,
    "copy": _Patched.copy,
}
