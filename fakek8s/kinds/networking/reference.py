"""References from networking objects to others, by kind and name.

Upstream: pkg/apis/networking/validation validateIngressTypedLocalObjectReference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.declarative import covered
from fakek8s.machinery import names
from fakek8s.machinery.causes import invalid, required

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]


def reference_rules(
    reference: Object, path: str, *, declared: bool = False
) -> Iterator[FieldError]:
    """A group that may be one, a kind and a name; `declared` if their presence is checked twice."""
    group = reference.get("apiGroup")
    for message in names.is_dns1123_subdomain(group) if group is not None else ():
        yield invalid(f"{path}.apiGroup", group, message)
    for name in ("kind", "name"):
        value = reference.get(name, "")
        if not value:
            missing = required(f"{path}.{name}")
            yield covered(missing) if declared else missing
        for message in names.is_path_segment_name(value) if value else ():
            yield invalid(f"{path}.{name}", value, message)
