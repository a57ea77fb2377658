"""All functions by the id of their overload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.cel import authorizer, lists, network, quantities, standard, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["IMPLEMENTATIONS"]

IMPLEMENTATIONS: Final[Mapping[str, Callable[..., Any]]] = {
    **standard.FUNCTIONS,
    **texts.FUNCTIONS,
    **lists.FUNCTIONS,
    **network.FUNCTIONS,
    **quantities.FUNCTIONS,
    **authorizer.FUNCTIONS,
}
