"""What kinds add to the checks and preparations of object metadata.

Upstream: pkg/apis/core/validation ValidateObjectMeta, which most kinds use but not all
(coordination, rbac, storage and others use apimachinery's own, without these rules).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.causes import invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

STANDARD_FINALIZERS = frozenset(("kubernetes", "orphan", "foregroundDeletion"))
_NOT_QUALIFIED = "name is neither a standard finalizer name nor is it fully qualified"


def kubernetes_finalizer(name: str, path: str) -> Iterator[FieldError]:
    """validateKubeFinalizerName."""
    if "/" not in name and name not in STANDARD_FINALIZERS:
        yield invalid(path, name, _NOT_QUALIFIED)


def finalizer_names(obj: Object, op: Operation) -> Iterable[FieldError]:
    """The rule for metadata.finalizers of kinds that use core's ValidateObjectMeta."""
    finalizers = obj["metadata"].get("finalizers")
    return _finalizer_rules(finalizers) if finalizers else ()


def _finalizer_rules(finalizers: list[str]) -> Iterator[FieldError]:
    for number, name in enumerate(finalizers):
        yield from kubernetes_finalizer(name, f"metadata.finalizers[{number}]")


def first_generation(obj: Object, op: Operation) -> None:
    """A new object is generation 1; the engine counts on."""
    if op.old is None:
        obj["metadata"]["generation"] = 1
