"""What validation may let pass, and how to walk a pod spec's containers.

Upstream: pkg/apis/core/validation PodValidationOptions with the feature gates of 1.37;
`leniency` fills them in from an older object.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Object = dict[str, Any]

_KINDS = ("initContainers", "containers", "ephemeralContainers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Leniencies of one validation; all off for a new object."""

    #: The spec is a pod's own, not a template's.
    pod: bool = False
    #: The cluster's flag --allow-privileged.
    privileged: bool = False
    invalid_deletion_cost: bool = False
    indivisible_huge_pages: bool = False
    invalid_selector_values: bool = False
    invalid_node_affinity_values: bool = False
    invalid_spread_selector: bool = False
    invalid_match_label_keys: bool = False
    non_local_token_path: bool = False
    host_sysctls: bool = False
    toleration_comparison: bool = False
    user_namespace_with_host_network: bool = False
    user_namespace_with_devices: bool = False
    empty_image_reference: bool = False
    system_admin_without_escalation: bool = False
    restart_on_resize_of_init_containers: bool = False


def containers_of(spec: Object) -> Iterator[Object]:
    """All containers: init, regular, ephemeral."""
    for kind in _KINDS:
        yield from spec.get(kind) or ()


def containers_with_paths(spec: Object, path: str) -> Iterator[tuple[Object, str]]:
    """VisitContainersWithPath: init, regular, ephemeral containers and where they stand."""
    for kind in _KINDS:
        for number, container in enumerate(spec.get(kind) or ()):
            yield container, f"{path}.{kind}[{number}]" if path else f"{kind}[{number}]"
