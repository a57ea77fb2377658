"""A vocabulary of checks that many kinds share: which names an object may have, which numbers.

A name rule gives the messages of what is wrong (`kind.NameRule`), a check the field errors.
Sources: apimachinery pkg/api/validation/generic.go, kubernetes pkg/apis/core/validation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery import names
from fakek8s.machinery.causes import invalid
from fakek8s.machinery.meta import IMMUTABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.machinery.causes import FieldError

NOT_NEGATIVE = "must be greater than or equal to 0"
POSITIVE = "must be greater than zero"


def subdomain_name(name: str, prefix: bool) -> list[str]:
    """NameIsDNSSubdomain."""
    if prefix:
        return names.is_dns1123_subdomain_prefix(name)
    return names.is_dns1123_subdomain(name)


def label_name(name: str, prefix: bool) -> list[str]:
    """NameIsDNSLabel."""
    return names.is_dns1123_label_prefix(name) if prefix else names.is_dns1123_label(name)


def path_segment_name(name: str, prefix: bool) -> list[str]:
    """path.ValidatePathSegmentName: whatever fits in a URL."""
    return names.is_path_segment_prefix(name) if prefix else names.is_path_segment_name(name)


def subdomain(value: str | None, path: str) -> Iterator[FieldError]:
    """ValidateDNS1123Subdomain; an absent or empty name is fine."""
    for message in names.is_dns1123_subdomain(value) if value else ():
        yield invalid(path, value, message)


def non_negative(value: int | None, path: str) -> Iterator[FieldError]:
    """ValidateNonnegativeField; an absent number is fine."""
    if value is not None and value < 0:
        yield invalid(path, value, NOT_NEGATIVE)


def positive(value: int | None, path: str) -> Iterator[FieldError]:
    """ValidatePositiveField; an absent number is fine."""
    if value is not None and value <= 0:
        yield invalid(path, value, POSITIVE)


def immutable(new: Any, old: Any, path: str) -> Iterator[FieldError]:
    """ValidateImmutableField."""
    if new != old:
        yield invalid(path, new, IMMUTABLE)
