"""The pod template: what Deployment, Job, ReplicationController ... share with the pod itself.

Defaults, dropped fields, rules and warnings of a PodTemplateSpec (k8s.io/kubernetes pkg/apis/core,
pkg/api/pod).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.podtemplate.defaults import default_pod_template
from fakek8s.kinds.shared.podtemplate.disabled import drop_disabled_template_fields
from fakek8s.kinds.shared.podtemplate.leniency import old_template, options_for
from fakek8s.kinds.shared.podtemplate.selectors import label_selector_rules
from fakek8s.kinds.shared.podtemplate.spec import template_rules
from fakek8s.kinds.shared.podtemplate.warnings import template_warnings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

__all__ = [
    "default_pod_template",
    "drop_disabled_template_fields",
    "label_selector_rules",
    "pod_template_rules",
    "pod_template_warnings",
]


def pod_template_rules(template: Object, path: str, op: Operation) -> Iterator[FieldError]:
    """ValidatePodTemplateSpec with the options that the older object's template gives.

    `path` (`spec.template`) is where the template stands in `op.old` too.
    """
    options = options_for(op, old_template(op, path), pod=False)
    return template_rules(template, path, options)


def pod_template_warnings(template: Object, path: str, op: Operation) -> Iterator[str]:
    """GetWarningsForPodTemplate (pkg/api/pod/warnings.go)."""
    return template_warnings(template.get("spec") or {}, template.get("metadata") or {}, path)
