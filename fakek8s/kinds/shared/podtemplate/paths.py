"""Relative paths inside volumes and the fields that hold them.

Upstream: pkg/apis/core/validation validatePathNoBacksteps, validateLocalDescendingPath,
ValidateLocalNonReservedPath.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakek8s.machinery.causes import invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.machinery.causes import FieldError


def no_backsteps(target: str, path: str) -> Iterator[FieldError]:
    """No `..` between slashes; one error is enough."""
    if ".." in target and ".." in target.split("/"):
        yield invalid(path, target, "must not contain '..'")


def descending(target: str, path: str) -> Iterator[FieldError]:
    """A relative path that never climbs."""
    if target.startswith("/"):
        yield invalid(path, target, "must be a relative path")
    yield from no_backsteps(target, path)


def local_path(target: str, path: str) -> Iterator[FieldError]:
    """A descending path that does not begin with two dots either."""
    yield from descending(target, path)
    if target.startswith("..") and not target.startswith("../"):
        yield invalid(path, target, "must not start with '..'")
