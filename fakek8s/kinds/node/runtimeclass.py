"""RuntimeClasses: what runs the containers of a pod.

Upstream: pkg/registry/node/runtimeclass, pkg/apis/node/validation ValidateRuntimeClass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.shared import cells
from fakek8s.kinds.shared.declarative import (
    IMMUTABLE_FIELD,
    REQUIRED,
    SHORT_NAME,
    covered,
    declaratively,
    field,
)
from fakek8s.kinds.shared.podtemplate.options import Options
from fakek8s.kinds.shared.podtemplate.resources import requirement_rules
from fakek8s.kinds.shared.podtemplate.scheduling import toleration_rules
from fakek8s.kinds.shared.podtemplate.warnings import NODE_LABELS
from fakek8s.machinery.causes import duplicate, invalid, required
from fakek8s.machinery.meta import IMMUTABLE, label_rules
from fakek8s.machinery.rules import label_name, subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_IDENTITY = ("key", "operator", "value", "effect")


def class_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateRuntimeClass."""
    handler = obj.get("handler", "")
    if not handler:
        yield covered(required("handler"))
    for message in label_name(handler, False) if handler else ():
        yield covered(invalid("handler", handler, message), "format=k8s-short-name")
    overhead = obj.get("overhead")
    if overhead is not None:
        limits = {"limits": overhead.get("podFixed") or {}}
        yield from requirement_rules(limits, "overhead", Options())
    scheduling = obj.get("scheduling") or {}
    yield from label_rules(scheduling.get("nodeSelector"), "scheduling.nodeSelector")
    yield from _toleration_rules(scheduling.get("tolerations") or [], "scheduling.tolerations")


def _toleration_rules(tolerations: list[Object], path: str) -> Iterator[FieldError]:
    """validateTolerations: each once."""
    yield from toleration_rules(tolerations, path)
    seen: set[tuple[str, ...]] = set()
    for number, toleration in enumerate(tolerations):
        identity = tuple(toleration.get(name, "") for name in _IDENTITY)
        if identity in seen:
            shown = {
                "Key": identity[0],
                "Operator": identity[1],
                "Value": identity[2],
                "Effect": identity[3],
                "TolerationSeconds": toleration.get("tolerationSeconds"),
            }
            yield duplicate(f"{path}[{number}]", shown)
        seen.add(identity)


def handler_stays(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateRuntimeClassUpdate."""
    if op.old is not None and obj.get("handler", "") != op.old.get("handler", ""):
        yield covered(invalid("handler", obj.get("handler", ""), IMMUTABLE), "immutable")


def warnings(obj: Object, op: Operation) -> Iterator[str]:
    """GetWarningsForRuntimeClass."""
    for key in (obj.get("scheduling") or {}).get("nodeSelector") or ():
        if text := NODE_LABELS.get(key):
            yield f"scheduling.nodeSelector: {text}"


#: Validate_RuntimeClass.
DECLARED = field("handler", IMMUTABLE_FIELD, REQUIRED, SHORT_NAME)

KIND = Behaviour(
    group="node.k8s.io",
    plural="runtimeclasses",
    name=subdomain_name,
    main=Strategy(
        rules=(declaratively(class_rules, handler_stays, node=DECLARED),),
        warnings=(warnings,),
    ),
    cells=cells.row(lambda obj: obj.get("handler", "")),
    allow_create_on_update=True,
    allow_unconditional_update=False,
)
