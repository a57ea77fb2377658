"""Hooks for kinds with a pod template at spec.template: defaults, dropped fields, warnings.

Upstream: the PrepareFor... and WarningsOn... methods of pkg/registry/apps and its like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.podtemplate import (
    default_pod_template,
    drop_disabled_template_fields,
    pod_template_warnings,
)
from fakek8s.machinery import names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation

Object = dict[str, Any]

_PATH = "spec.template"


def default_template(obj: Object) -> None:
    """The defaults of the template, which come before those around it."""
    default_pod_template(obj["spec"]["template"])


def drop_disabled(obj: Object, op: Operation) -> None:
    """DropDisabledTemplateFields."""
    drop_disabled_template_fields(obj["spec"]["template"])


def template_warnings(obj: Object, op: Operation) -> Iterator[str]:
    """Names that make bad host names on creates; the template's own when it may have changed."""
    metadata = obj["metadata"]
    if op.old is None:
        if messages := names.is_dns1123_label(metadata["name"]):
            yield (
                "metadata.name: this is used in Pod names and hostnames, which can result in "
                f"surprising behavior; a DNS label is recommended: [{' '.join(messages)}]"
            )
    elif metadata.get("generation") == op.old["metadata"].get("generation"):
        return
    yield from pod_template_warnings(obj["spec"]["template"], _PATH, op)
