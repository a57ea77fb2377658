"""Kubernetes' quantity, semver and format libraries (apiserver pkg/cel/library)."""

from __future__ import annotations

import re
from functools import total_ordering
from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery import names, quantity
from fakek8s.machinery.cel.declarations import FORMAT, QUANTITY, SEMVER
from fakek8s.machinery.cel.values import NONE, CelError, Opaque, Optional
from fakek8s.machinery.printing import quote
from fakek8s.machinery.structural import formats, gourl

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FUNCTIONS", "FormatValue", "QuantityValue", "SemverValue"]


class QuantityValue(Opaque):
    """short: upstream holds it as a number of 64 bits and a power of ten, not as a decimal."""

    __slots__ = ("quantity", "short")
    type = QUANTITY

    def __init__(self, value: quantity.Quantity, *, short: bool = True) -> None:
        self.quantity = value
        self.short = short

    def __eq__(self, other: object) -> bool:
        return isinstance(other, QuantityValue) and self.quantity == other.quantity

    def __hash__(self) -> int:
        return hash(self.quantity)


def _parse_quantity(text: str) -> QuantityValue:
    try:
        found = quantity.parse(text)
        if text.endswith("i"):
            short = "." not in text and abs(found.unscaled) < 10**15
        else:
            short = sum(map(str.isdigit, text)) <= 18 and found.scale >= -9
        return QuantityValue(found, short=short)
    except quantity.QuantityError as error:
        raise CelError(str(error)) from None


def _whole(value: QuantityValue) -> int | None:
    """AsInt64: the number if it is short, was written without a fraction and fits."""
    if not value.short or value.quantity.scale < 0:
        return None
    number = value.quantity.value()
    return number if -(2**63) <= number < 2**63 else None


def _as_integer(value: QuantityValue) -> int:
    found = _whole(value)
    if found is None:
        raise CelError("cannot convert value to integer")
    return found


def _compare(left: QuantityValue, right: QuantityValue) -> int:
    return left.quantity.compare(right.quantity)


def _of_int(number: int) -> quantity.Quantity:
    return quantity.Quantity(number, 0, "DecimalExponent")


def _add(left: QuantityValue, right: QuantityValue) -> QuantityValue:
    return QuantityValue(left.quantity + right.quantity, short=left.short and right.short)


def _subtract(left: QuantityValue, right: QuantityValue) -> QuantityValue:
    return QuantityValue(left.quantity - right.quantity, short=left.short and right.short)


def _as_float(value: QuantityValue) -> float:
    """Two roundings, as upstream's AsApproximateFloat64: 0.3 is 0.30000000000000004."""
    return float(value.quantity.unscaled) * float(f"1e{value.quantity.scale}")


@total_ordering
class SemverValue(Opaque):
    __slots__ = ("key", "numbers")
    type = SEMVER

    def __init__(self, numbers: tuple[int, int, int], before: tuple[str, ...]) -> None:
        self.numbers = numbers
        parts = tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in before)
        self.key = (numbers, not before, parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SemverValue) and self.key == other.key

    def __lt__(self, other: SemverValue) -> bool:
        return self.key < other.key

    def __hash__(self) -> int:
        return hash(self.key)


_DIGITS: Final = re.compile("[0-9]*", re.ASCII)
_IDENTIFIER: Final = re.compile("[0-9A-Za-z-]*", re.ASCII)


def _number(text: str, which: str) -> int:
    if _DIGITS.fullmatch(text) is None:
        raise CelError(f"Invalid character(s) found in {which} number {quote(text)}")
    if len(text) > 1 and text[0] == "0":
        raise CelError(f"{which.capitalize()} number must not contain leading zeroes {quote(text)}")
    if not text:
        raise CelError('strconv.ParseUint: parsing "": invalid syntax')
    if int(text) >= 2**64:
        raise CelError(f"strconv.ParseUint: parsing {quote(text)}: value out of range")
    return int(text)


def _parse_semver(text: str) -> SemverValue:
    if not text:
        raise CelError("Version string empty")
    parts = text.split(".", 2)
    if len(parts) != 3:
        raise CelError("No Major.Minor.Patch elements found")
    major = _number(parts[0], "major")
    minor = _number(parts[1], "minor")
    rest, plus, build = parts[2].partition("+")
    patch_text, dash, before = rest.partition("-")
    patch = _number(patch_text, "patch")
    identifiers = before.split(".") if dash else []
    for part in identifiers:
        if not part:
            raise CelError("Prerelease is empty")
        if part.isdigit() and len(part) > 1 and part[0] == "0":
            raise CelError(
                f"Numeric PreRelease version must not contain leading zeroes {quote(part)}"
            )
        if _IDENTIFIER.fullmatch(part) is None:
            raise CelError(f"Invalid character(s) found in prerelease {quote(part)}")
    for part in build.split(".") if plus else []:
        if not part:
            raise CelError("Build meta data is empty")
        if _IDENTIFIER.fullmatch(part) is None:
            raise CelError(f"Invalid character(s) found in build meta data {quote(part)}")
    return SemverValue((major, minor, patch), tuple(identifiers))


def _normalized(text: str) -> str:
    """v1.02 -> 1.2.0 (normalizeAndParse)."""
    parts = text.removeprefix("v").split(".", 2)
    for i, part in enumerate(parts):
        if len(part) > 1:
            bare = part.lstrip("0")
            parts[i] = bare if bare and bare[0] in "0123456789" else "0" + bare
    if len(parts) < 3:
        if any(mark in parts[-1] for mark in "+-"):
            raise CelError("short version cannot contain PreRelease/Build meta data")
        parts += ["0"] * (3 - len(parts))
    return ".".join(parts)


def _semver(text: str, normalize: bool = False) -> SemverValue:
    return _parse_semver(_normalized(text) if normalize else text)


def _is_semver(text: str, normalize: bool = False) -> bool:
    try:
        _semver(text, normalize)
    except CelError:
        return False
    return True


def _is_quantity(text: str) -> bool:
    try:
        quantity.parse(text)
    except quantity.QuantityError:
        return False
    return True


class FormatValue(Opaque):
    """size: of the regular expression behind it, for costs."""

    __slots__ = ("check", "name", "size")
    type = FORMAT

    def __init__(self, name: str, check: Callable[[str], list[str]], size: int) -> None:
        self.name = name
        self.check = check
        self.size = size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FormatValue) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)


def _known_format(name: str, problem: str) -> Callable[[str], list[str]]:
    return lambda text: [] if formats.matches(name, text) else [problem]


def _uri(text: str) -> list[str]:
    try:
        gourl.parse_request(text)
    except gourl.URLError as error:
        return [str(error)]
    return []


def _dns1035_prefix(text: str) -> list[str]:
    return names.is_dns1035_label(names.mask_trailing_dash(text))


_FORMATS: Final = {
    "dns1123Label": FormatValue("DNS1123Label", names.is_dns1123_label, 30),
    "dns1123Subdomain": FormatValue("DNS1123Subdomain", names.is_dns1123_subdomain, 60),
    "dns1035Label": FormatValue("DNS1035Label", names.is_dns1035_label, 30),
    "qualifiedName": FormatValue("QualifiedName", names.is_qualified_name, 60),
    "dns1123LabelPrefix": FormatValue("DNS1123LabelPrefix", names.is_dns1123_label_prefix, 30),
    "dns1123SubdomainPrefix": FormatValue(
        "DNS1123SubdomainPrefix", names.is_dns1123_subdomain_prefix, 60
    ),
    "dns1035LabelPrefix": FormatValue("DNS1035LabelPrefix", _dns1035_prefix, 30),
    "labelValue": FormatValue("LabelValue", names.is_label_value, 40),
    "uri": FormatValue("URI", _uri, 1103),
    "uuid": FormatValue("uuid", _known_format("uuid", "does not match the UUID format"), 81),
    "byte": FormatValue("byte", _known_format("byte", "invalid base64"), 84),
    "date": FormatValue("date", _known_format("date", "invalid date"), 84),
    "datetime": FormatValue("datetime", _known_format("datetime", "invalid datetime"), 84),
}


def _validate(value: FormatValue, text: str) -> Optional:
    found = value.check(text)
    return Optional(found) if found else NONE


def _named(name: str) -> Optional:
    found = _FORMATS.get(name)
    return NONE if found is None else Optional(found)


def _constant(value: FormatValue) -> Callable[[], FormatValue]:
    return lambda: value


def _order(left: Any, right: Any) -> int:
    return int(left > right) - int(left < right)


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "string_to_quantity": _parse_quantity,
    "is_quantity_string": _is_quantity,
    "quantity_sign": lambda value: value.quantity.sign(),
    "quantity_is_greater_than": lambda a, b: _compare(a, b) > 0,
    "quantity_is_less_than": lambda a, b: _compare(a, b) < 0,
    "quantity_compare_to": lambda a, b: _order(_compare(a, b), 0),
    "quantity_get_float": _as_float,
    "quantity_get_int": _as_integer,
    "quantity_is_integer": lambda value: _whole(value) is not None,
    "quantity_add": _add,
    "quantity_add_int": lambda a, n: _add(a, QuantityValue(_of_int(n))),
    "quantity_sub": _subtract,
    "quantity_sub_int": lambda a, n: _subtract(a, QuantityValue(_of_int(n))),
    "string_to_semver": _semver,
    "string_bool_to_semver": _semver,
    "is_semver_string": _is_semver,
    "is_semver_string_bool": _is_semver,
    "semver_is_greater_than": lambda a, b: a > b,
    "semver_is_less_than": lambda a, b: a < b,
    "semver_compare_to": _order,
    "semver_major": lambda value: value.numbers[0],
    "semver_minor": lambda value: value.numbers[1],
    "semver_patch": lambda value: value.numbers[2],
    "format-validate": _validate,
    "format-named": _named,
    **{f"format.{name}": _constant(value) for name, value in _FORMATS.items()},
}
