"""ConfigMaps: text and bytes under keys, immutable on demand.

Upstream: pkg/registry/core/configmap, pkg/apis/core/validation ValidateConfigMap and
ValidateConfigMapUpdate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.shared import cells
from fakek8s.kinds.shared.data import bytes_in, immutable_data, key_rules
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.machinery.causes import invalid, too_long
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

MAX_SIZE = 1024 * 1024  # bytes, all values together


def data_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateConfigMap."""
    data, binary = obj.get("data") or {}, obj.get("binaryData") or {}
    size = 0
    for key, value in data.items():
        yield from key_rules(key, f"data[{key}]")
        if key in binary:
            yield invalid(f"data[{key}]", key, "duplicate of key present in binaryData")
        size += len(value) if value.isascii() else len(value.encode())
    for key, value in binary.items():
        yield from key_rules(key, f"binaryData[{key}]")
        size += bytes_in(value)
    if size > MAX_SIZE:
        yield too_long("[]", MAX_SIZE)  # upstream means the whole object by an empty name


KIND = Behaviour(
    group="",
    plural="configmaps",
    name=subdomain_name,
    main=Strategy(rules=(finalizer_names, immutable_data("data", "binaryData"), data_rules)),
    cells=cells.row(lambda obj: len(obj.get("data") or ()) + len(obj.get("binaryData") or ())),
)
