"""Label selectors of workloads: as text, as rules, and against the labels of their template.

Upstream: pkg/apis/apps/validation ValidatePodTemplateSpecForReplicaSet and what the spec rules
of Deployment and ReplicaSet share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.podtemplate import label_selector_rules, pod_template_rules
from fakek8s.kinds.shared.written import as_written
from fakek8s.machinery.causes import forbidden, invalid, not_supported, required
from fakek8s.machinery.labels import Selector, SelectorError, from_label_selector
from fakek8s.machinery.rules import immutable

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


def selector_rules(spec: Object) -> Iterator[FieldError]:
    """A required selector that selects something; ReplicaSets too hear of a deployment."""
    selector = spec.get("selector")
    if selector is None:
        yield required("spec.selector")
        return
    yield from label_selector_rules(selector, "spec.selector")
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        text = "empty selector is invalid for deployment"
        yield invalid("spec.selector", selector, text)


def unselected(labels: Object | None, op: Operation) -> FieldError:
    """What is wrong with the labels of a template that its own selector does not match."""
    path = ("spec", "template", "metadata", "labels")
    text = "`selector` does not match template `labels`"
    return invalid(".".join(path), as_written(labels, op, *path), text)


def selected_template_rules(spec: Object, op: Operation) -> Iterator[FieldError]:
    """The template of pods that run for ever; its labels must be those that are selected."""
    selector, template = spec.get("selector"), spec["template"]
    found = parsed(selector)
    if found is None:
        yield invalid("spec.selector", selector, "invalid label selector")
        return
    labels, pod = template["metadata"].get("labels"), template["spec"]
    if not found.empty and not found.matches(labels):
        yield unselected(labels, op)
    yield from pod_template_rules(template, "spec.template", op)
    if (policy := pod.get("restartPolicy", "")) != "Always":
        yield not_supported("spec.template.spec.restartPolicy", policy, ("Always",))
    if pod.get("activeDeadlineSeconds") is not None:
        text = "activeDeadlineSeconds in ReplicaSet is not Supported"
        yield forbidden("spec.template.spec.activeDeadlineSeconds", text)


def selector_stays(obj: Object, op: Operation) -> Iterator[FieldError]:
    """What is selected once is selected for good."""
    if op.old is not None:
        selector, old = obj["spec"].get("selector"), op.old["spec"].get("selector")
        yield from immutable(selector, old, "spec.selector")
