"""Selectors of devices: an expression over `device`, compiled and priced when it is written.

Upstream: dynamic-resource-allocation cel/compile.go, pkg/apis/resource/validation
validateCELExpression.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from fakek8s.machinery import names
from fakek8s.machinery.causes import forbidden, internal, invalid, too_long

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.machinery.causes import FieldError
    from fakek8s.machinery.cel.environment import Environment

_LONGEST = 10 * 1024
_MOST_COST = 1_000_000
#: What a device may have, and how long it may be (resource/v1 types.go).
_MOST_ATTRIBUTES = 32
_DRIVER, _DOMAIN, _IDENTIFIER, _VALUE = 63, 63, 32, 64


class _Whatever(dict[str, Any]):
    """Fields of any name, all alike."""

    def __init__(self, field: Any) -> None:
        super().__init__()
        self._field = field

    def get(self, key: str, default: Any = None) -> Any:
        return self._field


@cache
def _environment() -> Environment:
    """The environment, in which nothing is ever changed."""
    from fakek8s.machinery.cel import types as t
    from fakek8s.machinery.cel.decl import Decl, DeclField
    from fakek8s.machinery.cel.declarations import QUANTITY
    from fakek8s.machinery.cel.environment import Environment

    def map_of(key_size: int, value: Decl) -> Decl:
        return Decl(
            t.map_of(t.STRING, value.type),
            max_elements=_MOST_ATTRIBUTES,
            key=Decl(t.STRING, max_elements=key_size),
            element=value,
        )

    attribute = Decl(t.ANY, max_elements=_VALUE)
    attributes = map_of(_IDENTIFIER, attribute)
    # All attributes are of one size, by whatever name an expression asks for them.
    attributes.fields = _Whatever(DeclField("", attribute))

    device = Decl(
        t.struct("kubernetes.DRADevice"),
        fields={
            "driver": DeclField("driver", Decl(t.STRING, max_elements=_DRIVER)),
            "allowMultipleAllocations": DeclField(
                "allowMultipleAllocations", Decl(t.BOOL, max_elements=1)
            ),
            "attributes": DeclField("attributes", map_of(_DOMAIN, attributes)),
            "capacity": DeclField("capacity", map_of(_DOMAIN, map_of(_IDENTIFIER, Decl(QUANTITY)))),
        },
        is_object=True,
    )
    return Environment({"device": device}, {device.type.name: device}, bind=True)


def expression_rules(text: str, path: str) -> Iterator[FieldError]:
    """One new expression."""
    if names.byte_length(text) > _LONGEST:
        yield too_long(path, _LONGEST)
        return
    from fakek8s.machinery.cel import types as t
    from fakek8s.machinery.cel.environment import CompileError
    from fakek8s.machinery.cel.policies import shown_type

    try:
        expression = _environment().compile(text)
    except CompileError as error:
        yield invalid(path, text, f"compilation failed: {error}")
        return
    of = expression.type
    if of not in (t.BOOL, t.ANY):
        yield invalid(
            path, text, f"must evaluate to bool or the unknown type, not {shown_type(of)}"
        )
    elif problem := expression.planning_error():
        yield internal(path, f"program instantiation failed: {problem}")
    elif expression.max_cost() > _MOST_COST:
        yield forbidden(path, "too complex, exceeds cost limit")
