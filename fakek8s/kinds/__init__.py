"""The catalogue's values: one file for each resource, found by looking, listed nowhere."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Behaviour


def behaviours() -> Iterator[Behaviour]:
    """The `KIND` (or each of `KINDS`) of every module one folder down from here."""
    for group in pkgutil.iter_modules(__path__):
        if not group.ispkg or group.name == "shared":
            continue
        package = importlib.import_module(f"{__name__}.{group.name}")
        for found in pkgutil.iter_modules(package.__path__):
            module = importlib.import_module(f"{package.__name__}.{found.name}")
            if hasattr(module, "KINDS"):
                yield from module.KINDS
            elif hasattr(module, "KIND"):
                yield module.KIND
