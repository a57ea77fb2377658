"""Names and parameters of drivers and provisioners.

Upstream: pkg/apis/core/validation ValidateCSIDriverName, pkg/apis/storage/validation
validateProvisioner and validateParameters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.declarative import covered
from fakek8s.kinds.shared.podtemplate import storage
from fakek8s.machinery import names
from fakek8s.machinery.causes import invalid, required, too_long

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

#: The declarative check that a hand-written error gives way to, by its reason.
_ORIGINS = {
    "FieldValueTooLong": "maxLength",
    "FieldValueInvalid": "format=k8s-long-name-caseless",
}
_MOST_PARAMETERS = 512
_PARAMETERS_SIZE = 256 * 1024  # bytes, keys and values together


def driver_name_rules(name: str, path: str) -> Iterator[FieldError]:
    """ValidateCSIDriverName; where it is checked declaratively too, that check wins."""
    for error in storage.driver_name_rules(name, path):
        yield covered(error, _ORIGINS.get(error.reason, ""))


def provisioner_rules(name: str, path: str) -> Iterator[FieldError]:
    """validateProvisioner."""
    if not name:
        yield covered(required(path))
        return
    for message in names.is_qualified_name(name.lower()):
        yield invalid(path, name.lower(), message)


def parameter_rules(
    parameters: Object | None, path: str, *, needed: bool = False
) -> Iterator[FieldError]:
    """validateParameters."""
    parameters = parameters or {}
    if len(parameters) > _MOST_PARAMETERS:
        yield too_long(path, _MOST_PARAMETERS)
        return
    size = 0
    for key, value in parameters.items():
        if not key:
            yield invalid(path, key, "field can not be empty.")
        size += names.byte_length(key) + names.byte_length(value)
    if size > _PARAMETERS_SIZE:
        yield too_long(path, _PARAMETERS_SIZE)
    if needed and not parameters:
        yield required(path, "must contain at least one key/value pair")
