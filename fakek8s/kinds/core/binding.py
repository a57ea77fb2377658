"""Bindings: the older door for giving a pod its node, before pods/binding.

Upstream: pkg/registry/core/pod/storage LegacyBindingREST.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.kind import Behaviour

if TYPE_CHECKING:
    from fakek8s.kind import Engine, Operation

Object = dict[str, Any]


async def bind(body: Object, op: Operation, engine: Engine) -> tuple[int, Object]:
    """Raises APIError 501: pods/binding is the door that is there."""
    raise errors.not_implemented("binding a pod outside pods/binding")


KIND = Behaviour(group="", plural="bindings", virtual=bind)
