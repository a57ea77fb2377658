"""How much of a device's capacity a claim may take.

Upstream: pkg/apis/resource/validation validateRequestPolicy. Fractions are rounded up: exact ones
are off (DRAFractionalCapacityRange) as long as a server is compatible with 1.36.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.resource.claims import limited
from fakek8s.machinery.causes import forbidden, invalid, required
from fakek8s.machinery.quantity import Quantity, parse
from fakek8s.machinery.rules import NOT_NEGATIVE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_MOST_VALUES = 10
_MOST_INTEGER = 2**63 - 1


def capacity_rules(capacity: Object, path: str, *, shared: bool) -> Iterator[FieldError]:
    """validateMultiAllocatableDeviceCapacity; a device for one claim alone has no policy."""
    policy, where = capacity.get("requestPolicy"), f"{path}.requestPolicy"
    if policy is None:
        return
    if not shared:
        yield forbidden(where, "allowMultipleAllocations must be true")
        return
    values, bounds = policy.get("validValues") or [], policy.get("validRange")
    default, most = policy.get("default"), parse(capacity.get("value", "0"))
    if values and bounds is not None:
        text = 'exactly one policy can be specified, cannot specify "validValues" and '
        yield forbidden(where, f'{text}"validRange" at the same time')
    elif values:
        if default is None:
            yield required(f"{where}.default", "required when validValues is defined")
        else:
            yield from _value_rules(parse(default), most, values, f"{where}.validValues")
    elif bounds is not None:
        if default is None:
            yield required(f"{where}.default", "required when validRange is defined")
        else:
            yield from _range_rules(parse(default), most, bounds, f"{where}.validRange")


def _value_rules(
    default: Quantity, most: Quantity, values: list[str], path: str
) -> Iterator[FieldError]:
    """validateRequestPolicyValidValues."""
    options = [*map(parse, values)]
    for number in range(1, len(options)):
        if options[number - 1].compare(options[number]) > 0:
            text = "values must be sorted in ascending order"
            yield invalid(f"{path}[{number}]", values[number], text)

    def check(option: str, at: str) -> Iterator[FieldError]:
        if parse(option).compare(most) > 0:
            yield invalid(at, option, f"option is larger than capacity value: {most}")

    yield from limited(values, _MOST_VALUES, check, path, _whole, declared=False)
    small = len(options) <= _MOST_VALUES
    if not small or all(option.compare(default) for option in options):
        text = "default value is not valid according to the requestPolicy"
        yield invalid(path, str(default), text)


def _whole(option: str) -> str:
    """The quantity as a whole number, rounded up: what tells twins."""
    return str(parse(option).value())


def _range_rules(
    default: Quantity, most: Quantity, bounds: Object, path: str
) -> Iterator[FieldError]:
    """validateRequestPolicyRange."""
    given = {name: parse(bounds[name]) for name in ("min", "max", "step") if bounds.get(name)}
    least, highest, step = given.get("min"), given.get("max"), given.get("step")
    if least is None:
        yield required(f"{path}.min", "required when validRange is defined")
        return
    if least.compare(most) > 0:
        text = f"min is larger than capacity value: {most}"
        yield invalid(f"{path}.min", str(least), text)
    if default.compare(least) < 0:
        yield invalid(f"{path}.default", str(default), f"default is less than min: {least}")
    if highest is not None:
        if least.compare(highest) > 0:
            yield invalid(f"{path}.max", str(least), f"min is larger than max: {highest}")
        if highest.compare(most) > 0:
            text = f"max is larger than capacity value: {most}"
            yield invalid(f"{path}.max", str(highest), text)
        if default.compare(highest) > 0:
            text = f"default is more than max: {highest}"
            yield invalid(f"{path}.default", str(default), text)
    if step is not None:
        yield from _step_rules({"default": default, **given}, most, path)


def _step_rules(given: dict[str, Quantity], most: Quantity, path: str) -> Iterator[FieldError]:
    least, step, where = given["min"], given["step"], f"{path}.step"
    if step.sign() <= 0:
        yield invalid(where, str(step), "must be greater than zero")
        return
    added = least + step
    if added.compare(most) > 0:
        text = f"one step {added} is larger than capacity value: {most}"
        yield invalid(where, str(step), text)
    wrong = [error for name in given for error in _integer_rules(given[name], f"{path}.{name}")]
    if wrong:
        yield from wrong
        return
    for name in ("default", "max"):
        value = given.get(name)
        if value is not None and (value.value() - least.value()) % step.value():
            text = f"value is not a multiple of a given step ({step}) from ({least})"
            yield invalid(where, str(value), text)


def _integer_rules(value: Quantity, path: str) -> Iterator[FieldError]:
    """validateInt64Range."""
    if value.sign() < 0:
        yield invalid(path, str(value), NOT_NEGATIVE)
    elif value.compare(parse(str(_MOST_INTEGER))) > 0:
        yield invalid(path, str(value), f"must not be larger than {_MOST_INTEGER}")
