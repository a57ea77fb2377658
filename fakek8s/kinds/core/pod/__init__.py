"""Pods: what they get, what they must be, how they change, go and look.

Upstream: pkg/registry/core/pod, pkg/apis/core. The vocabulary of pod specs, which templates share,
is kinds/shared/podtemplate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Action, Behaviour, Connect, Strategy
from fakek8s.kinds.core.pod.binding import bind
from fakek8s.kinds.core.pod.columns import cells, row_conditions
from fakek8s.kinds.core.pod.connect import check_log, check_node, check_stream, locate_proxied
from fakek8s.kinds.core.pod.creation import create_rules, create_warnings
from fakek8s.kinds.core.pod.defaults import default_pod
from fakek8s.kinds.core.pod.deletion import grace
from fakek8s.kinds.core.pod.ephemeral import ephemeral_rules
from fakek8s.kinds.core.pod.eviction import evict
from fakek8s.kinds.core.pod.fields import SELECTABLE
from fakek8s.kinds.core.pod.prepare import (
    prepare_create,
    prepare_ephemeral,
    prepare_resize,
    prepare_status,
    prepare_update,
)
from fakek8s.kinds.core.pod.resize import resize_rules
from fakek8s.kinds.core.pod.status import status_rules, status_warnings
from fakek8s.kinds.core.pod.update import update_rules
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]


def _prepare(pod: Object, op: Operation) -> None:
    (prepare_create if op.verb == "create" else prepare_update)(pod, op)


def _rules(pod: Object, op: Operation) -> Iterable[FieldError]:
    return (create_rules if op.verb == "create" else update_rules)(pod, op)


def _warnings(pod: Object, op: Operation) -> Iterable[str]:
    return create_warnings(pod, op) if op.verb == "create" else ()


KIND = Behaviour(
    group="",
    plural="pods",
    defaults=(default_pod,),
    name=subdomain_name,
    main=Strategy(
        prepare=(_prepare,),
        rules=(finalizer_names, _rules),
        warnings=(_warnings,),
        resets=("status",),
    ),
    status=Strategy(
        prepare=(prepare_status,),
        rules=(finalizer_names, status_rules),
        warnings=(status_warnings,),
        resets=("spec", "metadata.deletionTimestamp", "metadata.ownerReferences"),
    ),
    subresources={
        "ephemeralcontainers": Strategy(
            prepare=(prepare_ephemeral,),
            rules=(finalizer_names, ephemeral_rules),
        ),
        "resize": Strategy(
            prepare=(prepare_resize,),
            rules=(finalizer_names, resize_rules),
        ),
        "binding": Action(act=bind),
        "eviction": Action(act=evict),
        "log": Connect(connector="log", check=check_log),
        "exec": Connect(connector="exec", needs="create", check=check_stream),
        "attach": Connect(connector="attach", needs="create", check=check_stream),
        "portforward": Connect(connector="portforward", needs="create", check=check_node),
        "proxy": Connect(connector="proxy", locate=locate_proxied),
    },
    row_conditions=row_conditions,
    cells=cells,
    selectable=SELECTABLE,
    grace=grace,
    returns_deleted=True,
)
