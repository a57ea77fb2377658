"""List and map types of a schema: where they may stand and what they ask of items and keys.

Upstream: apiextensions ValidateCustomResourceDefinitionOpenAPISchema, validateMapListKeysMapSet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.causes import child, forbidden, invalid, key, not_supported, required
from fakek8s.machinery.structural.failure import invalid_pointer
from fakek8s.machinery.structural.internal import schema_shown

if TYPE_CHECKING:
    from fakek8s.machinery.causes import FieldError

__all__ = ["list_key_errors", "type_errors"]

Object = dict[str, Any]


def _of_type(s: Object, path: str, keyword: str, wanted: str) -> list[FieldError]:
    kind = s.get("type", "")
    if s.get(keyword) is None or kind == wanted:
        return []
    where, detail = child(path, "type"), f"must be {wanted} if {keyword} is specified"
    return [invalid(where, kind, detail) if kind else required(where, detail)]


def type_errors(s: Object, path: str, *, atomic_sets: bool) -> list[FieldError]:
    """The causes of list and map types, and of preserve-unknown-fields, at one place.

    atomic_sets: the items of sets must be atomic.
    """
    map_type, list_type = s.get("x-kubernetes-map-type"), s.get("x-kubernetes-list-type")
    keys = s.get("x-kubernetes-list-map-keys")
    preserve = s.get("x-kubernetes-preserve-unknown-fields")
    if map_type is None and list_type is None and not keys and preserve is not False:
        return []
    found: list[FieldError] = []
    if preserve is False:
        where = child(path, "x-kubernetes-preserve-unknown-fields")
        found.append(invalid(where, False, "must be true or undefined"))
    found += _of_type(s, path, "x-kubernetes-map-type", "object")
    allowed: tuple[str, ...] = ("atomic", "granular")
    if map_type is not None and map_type not in allowed:
        where = child(path, "x-kubernetes-map-type")
        found.append(not_supported(where, map_type, allowed))
    misplaced = _of_type(s, path, "x-kubernetes-list-type", "array")
    found += misplaced
    if not misplaced and atomic_sets and list_type == "set":
        found += _set_errors(s.get("items"), child(path, "items"))
    where = child(path, "x-kubernetes-list-type")
    allowed = ("atomic", "set", "map")
    if list_type is not None and list_type not in allowed:
        found.append(not_supported(where, list_type, allowed))
    if keys and list_type != "map":
        detail = "must be map if x-kubernetes-list-map-keys is non-empty"
        found.append(
            required(where, detail) if list_type is None else invalid(where, list_type, detail)
        )
    if list_type == "map":
        found += _map_errors(s, path, keys or [])
    return found


def _set_errors(items: Any, path: str) -> list[FieldError]:
    if not isinstance(items, dict):
        return []
    detail = "must be atomic as item of a list with x-kubernetes-list-type=set"
    list_type = items.get("x-kubernetes-list-type")
    if items.get("type") == "array" and list_type not in (None, "atomic"):
        return [invalid_pointer(child(path, "x-kubernetes-list-type"), list_type, detail)]
    if items.get("type") == "object" and items.get("x-kubernetes-map-type") != "atomic":
        # Upstream shows the list type here as well.
        return [invalid_pointer(child(path, "x-kubernetes-map-type"), list_type, detail)]
    return []


def _map_errors(s: Object, path: str, keys: list[str]) -> list[FieldError]:
    found: list[FieldError] = []
    keys_path, items_path = child(path, "x-kubernetes-list-map-keys"), child(path, "items")
    if not keys:
        detail = "must not be empty if x-kubernetes-list-type is map"
        found.append(required(keys_path, detail))
    items = s.get("items")
    if items is None:
        detail = "must have a schema if x-kubernetes-list-type is map"
        return [*found, required(items_path, detail)]
    if not isinstance(items, dict):
        detail = "must only have a single schema if x-kubernetes-list-type is map"
        held = {"Schema": None, "JSONSchemas": [schema_shown(below) for below in items]}
        return [*found, invalid(items_path, held, detail)]
    kind = items.get("type", "")
    if kind != "object":
        detail = "must be object if parent array's x-kubernetes-list-type is map"
        return [*found, invalid(child(items_path, "type"), kind, detail)]
    properties = items.get("properties") or {}
    for number, name in enumerate(keys):
        if name not in properties:
            detail = "entries must all be names of item properties"
            found.append(invalid(keys_path, keys, detail))
        elif properties[name].get("type") in ("array", "object"):
            where = child(key(child(items_path, "properties"), name), "type")
            detail = "must be a scalar type if parent array's x-kubernetes-list-type is map"
            found.append(invalid(where, kind, detail))
        if name in keys[:number]:
            found.append(invalid(keys_path, keys, "must not contain duplicate entries"))
    return found


def list_key_errors(s: Object, path: str) -> list[FieldError]:
    """Items of sets and maps, and the keys of maps, must always be there
    (validateMapListKeysMapSet).
    """
    list_type, items = s.get("x-kubernetes-list-type"), s.get("items")
    if list_type not in ("set", "map") or not isinstance(items, dict):
        return []
    found: list[FieldError] = []
    where = child(path, "items")
    if items.get("nullable"):
        detail = f"cannot be nullable when x-kubernetes-list-type is {list_type}"
        found.append(forbidden(child(where, "nullable"), detail))
    if list_type == "set":
        return found
    properties = items.get("properties") or {}
    lead = "this property is in x-kubernetes-list-map-keys, so it"
    for name in s.get("x-kubernetes-list-map-keys") or ():
        held = properties.get(name)
        if held is None:
            continue
        at = key(child(where, "properties"), name)
        if name not in (items.get("required") or ()) and held.get("default") is None:
            detail = f"{lead} must have a default or be a required property"
            found.append(required(child(at, "default"), detail))
        if held.get("nullable"):
            found.append(forbidden(child(at, "nullable"), f"{lead} cannot be nullable"))
    return found
