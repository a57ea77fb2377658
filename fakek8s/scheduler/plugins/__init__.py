"""The scheduler's plugins, one file each, in the order in which upstream asks them.

Source: pkg/scheduler/apis/config/v1/default_plugins.go, also for the weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from fakek8s.scheduler.plugins.interpodaffinity import InterPodAffinity
from fakek8s.scheduler.plugins.nodeaffinity import NodeAffinity
from fakek8s.scheduler.plugins.nodename import NodeName
from fakek8s.scheduler.plugins.nodeports import NodePorts
from fakek8s.scheduler.plugins.noderesources import NodeResourcesFit
from fakek8s.scheduler.plugins.nodeunschedulable import NodeUnschedulable
from fakek8s.scheduler.plugins.podtopologyspread import PodTopologySpread
from fakek8s.scheduler.plugins.tainttoleration import TaintToleration

if TYPE_CHECKING:
    from fakek8s.scheduler.framework import Filter, Score


NamespaceLabels = Callable[[str], Mapping[str, str]]


def default_filters(namespace_labels: NamespaceLabels) -> list[Filter]:
    """The filters of the default profile: the first that rejects a node has the word."""
    return [
        NodeUnschedulable(),
        NodeName(),
        TaintToleration(),
        NodeAffinity(),
        NodePorts(),
        NodeResourcesFit(),
        PodTopologySpread(),
        InterPodAffinity(namespace_labels),
    ]


def default_scores(namespace_labels: NamespaceLabels) -> list[Score]:
    """The scores of the default profile."""
    return [
        TaintToleration(),
        NodeAffinity(),
        NodeResourcesFit(),
        PodTopologySpread(),
        InterPodAffinity(namespace_labels),
    ]
