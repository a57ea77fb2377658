"""The string formats of schemas: which the server knows and what passes for each.

Upstream: kube-openapi pkg/validation/strfmt and apiextensions pkg/apiserver/validation/formats.go.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fakek8s.machinery import addresses
from fakek8s.machinery.structural import gourl
from fakek8s.machinery.structural.email import is_email
from fakek8s.machinery.timestamps import DurationError, parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Check = Callable[[str], bool]

__all__ = ["is_known", "matches", "supported_format", "unrecognized"]

_NUMBER_FORMATS: Final = {"integer": ("int32", "int64"), "number": ("float", "double")}


def supported_format(name: str, types: tuple[str, ...]) -> str:
    """The format, or "" where the server ignores it (StripUnsupportedFormatsPostProcessor)."""
    kind = types[0] if len(types) == 1 else ""
    if kind in ("", "string"):
        return name if is_known(name) else ""
    return name if name in _NUMBER_FORMATS.get(kind, ()) else ""


def unrecognized(name: str, kind: str) -> bool:
    """Whether a CRD with this format draws a warning (GetUnrecognizedFormats)."""
    return bool(name) and not supported_format(name, (kind,) if kind else ())


def is_known(name: str) -> bool:
    """Whether strings can be checked against it; hyphens don't count."""
    return name.replace("-", "") in _CHECKS


def matches(name: str, text: str) -> bool:
    """Whether the text has the format; `name` must be known."""
    return _CHECKS[name.replace("-", "")](text)


def check(name: str) -> Check:
    """The function behind `matches`, for schemas compiled once."""
    return _CHECKS[name.replace("-", "")]


def _pattern(text: str, flags: re.RegexFlag = re.NOFLAG) -> Check:
    compiled = re.compile(text, re.ASCII | flags)
    return lambda value: compiled.fullmatch(value) is not None


def _uuid(middle: str) -> Check:
    return _pattern(f"[0-9a-f]{{8}}-?[0-9a-f]{{4}}-?{middle}-?[0-9a-f]{{12}}", re.IGNORECASE)


_HEX4: Final = "[0-9a-f]{4}"
_VARIANT: Final = "[89ab][0-9a-f]{3}"
_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_CLOCK: Final = re.compile(
    r"([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))", re.ASCII
)
_MONTH_DAYS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_LOOSE_DURATION: Final = re.compile(r"([0-9]+)[\t\n\f\r ]*([A-Za-zµ]+)")
#: Units of Scala's durations: whole words, the last of each also as a beginning.
_UNITS: Final = (
    ("ns", "nano"),
    ("us", "µs", "micro"),
    ("ms", "milli"),
    ("s", "sec"),
    ("m", "min"),
    ("h", "hr", "hour"),
    ("d", "day"),
    ("w", "wk", "week"),
)


def _is_date(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    year, month, day = map(int, match.groups())
    if not 1 <= month <= 12:
        return False
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 1 <= day <= _MONTH_DAYS[month - 1] + leap


def _is_datetime(text: str) -> bool:
    if len(text.encode("utf-8", "replace")) < 4:
        return False
    parts = text.lower().split("t")
    if len(parts) < 2 or not _is_date(parts[0]):
        return False
    match = _CLOCK.fullmatch(parts[1])
    return match is not None and match[1] <= "23" and match[2] <= "59" and match[3] <= "59"


def _is_duration(text: str) -> bool:
    try:
        parse_duration(text)
    except DurationError:
        pass
    else:
        return True
    found = False
    for number, unit in _LOOSE_DURATION.findall(text):
        if int(number) >= 2**63:
            return False
        found = found or any(_is_unit(unit.lower(), names) for names in _UNITS)
    return found


def _is_unit(unit: str, names: tuple[str, ...]) -> bool:
    return unit in names or unit.startswith(names[-1])


def _is_uri(text: str) -> bool:
    try:
        gourl.parse_request(text)
    except gourl.URLError:
        return False
    return True


_ASCII_HOST: Final = re.compile(
    r"[a-zA-Z0-9$+<=>^`|~]((-?[a-zA-Z0-9$+<=>^`|~]{0,62})?)"
    r"|([a-zA-Z0-9$+<=>^`|~](([a-zA-Z0-9$+<=>^`|~-]{0,61}[a-zA-Z0-9$+<=>^`|~])?)(\.)){1,}"
    r"([a-zA-Z]){2,63}"
)


def _is_hostname(text: str) -> bool:
    if text.isascii():
        plain = _ASCII_HOST.fullmatch(text) is not None
    else:
        plain = _is_international_host(text)
    size = len(text.encode("utf-8", "replace"))
    labels = text.split(".")
    return plain and size <= 255 and all(len(label.encode()) <= 63 for label in labels)


def _is_international_host(text: str) -> bool:
    from fakek8s.machinery.structural.regexp import compile_regexp

    sign = r"a-zA-Z0-9\p{S}\p{L}"
    return (
        compile_regexp(
            rf"^([{sign}]((-?[{sign}]{{0,62}})?)|([{sign}](([{sign}-]{{0,61}}[{sign}])?)(\.)){{1,}}"
            r"([a-zA-Z\p{L}]){2,63})$"
        ).search(text)
        is not None
    )


def _is_ipv4(text: str) -> bool:
    return "." in text and addresses.parse_sloppy(text) is not None


def _is_ipv6(text: str) -> bool:
    if ":" not in text or addresses.parse_sloppy(text) is None:
        return False
    # Unlike the sloppy reader, this one refuses leading zeros in an embedded IPv4 address.
    octets = text.rpartition(":")[2].split(".")
    return len(octets) == 1 or not any(len(o) > 1 and o.startswith("0") for o in octets)


def _is_cidr(text: str) -> bool:
    return addresses.parse_cidr_sloppy(text) is not None


_MACS: Final = re.compile(
    "|".join(
        form
        for octets in (6, 8, 20)
        for form in (
            f"[0-9a-f]{{2}}(?::[0-9a-f]{{2}}){{{octets - 1}}}",
            f"[0-9a-f]{{2}}(?:-[0-9a-f]{{2}}){{{octets - 1}}}",
            f"[0-9a-f]{{4}}(?:\\.[0-9a-f]{{4}}){{{octets // 2 - 1}}}",
            f"[0-9a-f]{{{octets * 2}}}",
        )
    ),
    re.IGNORECASE | re.ASCII,
)


def _is_mac(text: str) -> bool:
    return _MACS.fullmatch(text) is not None


_CARD: Final = re.compile(
    r"(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}"
    r"|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35[0-9]{3})[0-9]{11})",
    re.ASCII,
)


def _card_digits(digits: str) -> Iterator[int]:
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        yield value - 9 if value > 9 else value


def _is_credit_card(text: str) -> bool:
    digits = re.sub("[^0-9]+", "", text)
    return _CARD.fullmatch(digits) is not None and sum(_card_digits(digits)) % 10 == 0


def _bare_isbn(text: str) -> str:
    return re.sub(r"[\t\n\f\r -]+", "", text)


def _is_isbn10(text: str) -> bool:
    bare = _bare_isbn(text)
    if re.fullmatch("[0-9]{9}[0-9X]", bare, re.ASCII) is None:
        return False
    total = sum(place * int(digit) for place, digit in enumerate(bare[:9], 1))
    return (total + 10 * (10 if bare[9] == "X" else int(bare[9]))) % 11 == 0


def _is_isbn13(text: str) -> bool:
    bare = _bare_isbn(text)
    if re.fullmatch("[0-9]{13}", bare, re.ASCII) is None:
        return False
    return sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(bare)) % 10 == 0


def _is_ssn(text: str) -> bool:
    return len(text) == 11 and re.fullmatch(r"[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}", text) is not None


_OCTET: Final = r"(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])"
_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"


def _limited(limit: int, form: Check) -> Check:
    return lambda text: len(text) <= limit and form(text)


_CHECKS: Final[dict[str, Check]] = {
    "bsonobjectid": _pattern("[0-9a-fA-F]{24}"),
    "uri": _is_uri,
    "email": is_email,
    "hostname": _is_hostname,
    "ipv4": _is_ipv4,
    "ipv6": _is_ipv6,
    "cidr": _is_cidr,
    "mac": _is_mac,
    "uuid": _uuid(f"{_HEX4}-?{_HEX4}"),
    "uuid3": _uuid(f"3[0-9a-f]{{3}}-?{_HEX4}"),
    "uuid4": _uuid(f"4[0-9a-f]{{3}}-?{_VARIANT}"),
    "uuid5": _uuid(f"5[0-9a-f]{{3}}-?{_VARIANT}"),
    "isbn": lambda text: _is_isbn10(text) or _is_isbn13(text),
    "isbn10": _is_isbn10,
    "isbn13": _is_isbn13,
    "creditcard": _is_credit_card,
    "ssn": _is_ssn,
    "hexcolor": _pattern("#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})"),
    "rgbcolor": _pattern(
        rf"rgb\([\t\n\f\r ]*{_OCTET}[\t\n\f\r ]*,[\t\n\f\r ]*{_OCTET}[\t\n\f\r ]*,"
        rf"[\t\n\f\r ]*{_OCTET}[\t\n\f\r ]*\)"
    ),
    "byte": _pattern(
        "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})"
    ),
    "password": lambda _: True,
    "date": _is_date,
    "duration": _is_duration,
    "datetime": _is_datetime,
    "k8sshortname": _limited(63, _pattern(_LABEL)),
    "k8slongname": _limited(253, _pattern(rf"{_LABEL}(\.{_LABEL})*")),
}
