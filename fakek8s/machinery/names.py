"""Which strings are valid names, keys, labels, ports and headers, in upstream's words.

Each `is_x(value)` gives the messages of what is wrong, an empty list if nothing is. Sources:
apimachinery pkg/util/validation, pkg/api/validate/content, pkg/api/validation. Where upstream
builds field errors the messages alone are given. Addresses come from `addresses`.

Upstream words its length limit in two ways: hand-written validation counts "characters",
declarative validation and label keys count "bytes". Both count bytes.
"""

from __future__ import annotations

import re
from typing import Literal

from fakek8s.machinery.addresses import is_cidr as is_cidr
from fakek8s.machinery.addresses import is_cidr_legacy as is_cidr_legacy
from fakek8s.machinery.addresses import is_interface_address as is_interface_address
from fakek8s.machinery.addresses import is_ip as is_ip
from fakek8s.machinery.addresses import is_ip_legacy as is_ip_legacy

Unit = Literal["characters", "bytes"]

_DNS1123_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_DNS1123_LABEL_UNDERSCORE = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_DNS1123_SUBDOMAIN = rf"{_DNS1123_LABEL}(\.{_DNS1123_LABEL})*"
_DNS1123_SUBDOMAIN_UNDERSCORE = rf"{_DNS1123_LABEL_UNDERSCORE}(\.{_DNS1123_LABEL_UNDERSCORE})*"
_DNS1035_LABEL = "[a-z]([-a-z0-9]*[a-z0-9])?"
_WILDCARD_SUBDOMAIN = rf"\*\.{_DNS1123_SUBDOMAIN}"
_LABEL_KEY = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE = f"({_LABEL_KEY})?"
_C_IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]*"
_ENV_VAR = "[-._a-zA-Z][-._a-zA-Z0-9]*"
_CONFIG_MAP_KEY = "[-._a-zA-Z0-9]+"
_HTTP_HEADER = "[-A-Za-z0-9]+"
_PERCENT = "[0-9]+%"
_HTTP_PATH = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"

_dns1123_label = re.compile(_DNS1123_LABEL).fullmatch
_dns1123_subdomain = re.compile(_DNS1123_SUBDOMAIN).fullmatch
_dns1123_subdomain_caseless = re.compile(_DNS1123_SUBDOMAIN, re.IGNORECASE | re.ASCII).fullmatch
_dns1123_subdomain_underscore = re.compile(_DNS1123_SUBDOMAIN_UNDERSCORE).fullmatch
_dns1035_label = re.compile(_DNS1035_LABEL).fullmatch
_wildcard_subdomain = re.compile(_WILDCARD_SUBDOMAIN).fullmatch
_label_key = re.compile(_LABEL_KEY).fullmatch
_label_value = re.compile(_LABEL_VALUE).fullmatch
_c_identifier = re.compile(_C_IDENTIFIER).fullmatch
_env_var = re.compile(_ENV_VAR).fullmatch
_relaxed_env_var = re.compile("[ -<>-~]*").fullmatch
_config_map_key = re.compile(_CONFIG_MAP_KEY).fullmatch
_http_header = re.compile(_HTTP_HEADER).fullmatch
_percent = re.compile(_PERCENT).fullmatch
_http_path = re.compile(_HTTP_PATH).fullmatch
_port_name_charset = re.compile("[-a-z0-9]+").fullmatch
_port_name_letter = re.compile("[a-z]").search


def byte_length(value: str) -> int:
    """Length as Go's len() counts it."""
    return len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))


def max_length_error(length: int, unit: Unit = "characters") -> str:
    """Too long (validation.MaxLenError, content.MaxLenError)."""
    return f"must be no more than {length} {unit}"


def regex_error(message: str, expression: str, *examples: str) -> str:
    """Does not match, with examples (validation.RegexError)."""
    if not examples:
        return f"{message} (regex used for validation is '{expression}')"
    shown = " or ".join(f"'{example}', " for example in examples)
    return f"{message} (e.g. {shown}regex used for validation is '{expression}')"


def inclusive_range_error(low: int, high: int) -> str:
    """Out of a range (validation.InclusiveRangeError)."""
    return f"must be between {low} and {high}, inclusive"


def mask_trailing_dash(name: str) -> str:
    """A generateName prefix made checkable as a whole name (api/validation.maskTrailingDash)."""
    return name[:-2] + "a" if len(name) > 1 and name.endswith("-") else name


_LABEL_MESSAGE = regex_error(
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and"
    " must start and end with an alphanumeric character",
    _DNS1123_LABEL,
    "my-name",
    "123-abc",
)
_SUBDOMAIN_MESSAGE = regex_error(
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or"
    " '.', and must start and end with an alphanumeric character",
    _DNS1123_SUBDOMAIN,
    "example.com",
)
_SUBDOMAIN_CASELESS_MESSAGE = regex_error(
    "an RFC 1123 subdomain must consist of alphanumeric characters, '-' or '.', and must start"
    " and end with an alphanumeric character",
    _DNS1123_SUBDOMAIN,
    "Example.com",
)
_SUBDOMAIN_UNDERSCORE_MESSAGE = regex_error(
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-'"
    " or '.', and must start and end with an alphanumeric character",
    _DNS1123_SUBDOMAIN_UNDERSCORE,
    "example.com",
)
_DNS1035_MESSAGE = regex_error(
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an"
    " alphabetic character, and end with an alphanumeric character",
    _DNS1035_LABEL,
    "my-name",
    "abc-123",
)
_WILDCARD_MESSAGE = regex_error(
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which"
    " must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric"
    " character",
    _WILDCARD_SUBDOMAIN,
    "*.example.com",
)
_LABEL_KEY_MESSAGE = regex_error(
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an"
    " alphanumeric character",
    _LABEL_KEY,
    "MyName",
    "my.name",
    "123-abc",
)
_LABEL_KEY_SLASHES_MESSAGE = (
    f"a valid label key {_LABEL_KEY_MESSAGE} with an optional DNS subdomain prefix and '/'"
    " (e.g. 'example.com/MyName')"
)
_LABEL_VALUE_MESSAGE = regex_error(
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or"
    " '.', and must start and end with an alphanumeric character",
    _LABEL_VALUE,
    "MyValue",
    "my_value",
    "12345",
)
_C_IDENTIFIER_MESSAGE = regex_error(
    "a valid C identifier must start with alphabetic character or '_', followed by a string of"
    " alphanumeric characters or '_'",
    _C_IDENTIFIER,
    "my_name",
    "MY_NAME",
    "MyName",
)
_ENV_VAR_MESSAGE = regex_error(
    "a valid environment variable name must consist of alphabetic characters, digits, '_', '-',"
    " or '.', and must not start with a digit",
    _ENV_VAR,
    "my.env-name",
    "MY_ENV.NAME",
    "MyEnvName1",
)
_RELAXED_ENV_VAR_MESSAGE = (
    "a valid environment variable name must consist only of printable ASCII characters other"
    " than '='"
)
_CONFIG_MAP_KEY_MESSAGE = regex_error(
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
    _CONFIG_MAP_KEY,
    "key.name",
    "KEY_NAME",
    "key-name",
)
_HTTP_HEADER_MESSAGE = regex_error(
    "a valid HTTP header must consist of alphanumeric characters or '-'",
    _HTTP_HEADER,
    "X-Header-Name",
)
_PERCENT_MESSAGE = regex_error(
    "a valid percent string must be a numeric string followed by an ending '%'",
    _PERCENT,
    "1%",
    "93%",
)
_HTTP_PATH_MESSAGE = regex_error("Invalid path", _HTTP_PATH)


def is_dns1123_label(value: str, unit: Unit = "characters") -> list[str]:
    """validation.IsDNS1123Label; with unit "bytes" content.IsDNS1123Label."""
    if len(value) <= 63 and _dns1123_label(value):
        return []
    errors = [max_length_error(63, unit)] if byte_length(value) > 63 else []
    if not _dns1123_label(value):
        errors.append("must not contain dots" if _dns1123_subdomain(value) else _LABEL_MESSAGE)
    return errors


def is_dns1123_label_prefix(value: str) -> list[str]:
    """A generateName for NameIsDNSLabel."""
    return is_dns1123_label(mask_trailing_dash(value))


def is_dns1123_subdomain(value: str, unit: Unit = "characters") -> list[str]:
    """validation.IsDNS1123Subdomain; with unit "bytes" content.IsDNS1123Subdomain."""
    if len(value) <= 253 and _dns1123_subdomain(value):
        return []
    errors = [max_length_error(253, unit)] if byte_length(value) > 253 else []
    if not _dns1123_subdomain(value):
        errors.append(_SUBDOMAIN_MESSAGE)
    return errors


def is_dns1123_subdomain_prefix(value: str) -> list[str]:
    """A generateName for NameIsDNSSubdomain."""
    return is_dns1123_subdomain(mask_trailing_dash(value))


def is_dns1123_subdomain_caseless(value: str, unit: Unit = "bytes") -> list[str]:
    """content.IsDNS1123SubdomainCaseless."""
    errors = [max_length_error(253, unit)] if byte_length(value) > 253 else []
    if not _dns1123_subdomain_caseless(value):
        errors.append(_SUBDOMAIN_CASELESS_MESSAGE)
    return errors


def is_dns1123_subdomain_with_underscore(value: str) -> list[str]:
    """validation.IsDNS1123SubdomainWithUnderscore."""
    errors = [max_length_error(253)] if byte_length(value) > 253 else []
    if not _dns1123_subdomain_underscore(value):
        errors.append(_SUBDOMAIN_UNDERSCORE_MESSAGE)
    return errors


def is_dns1035_label(value: str) -> list[str]:
    """validation.IsDNS1035Label."""
    errors = [max_length_error(63)] if byte_length(value) > 63 else []
    if not _dns1035_label(value):
        errors.append(_DNS1035_MESSAGE)
    return errors


def is_dns1035_label_prefix(value: str) -> list[str]:
    """A generateName for NameIsDNS1035Label."""
    return is_dns1035_label(mask_trailing_dash(value))


def is_wildcard_dns1123_subdomain(value: str) -> list[str]:
    """validation.IsWildcardDNS1123Subdomain."""
    errors = [max_length_error(253)] if byte_length(value) > 253 else []
    if not _wildcard_subdomain(value):
        errors.append(_WILDCARD_MESSAGE)
    return errors


def is_qualified_name(value: str) -> list[str]:
    """A label key: content.IsLabelKey, also known as IsQualifiedName."""
    prefix, slash, name = value.rpartition("/")
    if "/" in prefix:
        return [_LABEL_KEY_SLASHES_MESSAGE]
    errors: list[str] = []
    if slash and not prefix:
        errors.append("prefix part must be non-empty")
    elif slash:
        errors += [f"prefix part {error}" for error in is_dns1123_subdomain(prefix, "bytes")]
    if not name:
        errors.append("name part must be non-empty")
    elif byte_length(name) > 63:
        errors.append(f"name part {max_length_error(63, 'bytes')}")
    if not _label_key(name):
        errors.append(f"name part {_LABEL_KEY_MESSAGE}")
    return errors


def is_label_value(value: str) -> list[str]:
    """validation.IsValidLabelValue."""
    errors = [max_length_error(63, "bytes")] if byte_length(value) > 63 else []
    if not _label_value(value):
        errors.append(_LABEL_VALUE_MESSAGE)
    return errors


def is_c_identifier(value: str) -> list[str]:
    """validation.IsCIdentifier."""
    return [] if _c_identifier(value) else [_C_IDENTIFIER_MESSAGE]


def _parent_directory_errors(value: str) -> list[str]:
    if value in (".", ".."):
        return [f"must not be '{value}'"]
    return ["must not start with '..'"] if value.startswith("..") else []


def is_env_var_name(value: str) -> list[str]:
    """The strict form: validation.IsEnvVarName."""
    errors = [] if _env_var(value) else [_ENV_VAR_MESSAGE]
    return errors + _parent_directory_errors(value)


def is_relaxed_env_var_name(value: str) -> list[str]:
    """validation.IsRelaxedEnvVarName."""
    errors = [] if value else ["environment variable name must be non-empty"]
    if not _relaxed_env_var(value):
        errors.append(_RELAXED_ENV_VAR_MESSAGE)
    return errors


def is_config_map_key(value: str) -> list[str]:
    """validation.IsConfigMapKey."""
    errors = [max_length_error(253)] if byte_length(value) > 253 else []
    if not _config_map_key(value):
        errors.append(_CONFIG_MAP_KEY_MESSAGE)
    return errors + _parent_directory_errors(value)


def is_port_name(value: str) -> list[str]:
    """validation.IsValidPortName."""
    errors = [max_length_error(15)] if byte_length(value) > 15 else []
    if not _port_name_charset(value):
        errors.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not _port_name_letter(value):
        errors.append("must contain at least one letter (a-z)")
    if "--" in value:
        errors.append("must not contain consecutive hyphens")
    if value.startswith("-") or value.endswith("-"):
        errors.append("must not begin or end with a hyphen")
    return errors


def is_in_range(value: int, low: int, high: int) -> list[str]:
    """validation.IsInRange."""
    return [] if low <= value <= high else [inclusive_range_error(low, high)]


def is_port_num(value: int) -> list[str]:
    """validation.IsValidPortNum."""
    return is_in_range(value, 1, 65535)


def is_user_id(value: int) -> list[str]:
    """validation.IsValidUserID and IsValidGroupID."""
    return is_in_range(value, 0, 2**31 - 1)


def is_http_header_name(value: str) -> list[str]:
    """validation.IsHTTPHeaderName."""
    return [] if _http_header(value) else [_HTTP_HEADER_MESSAGE]


def is_percent(value: str) -> list[str]:
    """validation.IsValidPercent."""
    return [] if _percent(value) else [_PERCENT_MESSAGE]


def is_path_segment_prefix(value: str) -> list[str]:
    """content.IsPathSegmentPrefix: a generateName used as a path segment."""
    if "/" not in value and "%" not in value:
        return []
    return [f"may not contain '{part}'" for part in ("/", "%") if part in value]


def is_path_segment_name(value: str) -> list[str]:
    """content.IsPathSegmentName: a name used as a path segment."""
    return [f"may not be '{value}'"] if value in (".", "..") else is_path_segment_prefix(value)


REQUIRED = "Required value"
"""What the three functions below give for an empty value: a Required, not an Invalid."""


def is_fully_qualified_name(value: str) -> list[str]:
    """validation.IsFullyQualifiedName: at least three segments."""
    if not value:
        return [REQUIRED]
    if errors := is_dns1123_subdomain(value):
        return [",".join(errors)]
    if value.count(".") < 2:
        return ["should be a domain with at least three segments separated by dots"]
    return []


def is_fully_qualified_domain_name(value: str) -> list[str]:
    """validation.IsFullyQualifiedDomainName: at least two segments, each a label."""
    if not value:
        return [REQUIRED]
    value = value.removesuffix(".")
    if errors := is_dns1123_subdomain(value):
        return [",".join(errors)]
    if "." not in value:
        return ["should be a domain with at least two segments separated by dots"]
    for label in value.split("."):
        if errors := is_dns1123_label(label):
            return [",".join(errors)]
    return []


def is_domain_prefixed_path(value: str) -> list[str]:
    """validation.IsDomainPrefixedPath, such as acme.io/foo.

    Upstream reports the host or the path alone as the bad value; callers that print it split at
    the first slash themselves.
    """
    if not value:
        return [REQUIRED]
    host, _, path = value.partition("/")
    if not host or not path:
        return ['must be a domain-prefixed path (such as "acme.io/foo")']
    errors = is_dns1123_subdomain(host)
    return errors if _http_path(path) else [*errors, _HTTP_PATH_MESSAGE]
