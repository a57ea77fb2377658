"""Which values of a field are plain to decode, and what becomes of them, as Python for straight.py.

Plain is what has the field's type and isn't left out; decode.py knows all the rest.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.wire.straight import Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.machinery.wire.straight import Shapes
    from fakek8s.machinery.wire.types import FieldType, GoType

    RunOf = Callable[[GoType], Callable[[Any], Any]]
    ShapesOf = Callable[[GoType], Shapes | None]

__all__ = ["RANGES", "decoding"]

RANGES: Final = {
    "int": (-(2**63), 2**63 - 1),
    "int8": (-(2**7), 2**7 - 1),
    "int16": (-(2**15), 2**15 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint": (0, 2**64 - 1),
    "uint8": (0, 2**8 - 1),
    "uint16": (0, 2**16 - 1),
    "uint32": (0, 2**32 - 1),
    "uint64": (0, 2**64 - 1),
}

#: Those that may be made into nothing are made within the condition.
_TIME: Final = ("({m} := {run}({v})) is not None", "{m}")
_SCHEMA: Final = ("{v}.__class__ is dict", "{run}({v})")
_SPECIAL: Final = {
    "Time": _TIME,
    "MicroTime": _TIME,
    "JSONSchemaPropsOrBool": _SCHEMA,
    "JSONSchemaPropsOrArray": _SCHEMA,
    "JSONSchemaPropsOrStringArray": _SCHEMA,
}
_ANY: Final = ("{v} is not None", "{run}({v})")
#: Most lists have one item, whose call needs no way through C.
_EACH: Final = "[{run}({v}[0])] if len({v}) == 1 else [*map({run}, {v})]"
_EACH_STRUCT: Final = (
    "[{shapes}[tuple({v}[0])]({v}[0])] if len({v}) == 1 and {v}[0].__class__ is dict "
    "else [*map({run}, {v})]"
)
_EACH_TEXT: Final = "[x if x.__class__ is str else {run}(x) for x in {v}]"
_ENTRIES: Final = "{{k: {run}(x) for k, x in sorted({v}.items())}}"
_TEXT_ENTRIES: Final = (
    "{{k: x if x.__class__ is str else {run}(x) for k, x in sorted({v}.items())}}"
)


def decoding(field: FieldType, run_of: RunOf, shapes_of: ShapesOf) -> Step:
    """The step of a field; `run_of` gives the decoder of a type, `shapes_of` the shapes of a
    struct.
    """
    kind = field.type.kind
    step = _of(field.type, run_of, shapes_of)
    stands = kind in ("pointer", "struct", "any") or field.keeps_empty
    if not field.omitempty or stands:
        return step
    return replace(step, when=f"{{v}} and {step.when}")


def _of(gotype: GoType, run_of: RunOf, shapes_of: ShapesOf) -> Step:
    kind, elem = gotype.kind, gotype.elem
    if kind in RANGES:
        low, high = RANGES[kind]
        return Step(when=f"{{v}}.__class__ is int and {low} <= {{v}} <= {high}")
    if kind in ("string", "bool"):
        return Step(when=f"{{v}}.__class__ is {'str' if kind == 'string' else 'bool'}")
    if kind == "pointer":
        assert elem is not None
        step = _of(elem, run_of, shapes_of)
        return step if step.when else replace(step, when="{v} is not None")
    if kind == "slice":
        assert elem is not None
        if shapes := shapes_of(elem):
            when = "{v}.__class__ is list"
            return Step(when=when, made=_EACH_STRUCT, run=run_of(elem), shapes=shapes)
        made = _EACH_TEXT if elem.kind == "string" else _EACH
        return Step(when="{v}.__class__ is list", made=made, run=run_of(elem))
    if kind == "map":
        assert elem is not None
        if elem.kind == "bytes":  # null stands for other bytes in a map than elsewhere
            return Step(when="{v}.__class__ is dict", made="{run}({v})", run=run_of(gotype))
        made = _TEXT_ENTRIES if elem.kind == "string" else _ENTRIES
        return Step(when="{v}.__class__ is dict", made=made, run=run_of(elem))
    if kind == "bytes":
        when = "{v}.__class__ is str and ({m} := {run}({v}))"
        return Step(when=when, made="{m}", run=run_of(gotype))
    if shapes := shapes_of(gotype):
        made = "{shapes}[tuple({v})]({v}) if {v}.__class__ is dict else {run}({v})"
        return Step(made=made, run=run_of(gotype), shapes=shapes)
    when, made = _SPECIAL.get(gotype.struct.special, _ANY) if kind == "struct" else _ANY
    return Step(when=when, made=made, run=run_of(gotype))
