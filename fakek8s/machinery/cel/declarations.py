"""The functions of CEL's standard library and of Kubernetes 1.37's: names, overloads, types.

One line per overload, in upstream's order: `id: result <- arguments`, a dot behind the first
argument where that is the receiver. Capital letters are type parameters.
Upstream: cel-go common/stdlib, ext and cel/library.go; apiserver pkg/cel/library.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from fakek8s.machinery.cel import types as t

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ADMISSION", "CIDR", "FORMAT", "IP", "QUANTITY", "SEMVER", "TYPE_NAMES",
    "UNDEFINED_TYPE_NAMES", "URL",
           "Overload", "functions", "parse_type"]  # fmt: skip

QUANTITY: Final = t.struct("kubernetes.Quantity")
SEMVER: Final = t.struct("kubernetes.Semver")
URL: Final = t.struct("kubernetes.URL")
FORMAT: Final = t.struct("kubernetes.NamedFormat")
IP: Final = t.opaque("net.IP")
CIDR: Final = t.opaque("net.CIDR")
_AUTHORIZATION: Final = "kubernetes.authorization."

_NAMED: Final = {
    "Quantity": QUANTITY,
    "Semver": SEMVER,
    "URL": URL,
    "Format": FORMAT,
    "IP": IP,
    "CIDR": CIDR,
    "Authorizer": t.struct(_AUTHORIZATION + "Authorizer"),
    "PathCheck": t.struct(_AUTHORIZATION + "PathCheck"),
    "GroupCheck": t.struct(_AUTHORIZATION + "GroupCheck"),
    "ResourceCheck": t.struct(_AUTHORIZATION + "ResourceCheck"),
    "Decision": t.struct(_AUTHORIZATION + "Decision"),
    "null": t.NULL,
}

#: Names that the checker takes for types and no program can find.
UNDEFINED_TYPE_NAMES: Final[Mapping[str, t.Type]] = {
    "duration": t.DURATION,
    "timestamp": t.TIMESTAMP,
}
#: Names that stand for a type in an expression.
TYPE_NAMES: Final[Mapping[str, t.Type]] = {
    "bool": t.BOOL,
    "bytes": t.BYTES,
    "double": t.DOUBLE,
    "google.protobuf.Duration": t.DURATION,
    "google.protobuf.Timestamp": t.TIMESTAMP,
    "int": t.INT,
    "list": t.list_of(t.DYN),
    "map": t.map_of(t.DYN, t.DYN),
    "null_type": t.NULL,
    "optional_type": t.optional_of(t.DYN),
    "string": t.STRING,
    "type": t.TYPE,
    "uint": t.UINT,
    "net.IP": IP,
    "net.CIDR": CIDR,
}


@dataclass(frozen=True, slots=True)
class Overload:
    """One way to call a function. variables: the names of its type parameters."""

    id: str
    function: str
    arguments: tuple[t.Type, ...]
    result: t.Type
    member: bool
    variables: tuple[str, ...]


_ORDERED: Final = ["bool", "int64", "uint64", "double", "string", "bytes", "timestamp", "duration"]
_COMPARABLE: Final = ["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"]


def _comparisons(operator: str, name: str) -> list[str]:
    """The overloads of <, <=, > and >=, cross-type ones included."""
    short = {"int64": "int", "uint64": "uint"}
    pairs = [
        ("bool", "bool"), ("int64", "int64"), ("int64", "double"), ("int64", "uint64"),
        ("uint64", "uint64"), ("uint64", "double"), ("uint64", "int64"), ("double", "double"),
        ("double", "int64"), ("double", "uint64"), ("string", "string"), ("bytes", "bytes"),
        ("timestamp", "timestamp"), ("duration", "duration"),
    ]  # fmt: skip
    found = [operator]
    for left, right in pairs:
        suffix = left if left == right else f"{left}_{right}"
        lefts, rights = short.get(left, left), short.get(right, right)
        found.append(f"  {name}_{suffix}: bool <- {lefts}, {rights}")
    return found


def _each(name: str, template: str) -> list[str]:
    return [name, *(f"  {template.format(t=each)}" for each in _COMPARABLE)]


def _time_parts() -> list[str]:
    parts = {
        "getFullYear": "year", "getMonth": "month", "getDayOfYear": "day_of_year",
        "getDayOfMonth": "day_of_month", "getDate": "day_of_month_1_based",
        "getDayOfWeek": "day_of_week", "getHours": "hours", "getMinutes": "minutes",
        "getSeconds": "seconds", "getMilliseconds": "milliseconds",
    }  # fmt: skip
    found: list[str] = []
    for function, part in parts.items():
        found += [
            function,
            f"  timestamp_to_{part}: int <- timestamp.",
            f"  timestamp_to_{part}_with_tz: int <- timestamp., string",
        ]
        if part in ("hours", "minutes", "seconds", "milliseconds"):
            found.append(f"  duration_to_{part}: int <- duration.")
    return found


_STANDARD: Final = """
_?_:_
  conditional: A <- bool, A, A
_&&_
  logical_and: bool <- bool, bool
_||_
  logical_or: bool <- bool, bool
!_
  logical_not: bool <- bool
@not_strictly_false
  not_strictly_false: bool <- bool
_==_
  equals: bool <- A, A
_!=_
  not_equals: bool <- A, A
_+_
  add_bytes: bytes <- bytes, bytes
  add_double: double <- double, double
  add_duration_duration: duration <- duration, duration
  add_duration_timestamp: timestamp <- duration, timestamp
  add_timestamp_duration: timestamp <- timestamp, duration
  add_int64: int <- int, int
  add_list: list(A) <- list(A), list(A)
  add_string: string <- string, string
  add_uint64: uint <- uint, uint
_/_
  divide_double: double <- double, double
  divide_int64: int <- int, int
  divide_uint64: uint <- uint, uint
_%_
  modulo_int64: int <- int, int
  modulo_uint64: uint <- uint, uint
_*_
  multiply_double: double <- double, double
  multiply_int64: int <- int, int
  multiply_uint64: uint <- uint, uint
-_
  negate_double: double <- double
  negate_int64: int <- int
_-_
  subtract_double: double <- double, double
  subtract_duration_duration: duration <- duration, duration
  subtract_int64: int <- int, int
  subtract_timestamp_duration: timestamp <- timestamp, duration
  subtract_timestamp_timestamp: duration <- timestamp, timestamp
  subtract_uint64: uint <- uint, uint
_[_]
  index_list: A <- list(A), int
  index_map: B <- map(A, B), A
  optional_list_index_int: optional(A) <- optional(list(A)), int
  optional_map_index_value: optional(B) <- optional(map(A, B)), A
@in
  in_list: bool <- A, list(A)
  in_map: bool <- A, map(A, B)
size
  size_bytes: int <- bytes
  bytes_size: int <- bytes.
  size_list: int <- list(A)
  list_size: int <- list(A).
  size_map: int <- map(A, B)
  map_size: int <- map(A, B).
  size_string: int <- string
  string_size: int <- string.
type
  type: type(A) <- A
bool
  bool_to_bool: bool <- bool
  string_to_bool: bool <- string
bytes
  bytes_to_bytes: bytes <- bytes
  string_to_bytes: bytes <- string
double
  double_to_double: double <- double
  int64_to_double: double <- int
  string_to_double: double <- string
  uint64_to_double: double <- uint
duration
  duration_to_duration: duration <- duration
  string_to_duration: duration <- string
dyn
  to_dyn: dyn <- A
int
  int64_to_int64: int <- int
  double_to_int64: int <- double
  duration_to_int64: int <- duration
  string_to_int64: int <- string
  timestamp_to_int64: int <- timestamp
  uint64_to_int64: int <- uint
string
  string_to_string: string <- string
  bool_to_string: string <- bool
  bytes_to_string: string <- bytes
  double_to_string: string <- double
  duration_to_string: string <- duration
  int64_to_string: string <- int
  timestamp_to_string: string <- timestamp
  uint64_to_string: string <- uint
  ip_to_string: string <- IP
  cidr_to_string: string <- CIDR
timestamp
  timestamp_to_timestamp: timestamp <- timestamp
  int64_to_timestamp: timestamp <- int
  string_to_timestamp: timestamp <- string
uint
  uint64_to_uint64: uint <- uint
  double_to_uint64: uint <- double
  int64_to_uint64: uint <- int
  string_to_uint64: uint <- string
contains
  contains_string: bool <- string., string
endsWith
  ends_with_string: bool <- string., string
startsWith
  starts_with_string: bool <- string., string
matches
  matches: bool <- string, string
  matches_string: bool <- string., string
"""

_OPTIONALS: Final = """
optional.of
  optional_of: optional(A) <- A
optional.ofNonZeroValue
  optional_ofNonZeroValue: optional(A) <- A
optional.none
  optional_none: optional(A) <-
value
  optional_value: A <- optional(A).
hasValue
  optional_hasValue: bool <- optional(A).
or
  optional_or_optional: optional(A) <- optional(A)., optional(A)
orValue
  optional_orValue_value: A <- optional(A)., A
_?._
  select_optional_field: optional(A) <- dyn, string
_[?_]
  list_optindex_optional_int: optional(A) <- list(A), int
  optional_list_optindex_optional_int: optional(A) <- optional(list(A)), int
  map_optindex_optional_value: optional(B) <- map(A, B), A
  optional_map_optindex_optional_value: optional(B) <- optional(map(A, B)), A
last
  list_last: optional(A) <- list(A).
first
  list_first: optional(A) <- list(A).
optional.unwrap
  optional_unwrap: list(A) <- list(optional(A))
unwrapOpt
  optional_unwrapOpt: list(A) <- list(optional(A)).
cel.@mapInsert
  @mapInsert_map_key_value: map(A, B) <- map(A, B), A, B
  @mapInsert_map_map: map(A, B) <- map(A, B), map(A, B)
"""

_TEXT: Final = """
charAt
  string_char_at_int: string <- string., int
indexOf
  list_a_index_of_int: int <- list(A)., A
  string_index_of_string: int <- string., string
  string_index_of_string_int: int <- string., string, int
lastIndexOf
  list_a_last_index_of_int: int <- list(A)., A
  string_last_index_of_string: int <- string., string
  string_last_index_of_string_int: int <- string., string, int
lowerAscii
  string_lower_ascii: string <- string.
replace
  string_replace_string_string: string <- string., string, string
  string_replace_string_string_int: string <- string., string, string, int
split
  string_split_string: list(string) <- string., string
  string_split_string_int: list(string) <- string., string, int
substring
  string_substring_int: string <- string., int
  string_substring_int_int: string <- string., int, int
trim
  string_trim: string <- string.
upperAscii
  string_upper_ascii: string <- string.
format
  string_format: string <- string., list(dyn)
strings.quote
  strings_quote: string <- string
join
  list_join: string <- list(string).
  list_join_string: string <- list(string)., string
find
  string_find_string: string <- string., string
findAll
  string_find_all_string: list(string) <- string., string
  string_find_all_string_int: list(string) <- string., string, int
"""

_LISTS: Final = """
sum
  list_int_sum_int: int <- list(int).
  list_uint_sum_uint: uint <- list(uint).
  list_double_sum_double: double <- list(double).
  list_duration_sum_duration: duration <- list(duration).
slice
  list_slice: list(A) <- list(A)., int, int
flatten
  list_flatten: list(A) <- list(list(A)).
  list_flatten_int: list(dyn) <- list(dyn)., int
lists.range
  lists_range: list(int) <- int
reverse
  list_reverse: list(A) <- list(A).
distinct
  list_distinct: list(A) <- list(A).
sets.contains
  list_sets_contains_list: bool <- list(A), list(A)
sets.equivalent
  list_sets_equivalent_list: bool <- list(A), list(A)
sets.intersects
  list_sets_intersects_list: bool <- list(A), list(A)
"""

_KUBERNETES: Final = """
url
  string_to_url: URL <- string
getScheme
  url_get_scheme: string <- URL.
getHost
  url_get_host: string <- URL.
getHostname
  url_get_hostname: string <- URL.
getPort
  url_get_port: string <- URL.
getEscapedPath
  url_get_escaped_path: string <- URL.
getQuery
  url_get_query: map(string, list(string)) <- URL.
isURL
  is_url_string: bool <- string
quantity
  string_to_quantity: Quantity <- string
isQuantity
  is_quantity_string: bool <- string
sign
  quantity_sign: int <- Quantity
isGreaterThan
  quantity_is_greater_than: bool <- Quantity., Quantity
  semver_is_greater_than: bool <- Semver., Semver
isLessThan
  quantity_is_less_than: bool <- Quantity., Quantity
  semver_is_less_than: bool <- Semver., Semver
compareTo
  quantity_compare_to: int <- Quantity., Quantity
  semver_compare_to: int <- Semver., Semver
asApproximateFloat
  quantity_get_float: double <- Quantity.
asInteger
  quantity_get_int: int <- Quantity.
isInteger
  quantity_is_integer: bool <- Quantity.
add
  quantity_add: Quantity <- Quantity., Quantity
  quantity_add_int: Quantity <- Quantity., int
sub
  quantity_sub: Quantity <- Quantity., Quantity
  quantity_sub_int: Quantity <- Quantity., int
ip
  string_to_ip: IP <- string
  cidr_ip: IP <- CIDR.
family
  ip_family: int <- IP.
ip.isCanonical
  ip_is_canonical: bool <- string
isUnspecified
  ip_is_unspecified: bool <- IP.
isLoopback
  ip_is_loopback: bool <- IP.
isLinkLocalMulticast
  ip_is_link_local_multicast: bool <- IP.
isLinkLocalUnicast
  ip_is_link_local_unicast: bool <- IP.
isGlobalUnicast
  ip_is_global_unicast: bool <- IP.
isIP
  is_ip: bool <- string
cidr
  string_to_cidr: CIDR <- string
containsIP
  cidr_contains_ip_string: bool <- CIDR., string
  cidr_contains_ip_ip: bool <- CIDR., IP
containsCIDR
  cidr_contains_cidr_string: bool <- CIDR., string
  cidr_contains_cidr: bool <- CIDR., CIDR
prefixLength
  cidr_prefix_length: int <- CIDR.
masked
  cidr_masked: CIDR <- CIDR.
isCIDR
  is_cidr: bool <- string
validate
  format-validate: optional(list(string)) <- Format., string
format.named
  format-named: optional(Format) <- string
semver
  string_to_semver: Semver <- string
  string_bool_to_semver: Semver <- string, bool
isSemver
  is_semver_string: bool <- string
  is_semver_string_bool: bool <- string, bool
major
  semver_major: int <- Semver.
minor
  semver_minor: int <- Semver.
patch
  semver_patch: int <- Semver.
path
  authorizer_path: PathCheck <- Authorizer., string
group
  authorizer_group: GroupCheck <- Authorizer., string
serviceAccount
  authorizer_serviceaccount: Authorizer <- Authorizer., string, string
resource
  groupcheck_resource: ResourceCheck <- GroupCheck., string
subresource
  resourcecheck_subresource: ResourceCheck <- ResourceCheck., string
namespace
  resourcecheck_namespace: ResourceCheck <- ResourceCheck., string
name
  resourcecheck_name: ResourceCheck <- ResourceCheck., string
check
  pathcheck_check: Decision <- PathCheck., string
  resourcecheck_check: Decision <- ResourceCheck., string
errored
  decision_errored: bool <- Decision.
error
  decision_error: string <- Decision.
allowed
  decision_allowed: bool <- Decision.
reason
  decision_reason: string <- Decision.
fieldSelector
  authorizer_fieldselector: ResourceCheck <- ResourceCheck., string
labelSelector
  authorizer_labelselector: ResourceCheck <- ResourceCheck., string
"""

#: What only stored expressions may use before every server of a cluster knows it.
_NEWEST: Final = """
includes
  list_includes_dyn_dyn: bool <- dyn., dyn
"""

#: What only mutating policies have.
ADMISSION: Final = """
jsonpatch.escapeKey
  string_jsonpatch_escapeKey_string: string <- string
"""

_FORMATS: Final = [
    "dns1123Label",
    "dns1123Subdomain",
    "dns1035Label",
    "qualifiedName",
    "dns1123LabelPrefix",
    "dns1123SubdomainPrefix",
    "dns1035LabelPrefix",
    "labelValue",
    "uri",
    "uuid",
    "byte",
    "date",
    "datetime",
]

_WORD: Final = re.compile(r"[A-Za-z_.]+")
_LINE: Final = re.compile(r"  (?P<id>\S+): (?P<result>.+?) <-(?P<arguments>.*)")


def parse_type(text: str) -> t.Type:
    """`map(string, list(A))` as a type."""
    found, rest = _parse_type(text)
    if rest:
        raise ValueError(text)
    return found


def _parse_type(text: str) -> tuple[t.Type, str]:
    match = _WORD.match(text)
    if match is None:
        raise ValueError(text)
    name, rest = match[0], text[match.end() :]
    params: list[t.Type] = []
    if rest.startswith("("):
        rest = rest[1:]
        while True:
            inner, rest = _parse_type(rest)
            params.append(inner)
            if rest.startswith(")"):
                rest = rest[1:]
                break
            rest = rest.removeprefix(", ")
    if name == "optional":
        return t.optional_of(params[0]), rest
    if len(name) == 1:
        return t.param(name), rest
    return _NAMED.get(name) or t.Type(name, "", tuple(params)), rest


def _variables(of: t.Type) -> set[str]:
    found = {of.name} if of.kind == "param" else set()
    for inner in of.params:
        found |= _variables(inner)
    return found


_SPLIT: Final = re.compile(r", (?![^(]*\))")


def _read(lines: list[str], into: dict[str, list[Overload]]) -> None:
    function = ""
    for line in lines:
        match = _LINE.match(line)
        if match is None:
            function = line
            continue
        texts = [text for text in _SPLIT.split(match["arguments"].strip()) if text]
        member = bool(texts) and texts[0].endswith(".")
        if member:
            texts[0] = texts[0][:-1]
        arguments = tuple(parse_type(text) for text in texts)
        result = parse_type(match["result"])
        variables = _variables(result).union(*map(_variables, arguments))
        into.setdefault(function, []).append(
            Overload(match["id"], function, arguments, result, member, tuple(sorted(variables)))
        )


@cache
def functions(*, stored: bool = False, admission: bool = False) -> Mapping[str, list[Overload]]:
    """All functions by name. stored: also what new expressions may not use yet."""
    lines = [line for line in _STANDARD.split("\n") if line]
    for operator, name in (
        ("_<_", "less"), ("_<=_", "less_equals"), ("_>_", "greater"), ("_>=_", "greater_equals"),
    ):  # fmt: skip
        lines += _comparisons(operator, name)
    lines += _time_parts()
    for text in (_OPTIONALS, _TEXT, _LISTS, _KUBERNETES):
        lines += [line for line in text.split("\n") if line]
    lines += _each("isSorted", "list_{t}_is_sorted_bool: bool <- list({t}).")
    lines += _each("max", "list_{t}_max_{t}: {t} <- list({t}).")
    lines += _each("min", "list_{t}_min_{t}: {t} <- list({t}).")
    lines += _each("sort", "list_{t}_sort: list({t}) <- list({t}).")
    lines += _each(
        "@sortByAssociatedKeys", "list_{t}_sortByAssociatedKeys: list(A) <- list(A)., list({t})"
    )
    for name in _FORMATS:
        lines += [f"format.{name}", f"  format.{name}: Format <-"]
    for wanted, text in ((stored, _NEWEST), (admission, ADMISSION)):
        if wanted:
            lines += [line for line in text.split("\n") if line]
    found: dict[str, list[Overload]] = {}
    _read(lines, found)
    return found
