"""Bindings: the older door for giving a pod its node, before pods/binding.

Upstream: pkg/registry/core/pod/storage LegacyBindingREST.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour
from fakek8s.kinds.core.pod.binding import assign

if TYPE_CHECKING:
    from fakek8s.kind import Engine, Operation

Object = dict[str, Any]


async def bind(body: Object, op: Operation, engine: Engine) -> tuple[int, Object]:
    """POST bindings: assigns the node to the pod of the binding's name. Raises APIError."""
    return await assign(body, op, engine, engine.kind("pods"))


KIND = Behaviour(group="", plural="bindings", virtual=bind)
