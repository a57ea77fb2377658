"""Label selectors of workloads: as text, as rules, and against the labels of their template.

Upstream: pkg/apis/apps/validation ValidatePodTemplateSpecForReplicaSet and the head of the
spec rules of Deployment and ReplicaSet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.podtemplate import label_selector_rules, pod_template_rules
from fakek8s.machinery.causes import forbidden, invalid, not_supported, required
from fakek8s.machinery.labels import Selector, SelectorError, from_label_selector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]


def parsed(selector: Object | None) -> Selector | None:
    """LabelSelectorAsSelector; None when it can't be read."""
    try:
        return from_label_selector(selector)
    except SelectorError:
        return None


def selector_text(obj: Object) -> str:
    """spec.selector as lists take it, as the scale subresource shows it."""
    found = parsed(obj["spec"].get("selector"))
    return "" if found is None else str(found)


def selector_rules(selector: Object | None, path: str, empty: str) -> Iterator[FieldError]:
    """A required selector that must select something; `empty` is the message if it doesn't."""
    if selector is None:
        yield required(path)
        return
    yield from label_selector_rules(selector, path)
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        yield invalid(path, selector, empty)


def selected_template_rules(
    spec: Object, path: str, op: Operation, unreadable: str = "invalid label selector"
) -> Iterator[FieldError]:
    """The template, whose labels the spec's selector must match, of pods that run for ever."""
    selector, template = spec.get("selector"), spec["template"]
    found = parsed(selector)
    if found is None:
        yield invalid(f"{path}.selector", selector, unreadable)
        return
    where = f"{path}.template"
    labels = template["metadata"].get("labels")
    if not found.empty and not found.matches(labels):
        text = "`selector` does not match template `labels`"
        yield invalid(f"{where}.metadata.labels", labels, text)
    yield from pod_template_rules(template, where, op)
    policy = template["spec"].get("restartPolicy", "")
    if policy != "Always":
        yield not_supported(f"{where}.spec.restartPolicy", policy, ("Always",))
    if template["spec"].get("activeDeadlineSeconds") is not None:
        text = "activeDeadlineSeconds in ReplicaSet is not Supported"
        yield forbidden(f"{where}.spec.activeDeadlineSeconds", text)
