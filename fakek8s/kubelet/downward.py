"""The downward API: what a container may know of its own pod.

Source: pkg/fieldpath, pkg/api/v1/resource (ExtractContainerResourceValue).
"""

from __future__ import annotations

import re
from typing import Any

from fakek8s.machinery import quantity

Object = dict[str, Any]

_SUBSCRIPT = re.compile(r"metadata\.(labels|annotations)\['(.*)'\]")


class FieldError(Exception):
    """A field that pods don't offer."""


def field_value(pod: Object, path: str) -> str:
    """The value of a `fieldRef`. Raises FieldError."""
    metadata, spec, status = pod["metadata"], pod["spec"], pod.get("status") or {}
    if match := _SUBSCRIPT.fullmatch(path):
        return str((metadata.get(match.group(1)) or {}).get(match.group(2), ""))
    match path:
        case "metadata.name" | "metadata.namespace" | "metadata.uid":
            return str(metadata.get(path.partition(".")[2], ""))
        case "metadata.labels" | "metadata.annotations":
            values = metadata.get(path.partition(".")[2]) or {}
            return "\n".join(f'{key}="{_escaped(values[key])}"' for key in sorted(values))
        case "spec.nodeName" | "spec.serviceAccountName":
            return str(spec.get(path.partition(".")[2], ""))
        case "status.hostIP" | "status.podIP":
            return str(status.get(path.partition(".")[2], ""))
        case "status.hostIPs" | "status.podIPs":
            return ",".join(entry["ip"] for entry in status.get(path.partition(".")[2]) or ())
        case _:
            raise FieldError(f"unsupported fieldPath: {path}")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def resource_value(container: Object, allocatable: Object, reference: Object) -> str:
    """The value of a `resourceFieldRef`; limits that are not set are the node's. FieldError."""
    kind, _, name = reference["resource"].partition(".")
    if kind not in ("limits", "requests"):
        raise FieldError(f"unsupported container resource: {reference['resource']}")
    resources = container.get("resources") or {}
    text = (resources.get(kind) or {}).get(name)
    if text is None:
        text = allocatable.get(name, "0") if kind == "limits" else "0"
    amount = quantity.parse(str(text))
    divisor = quantity.parse(str(reference.get("divisor") or "1"))
    if name == "cpu":
        unit = max(1, divisor.milli_value())
        return str(-(-amount.milli_value() // unit))
    unit = max(1, divisor.value())
    return str(-(-amount.value() // unit))
