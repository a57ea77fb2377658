"""The compiled passes of types with an UnmarshalJSON of their own: times, quantities, raw JSON.

Like decode's passes they raise Unusual for whatever explain.py has to look at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.clone import clone
from fakek8s.machinery.wire import special
from fakek8s.machinery.wire.known import Known

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.machinery.wire.types import WireType

    Step = Callable[[Any], Any]
    Lazy = Callable[[WireType], Step]

__all__ = ["ZEROES", "Unusual", "owned", "without_known"]

# What stands for the zero value of these types; null for the others.
ZEROES: Final[dict[str, Any]] = {
    "Quantity": "0",
    "IntOrString": 0,
    "JSONSchemaPropsOrBool": False,
}


class Unusual(Exception):
    """A compiled pass met something that it doesn't handle; never seen outside this package."""


def owned(wiretype: WireType, lazy: Lazy) -> Step:
    """The pass of a type whose `special` is set; `lazy` gives the pass of another struct."""
    return _BY_NAME[wiretype.special](wiretype, lazy)


def _string(value: Any) -> str:
    if value.__class__ is str:
        made: str = value
        return made
    if value is None:
        return ""
    raise Unusual


def _time(_: WireType, lazy: Lazy) -> Step:
    def decode(value: Any) -> str | None:
        if value is None:
            return None
        if value.__class__ is str:
            return special.time(value)
        raise Unusual

    return decode


def _micro_time(_: WireType, lazy: Lazy) -> Step:
    def decode(value: Any) -> str | None:
        if value is None:
            return None
        if value.__class__ is str:
            return special.micro_time(value)
        raise Unusual

    return decode


def _quantity(_: WireType, lazy: Lazy) -> Step:
    def decode(value: Any) -> str:
        if value.__class__ is str:
            return special.quantity(value)
        if value is None:
            return "0"
        if value.__class__ is int:
            return special.quantity(str(value))
        raise Unusual  # a float's text matters: 1.50 stays 1.50

    return decode


def _int_or_string(_: WireType, lazy: Lazy) -> Step:
    def decode(value: Any) -> int | str:
        if value.__class__ is str:
            text: str = value
            return text
        if value.__class__ is int and -(2**31) <= value < 2**31:
            number: int = value
            return number
        if value is None:
            return 0
        raise Unusual

    return decode


def _raw(_: WireType, lazy: Lazy) -> Step:
    def decode(value: Any) -> Any:
        if value.__class__ is Known:
            return value.copied()
        _no_floats(value)
        return clone(value)  # it may be a part of the live object that moved

    return decode


def _no_floats(value: Any) -> None:
    """Raw JSON keeps the text of its numbers, which floats have lost; explain.py still has it."""
    _refuse(value, (float, Known))


def without_known(value: Any) -> None:
    """Untyped values are taken as they are, so no mark may be left in them; raises Unusual."""
    _refuse(value, (Known,))


def _refuse(value: Any, classes: tuple[type, ...]) -> None:
    if value.__class__ in classes:
        raise Unusual
    if value.__class__ is dict:
        for below in value.values():
            _refuse(below, classes)
    elif value.__class__ is list:
        for below in value:
            _refuse(below, classes)


def _fields_v1(_: WireType, lazy: Lazy) -> Step:
    return lambda value: value


def _props_or_bool(wiretype: WireType, lazy: Lazy) -> Step:
    schema = _schema(wiretype, lazy)

    def decode(value: Any) -> Any:
        if value is True or value is False:
            return value
        if value.__class__ is dict or value.__class__ is Known:
            return schema(value)
        raise Unusual

    return decode


def _props_or_array(wiretype: WireType, lazy: Lazy) -> Step:
    schema = _schema(wiretype, lazy)

    def decode(value: Any) -> Any:
        if value.__class__ is dict:
            return schema(value)
        if value.__class__ is list:
            return [schema(v) for v in value] or None
        return value.copied() if value.__class__ is Known else None

    return decode


def _props_or_strings(wiretype: WireType, lazy: Lazy) -> Step:
    schema = _schema(wiretype, lazy)

    def decode(value: Any) -> Any:
        if value.__class__ is dict:
            return schema(value)
        if value.__class__ is list:
            return [_string(v) for v in value] or None
        return value.copied() if value.__class__ is Known else None

    return decode


def _schema(wiretype: WireType, lazy: Lazy) -> Step:
    pointer = wiretype.members[1 if wiretype.special == "JSONSchemaPropsOrBool" else 0].type
    assert pointer.elem is not None
    return lazy(pointer.elem.struct)


_BY_NAME: Final[dict[str, Callable[[WireType, Lazy], Step]]] = {
    "Time": _time,
    "MicroTime": _micro_time,
    "Quantity": _quantity,
    "IntOrString": _int_or_string,
    "RawExtension": _raw,
    "JSON": _raw,
    "FieldsV1": _fields_v1,
    "JSONSchemaPropsOrBool": _props_or_bool,
    "JSONSchemaPropsOrArray": _props_or_array,
    "JSONSchemaPropsOrStringArray": _props_or_strings,
}
