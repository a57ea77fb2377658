"""PodNodeSelector: the node selector of a namespace is part of its pods'.

Source: kubernetes plugin/pkg/admission/podnodeselector, without a configuration file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.admission.plugin import Plugin
from fakek8s.machinery import names
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from fakek8s.kind import Operation

Object = dict[str, Any]

_ANNOTATION = "scheduler.alpha.kubernetes.io/node-selector"
_CONFLICT = "pod node label selector conflicts with its namespace node label selector"


def _selector_of(op: Operation) -> dict[str, str]:
    namespace = op.reader.get("namespaces", "", op.namespace)
    if namespace is None:
        raise errors.not_found("namespaces", "", op.namespace)
    annotations = namespace["metadata"].get("annotations") or {}
    return _parsed(annotations.get(_ANNOTATION, ""))


def _parsed(text: str) -> dict[str, str]:
    """labels.ConvertSelectorToLabelsMap; its errors have neither code nor reason."""
    found: dict[str, str] = {}
    for part in text.split(",") if text else ():
        pair = part.split("=")
        if len(pair) != 2:
            raise errors.plain(500, f"invalid selector: {part}")
        key, value = (one.strip() for one in pair)
        for kind, given, problems in (
            ("key", key, names.is_qualified_name(key)),
            ("value", value, names.is_label_value(value)),
        ):
            if problems:
                what = f"invalid label {kind} {quote(given)}"
                raise errors.plain(500, f"{what}: {'; '.join(problems)}")
        found[key] = value
    return found


def _admit(pod: Object, op: Operation) -> None:
    spec = pod.setdefault("spec", {})
    wanted = _selector_of(op)
    _check(pod, wanted, op)
    merged = {**wanted, **(spec.get("nodeSelector") or {})}
    if merged:
        spec["nodeSelector"] = merged


def _validate(pod: Object, op: Operation) -> None:
    _check(pod, _selector_of(op), op)


def _check(pod: Object, wanted: dict[str, str], op: Operation) -> None:
    own = pod["spec"].get("nodeSelector") or {}
    if any(own.get(key, value) != value for key, value in wanted.items()):
        name = pod["metadata"].get("name", "")
        raise errors.forbidden(op.kind.plural, op.kind.group, name, _CONFLICT)


PLUGIN = Plugin(
    name="PodNodeSelector",
    resources=frozenset({"pods"}),
    verbs=frozenset({"create"}),
    mutate=_admit,
    validate=_validate,
)
