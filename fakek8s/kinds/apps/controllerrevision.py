"""ControllerRevisions: an immutable snapshot of what a controller made its pods from.

Upstream: pkg/registry/apps/controllerrevision, pkg/apis/apps/validation
ValidateControllerRevision*, pkg/printers/internalversion printControllerRevision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.shared import cells
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.machinery.causes import invalid, required
from fakek8s.machinery.meta import IMMUTABLE
from fakek8s.machinery.printing import json_text
from fakek8s.machinery.rules import non_negative, subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]


def rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateControllerRevisionCreate and ValidateControllerRevisionUpdate."""
    yield from non_negative(obj.get("revision", 0), "revision")
    data = obj.get("data")
    if op.old is not None:
        # Upstream compares bytes: the order of keys counts (and white space, which is lost here).
        if json_text(data) != json_text(op.old.get("data")):
            yield invalid("data", data, IMMUTABLE)
    elif data is None:
        yield required("data", "data is mandatory")
    elif not isinstance(data, dict):
        yield required("data", "data must be a valid JSON object")


def revision_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, Controller, Revision, Age."""
    metadata = obj["metadata"]
    owner = next((o for o in metadata.get("ownerReferences") or () if o.get("controller")), None)
    return [
        metadata.get("name", ""),
        cells.NONE if owner is None else _resource_name(owner),
        obj.get("revision", 0),
        cells.age(obj, now),
    ]


def _resource_name(owner: Object) -> str:
    """formatResourceName: `statefulset.apps/web`."""
    group = owner.get("apiVersion", "").rpartition("/")[0]
    kind = owner.get("kind", "")
    return f"{f'{kind}.{group}' if group else kind}/".lower() + str(owner.get("name", ""))


KIND = Behaviour(
    group="apps",
    plural="controllerrevisions",
    name=subdomain_name,
    main=Strategy(rules=(finalizer_names, rules)),
    cells=revision_cells,
)
