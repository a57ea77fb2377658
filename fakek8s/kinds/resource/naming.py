"""Names in dynamic resource allocation: drivers, pools, attributes, shares.

Upstream: pkg/apis/resource/validation, apimachinery pkg/api/validate/strfmt.go for the
declarative twins.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.declarative import Marked, formatted
from fakek8s.kinds.storage.names import driver_name_rules
from fakek8s.machinery import names
from fakek8s.machinery.causes import FieldError, invalid, required, too_long

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Object = dict[str, Any]

GROUP = "resource.k8s.io"
POOL_LENGTH = 253
ID_LENGTH = 32
DOMAIN_LENGTH = 63
KEY_LENGTH = DOMAIN_LENGTH + 1 + ID_LENGTH
_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_POOL, _FULL, _EXTENDED = (
    "format=k8s-resource-pool-name",
    "format=k8s-resource-fully-qualified-name",
    "format=k8s-extended-resource-name",
)
_NO_DOMAIN = "a fully qualified name must be a domain and a name separated by a slash"


def plain(errors: Iterable[FieldError]) -> Iterator[FieldError]:
    """Errors that no declarative check covers here."""
    return (FieldError(error.reason, error.field, error.body) for error in errors)


def driver_rules(name: str, path: str) -> Iterator[FieldError]:
    """ValidateCSIDriverName, hand-written alone."""
    return plain(driver_name_rules(name, path))


def label_rules(name: str, path: str) -> Iterator[FieldError]:
    """ValidateDNS1123Label, which upstream's requests, devices and counters are named by."""
    for message in names.is_dns1123_label(name):
        yield invalid(path, name, message)


def pool_rules(name: str, path: str) -> Iterator[FieldError]:
    """validatePoolName: subdomains between slashes."""
    if not name:
        yield required(path)
        return
    if names.byte_length(name) > POOL_LENGTH:
        error = too_long(path, POOL_LENGTH)
        yield Marked(error.reason, error.field, error.body, _POOL)
    for part in name.split("/"):
        for message in names.is_dns1123_subdomain(part):
            error = invalid(path, part, message)
            yield Marked(error.reason, error.field, error.body, _POOL)


def _pool_node(new: str, old: Any, path: str, update: bool) -> Iterator[FieldError]:
    """ResourcePoolName."""
    if names.byte_length(new) > POOL_LENGTH:
        error = too_long(path, POOL_LENGTH)
        yield Marked(error.reason, error.field, error.body, _POOL)
    for number, part in enumerate(new.split("/")):
        if not part:
            error = invalid(path, new, f"segment {number}: must not be empty")
            yield Marked(error.reason, error.field, error.body, _POOL)
            continue
        for message in names.is_dns1123_subdomain(part, "bytes"):
            error = invalid(path, part, f"segment {number}: {message}")
            yield Marked(error.reason, error.field, error.body, _POOL)


POOL_NAME = _pool_node


def identifier_rules(name: str, path: str) -> Iterator[FieldError]:
    """validateCIdentifier."""
    if names.byte_length(name) > ID_LENGTH:
        yield too_long(path, ID_LENGTH)
    for message in names.is_c_identifier(name):
        yield invalid(path, name, message)


def qualified_name_rules(name: str, path: str) -> Iterator[FieldError]:
    """validateQualifiedName; upstream lets names with more than one slash pass."""
    parts = name.split("/")
    if len(parts) == 1:
        yield from identifier_rules(name, path)
    elif len(parts) == 2:
        domain, rest = parts
        if not domain:
            yield invalid(path, "", "the domain must not be empty")
        else:
            yield from driver_rules(domain, path)
        if not rest:
            yield invalid(path, "", "the name must not be empty")
        else:
            yield from identifier_rules(rest, path)


def fully_qualified_name_rules(name: str, path: str) -> Iterator[FieldError]:
    """validateFullyQualifiedName, covered by the declarative check."""
    found = [*qualified_name_rules(name, path)]
    if "/" not in name:
        found.append(invalid(path, name, _NO_DOMAIN))
    for error in found:
        yield Marked(error.reason, error.field, error.body, _FULL, True)


def _full_node(new: str, old: Any, path: str, update: bool) -> Iterator[FieldError]:
    """ResourceFullyQualifiedName."""
    for error in _declared_full(new, path):
        yield Marked(error.reason, error.field, error.body, _FULL)


def _declared_full(name: str, path: str) -> Iterator[FieldError]:
    parts = name.split("/")
    if len(parts) == 1:
        yield from identifier_rules(name, path)
    elif len(parts) == 2:
        domain, rest = parts
        if not domain:
            yield invalid(path, "", "prefix must not be empty")
        else:
            if names.byte_length(domain) > DOMAIN_LENGTH:
                yield too_long(path, DOMAIN_LENGTH)
            for message in names.is_dns1123_subdomain(domain, "bytes"):
                yield invalid(path, domain, f"prefix: {message}")
        if not rest:
            yield invalid(path, "", "name must not be empty")
        else:
            yield from identifier_rules(rest, path)
    if "/" not in name:
        yield invalid(path, name, _NO_DOMAIN)


FULLY_QUALIFIED_NAME = _full_node


def _uuid_problems(text: str) -> list[str]:
    if _UUID.fullmatch(text):
        return []
    return ["must be a lowercase UUID in 8-4-4-4-12 format"]


UUID = formatted("k8s-uuid", _uuid_problems)


def extended_resource_rules(name: str, path: str) -> Iterator[FieldError]:
    """The hand-written check, always covered by the declarative one."""
    if any(_extended_problems(name)):
        error = invalid(path, name, "must be a valid extended resource name")
        yield Marked(error.reason, error.field, error.body, _EXTENDED, True)


def _extended_problems(name: str) -> Iterator[str]:
    if "/" not in name:
        yield "a name must be a domain-prefixed path, such as 'example.com/my-prop'"
    elif "kubernetes.io/" in name:
        yield 'must not have "kubernetes.io/" domain'
    if name.startswith("requests."):
        yield 'must not have "requests." prefix'
    yield from names.is_qualified_name(f"requests.{name}")


EXTENDED_RESOURCE_NAME = formatted("k8s-extended-resource-name", _extended_problems)


def truncated(key: str, most: int) -> str:
    """truncateIfTooLong: a key as paths show it."""
    if len(key) <= most:
        return key
    remaining = most - 3
    return f"{key[: (remaining + 1) // 2]}...{key[len(key) - remaining // 2 :]}"
