"""DeviceClasses: kinds of devices that claims ask for by name.

Upstream: pkg/registry/resource/deviceclass, pkg/apis/resource/validation ValidateDeviceClass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.resource import claims
from fakek8s.kinds.resource.naming import (
    EXTENDED_RESOURCE_NAME,
    GROUP,
    extended_resource_rules,
)
from fakek8s.kinds.shared import cells
from fakek8s.kinds.shared.declarative import (
    LONG_NAME,
    OPTIONAL,
    OPTIONAL_POINTER,
    declaratively,
    field,
    fields,
)
from fakek8s.kinds.shared.metadata import finalizer_names, first_generation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_MOST_CONFIGS = 32


def spec_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """validateDeviceClassSpec."""
    spec = obj["spec"]
    selectors = spec.get("selectors")
    stored = op.old is not None and selectors == op.old["spec"].get("selectors")
    yield from claims.selector_rules(selectors, "spec.selectors", stored=stored)
    config, path = spec.get("config"), "spec.config"
    yield from claims.limited(config, _MOST_CONFIGS, claims.configuration_rules, path)
    name = spec.get("extendedResourceName")
    if name is not None:
        yield from extended_resource_rules(name, "spec.extendedResourceName")


#: Validate_DeviceClass.
DECLARED = fields(
    field("metadata", field("name", OPTIONAL, LONG_NAME)),
    field(
        "spec",
        fields(
            claims.DECLARED_CLASS,
            field("extendedResourceName", OPTIONAL_POINTER, EXTENDED_RESOURCE_NAME),
        ),
    ),
)

KIND = Behaviour(
    group=GROUP,
    plural="deviceclasses",
    generation=True,
    main=Strategy(
        prepare=(first_generation,),
        rules=(declaratively(finalizer_names, spec_rules, node=DECLARED),),
    ),
    cells=cells.row(),
    returns_deleted=True,
)
