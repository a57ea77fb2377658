"""The names of a CRD: of its resource in the spec, accepted ones in the status.

Upstream: apiextensions ValidateCustomResourceDefinitionNames.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery import names
from fakek8s.machinery.causes import child, index, invalid, required

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.machinery.causes import FieldError

__all__ = ["names_errors", "required_names"]

Object = dict[str, Any]


def required_names(held: Object, path: str) -> Iterator[FieldError]:
    """The causes of names that a spec lacks (a status may)."""
    for field in ("plural", "singular", "kind", "listKind"):
        if not held.get(field):
            yield required(child(path, field))


def names_errors(held: Object, path: str) -> Iterator[FieldError]:
    """The causes of names that are no DNS labels, and of kinds that clash."""
    for field in ("plural", "singular", "kind", "listKind"):
        name = held.get(field, "")
        mixed = field in ("kind", "listKind")
        errors = names.is_dns1035_label(name.lower() if mixed else name) if name else []
        if errors:
            lead = "may have mixed case, but should otherwise match: " if mixed else ""
            yield invalid(child(path, field), name, lead + ",".join(errors))
    yield from _labels(held.get("shortNames"), child(path, "shortNames"))
    kind = held.get("kind", "")
    if kind and kind == held.get("listKind", ""):
        yield invalid(child(path, "listKind"), kind, "kind and listKind may not be the same")
    yield from _labels(held.get("categories"), child(path, "categories"))


def _labels(values: list[str] | None, path: str) -> Iterator[FieldError]:
    for number, value in enumerate(values or ()):
        if errors := names.is_dns1035_label(value):
            yield invalid(index(path, number), value, ",".join(errors))
