"""What a claim asks for: requests, constraints between them, configuration.

Upstream: pkg/apis/resource/validation validateResourceClaimSpec, pkg/apis/resource/v1
defaults.go, pkg/api/resourceclaimspec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.resource.naming import (
    FULLY_QUALIFIED_NAME,
    fully_qualified_name_rules,
    label_rules,
)
from fakek8s.kinds.resource.selectors import expression_rules
from fakek8s.kinds.resource.taints import DECLARED_TOLERATION, toleration_rules
from fakek8s.kinds.shared.declarative import (
    LONG_NAME,
    LONG_NAME_CASELESS,
    OPTIONAL,
    OPTIONAL_POINTER,
    REQUIRED,
    by,
    covered,
    each,
    enum,
    equal,
    field,
    fields,
    max_items,
    max_length,
    unique,
)
from fakek8s.kinds.storage.names import driver_name_rules
from fakek8s.machinery import names
from fakek8s.machinery.causes import (
    duplicate,
    forbidden,
    invalid,
    not_supported,
    required,
    too_long,
    too_many,
)
from fakek8s.machinery.printing import json_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fakek8s.kind import Operation
    from fakek8s.kinds.shared.declarative import Node
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

#: Names of requests, each with those of its subrequests.
RequestNames = dict[str, frozenset[str]]

_MOST = 32  # requests, constraints, configurations, selectors
_MOST_ALTERNATIVES = 8
PARAMETERS_LENGTH = 10 * 1024
_MODES = ("All", "ExactCount")
ADMIN_LABEL = "resource.kubernetes.io/admin-access"
_NOT_A_REQUEST = (
    "must be the name of a request in the claim or the name of a request and a subrequest "
    "separated by '/'"
)
_EXACTLY_ONE = "exactly one of `exactly` or `firstAvailable` is required"


def wanted_devices(spec: Object) -> Iterator[Object]:
    """Each exact request and each alternative."""
    for request in (spec.get("devices") or {}).get("requests") or ():
        if request.get("exactly") is not None:
            yield request["exactly"]
        yield from request.get("firstAvailable") or ()


def default_spec(spec: Object) -> None:
    """SetDefaults_ExactDeviceRequest and its neighbours."""
    for wanted in wanted_devices(spec):
        if not wanted.get("allocationMode"):
            wanted["allocationMode"] = "ExactCount"
        if wanted["allocationMode"] == "ExactCount" and not wanted.get("count"):
            wanted["count"] = 1
        default_tolerations(wanted)


def default_tolerations(holder: Object) -> None:
    """The operator of the tolerations of a request, or of what it was given."""
    for toleration in holder.get("tolerations") or ():
        if not toleration.get("operator"):
            toleration["operator"] = "Equal"


def drop_disabled(spec: Object) -> None:
    """DropDisabledFields: derived attributes are off in 1.37."""
    for wanted in wanted_devices(spec):
        wanted.pop("derivedAttributes", None)


def admin_rules(spec: Object, op: Operation) -> Iterator[FieldError]:
    """AuthorizedForAdmin: only some namespaces may look into devices that others use."""
    for number, request in enumerate((spec.get("devices") or {}).get("requests") or ()):
        if (request.get("exactly") or {}).get("adminAccess"):
            path = f"spec.devices.requests[{number}].adminAccess"
            yield from namespace_rules(path, op)
            return


def namespace_rules(path: str, op: Operation) -> Iterator[FieldError]:
    """The label that allows admin access."""
    namespace = op.reader.get("namespaces", "", op.namespace) or {"metadata": {}}
    if (namespace["metadata"].get("labels") or {}).get(ADMIN_LABEL) != "true":
        text = f"admin access to devices requires the `{ADMIN_LABEL}: true` label on the "
        yield forbidden(path, f"{text}containing namespace")


def limited(
    items: list[Any] | None,
    most: int,
    check: Callable[[Any, str], Iterator[FieldError]],
    path: str,
    key: Callable[[Any], Any] | None = None,
    *,
    declared: bool = True,
) -> Iterator[FieldError]:
    """validateSlice, or with a key validateSet; `declared` if size and keys are covered."""
    items = items or []
    if 0 <= most < len(items):
        error = too_many(path, len(items), most)
        yield covered(error, "maxItems") if declared else error
        return
    for number, item in enumerate(items):
        yield from check(item, f"{path}[{number}]")
    seen: list[Any] = []
    for number, item in enumerate(items if key else ()):
        assert key is not None
        found = key(item)
        if found in seen:
            error = duplicate(f"{path}[{number}]", found)
            yield covered(error) if declared else error
        seen.append(found)


def _name_of(item: Object) -> str:
    return str(item.get("name", ""))


def itself(item: Any) -> Any:
    """The key of items that are their own."""
    return item


def request_names(spec: Object) -> RequestNames:
    """gatherRequestNames."""
    return {
        request.get("name", ""): frozenset(map(_name_of, request.get("firstAvailable") or ()))
        for request in (spec.get("devices") or {}).get("requests") or ()
    }


def spec_rules(spec: Object, path: str) -> Iterator[FieldError]:
    """validateDeviceClaim."""
    devices, where = spec.get("devices") or {}, f"{path}.devices"
    known = request_names(spec)

    def constraint(item: Object, at: str) -> Iterator[FieldError]:
        yield from _constraint_rules(item, at, known)

    def configuration(item: Object, at: str) -> Iterator[FieldError]:
        yield from reference_list_rules(item.get("requests"), f"{at}.requests", known)
        yield from configuration_rules(item, at)

    requests, constraints = devices.get("requests"), devices.get("constraints")
    yield from limited(requests, _MOST, _request_rules, f"{where}.requests", _name_of)
    yield from limited(constraints, _MOST, constraint, f"{where}.constraints")
    yield from limited(devices.get("config"), _MOST, configuration, f"{where}.config")


def _request_rules(request: Object, path: str) -> Iterator[FieldError]:
    """validateDeviceRequest."""
    exactly, alternatives = request.get("exactly"), request.get("firstAvailable")
    yield from label_rules(request.get("name", ""), f"{path}.name")
    if exactly is not None and alternatives:
        yield invalid(path, None, f"{_EXACTLY_ONE}, but multiple fields are set")
    elif alternatives:
        where = f"{path}.firstAvailable"
        yield from limited(alternatives, _MOST_ALTERNATIVES, _alternative_rules, where, _name_of)
    elif exactly is not None:
        yield from _class_rules(exactly, f"{path}.exactly")
        yield from _wanted_rules(exactly, f"{path}.exactly")
    else:
        yield required(path, _EXACTLY_ONE)


def _alternative_rules(request: Object, path: str) -> Iterator[FieldError]:
    """validateDeviceSubRequest."""
    yield from label_rules(request.get("name", ""), f"{path}.name")
    for wrong in _class_rules(request, path):
        yield covered(wrong, "" if wrong.reason == "FieldValueRequired" else "format=k8s-long-name")
    yield from _wanted_rules(request, path)


def _class_rules(request: Object, path: str) -> Iterator[FieldError]:
    name, where = request.get("deviceClassName", ""), f"{path}.deviceClassName"
    if not name:
        yield required(where)
    for message in names.is_dns1123_subdomain(name) if name else ():
        yield invalid(where, name, message)


def _wanted_rules(request: Object, path: str) -> Iterator[FieldError]:
    """What exact requests and alternatives share."""
    yield from selector_rules(request.get("selectors"), f"{path}.selectors")
    mode, count = request.get("allocationMode", ""), request.get("count", 0)
    if mode == "All":
        if count:
            text = "must not be specified when allocationMode is 'All'"
            yield invalid(f"{path}.count", count, text)
    elif mode == "ExactCount":
        if count <= 0:
            yield invalid(f"{path}.count", count, "must be greater than zero")
    else:
        yield covered(not_supported(f"{path}.allocationMode", mode, _MODES))
    yield from toleration_rules(request.get("tolerations"), f"{path}.tolerations")


def selector_rules(
    selectors: list[Object] | None, path: str, *, stored: bool = False
) -> Iterator[FieldError]:
    """validateSelectorSlice."""
    rules = _stored_selector_rules if stored else _selector_rules
    return limited(selectors, _MOST, rules, path)


def _selector_rules(selector: Object, path: str) -> Iterator[FieldError]:
    cel = selector.get("cel")
    if cel is None:
        yield required(f"{path}.cel")
    else:
        yield from expression_rules(cel.get("expression", ""), f"{path}.cel.expression")


def _stored_selector_rules(selector: Object, path: str) -> Iterator[FieldError]:
    """Of selectors that were there before, and compiled then."""
    if selector.get("cel") is None:
        yield required(f"{path}.cel")


def _constraint_rules(constraint: Object, path: str, known: RequestNames) -> Iterator[FieldError]:
    """validateDeviceConstraint."""
    yield from reference_list_rules(constraint.get("requests"), f"{path}.requests", known)
    for name in ("matchAttribute", "distinctAttribute"):
        attribute = constraint.get(name)
        if attribute is not None:
            yield from fully_qualified_name_rules(attribute, f"{path}.{name}")
            return
    text = (
        'exactly one of "matchAttribute" or "distinctAttribute" is required, '
        "but multiple fields are set"
    )
    yield required(path, text)


def reference_list_rules(
    references: list[str] | None, path: str, known: RequestNames
) -> Iterator[FieldError]:
    """Requests that something is about."""

    def check(reference: str, at: str) -> Iterator[FieldError]:
        yield from reference_rules(reference, at, known)

    return limited(references, _MOST, check, path, itself)


def reference_rules(reference: str, path: str, known: RequestNames) -> Iterator[FieldError]:
    """validateRequestNameRef."""
    parts = reference.split("/")
    if len(parts) > 2:
        yield invalid(path, reference, _NOT_A_REQUEST)
        return
    for part in parts:
        yield from label_rules(part, path)
    found = known.get(parts[0])
    if found is None or (len(parts) == 2 and parts[1] not in found):
        yield invalid(path, reference, _NOT_A_REQUEST)


def configuration_rules(config: Object, path: str) -> Iterator[FieldError]:
    """validateDeviceConfiguration."""
    opaque = config.get("opaque")
    if opaque is None:
        yield required(f"{path}.opaque")
        return
    yield from driver_name_rules(opaque.get("driver", ""), f"{path}.opaque.driver")
    where = f"{path}.opaque.parameters"
    yield from raw_rules(opaque.get("parameters"), where, PARAMETERS_LENGTH)


def raw_rules(value: Any, path: str, most: int) -> Iterator[FieldError]:
    """validateRawExtension."""
    if value is None:
        yield required(path)
    elif names.byte_length(json_text(value)) > most:
        yield too_long(path, most)
    elif not isinstance(value, dict):
        yield invalid(path, "<value omitted>", "must be a valid JSON object")


_SELECTORS: Node = field("selectors", OPTIONAL, max_items(_MOST))
_WANTED_NODE: Node = fields(
    _SELECTORS,
    field("allocationMode", OPTIONAL, enum(*_MODES)),
    field("tolerations", OPTIONAL, each(DECLARED_TOLERATION)),
)
DECLARED_REFERENCES: Node = field("requests", OPTIONAL, max_items(_MOST), unique(equal))
DECLARED_CONFIGURATION: Node = field(
    "opaque",
    OPTIONAL_POINTER,
    field("driver", REQUIRED, LONG_NAME_CASELESS, max_length(63)),
)
#: Validate_DeviceClass's own part.
DECLARED_CLASS: Node = fields(
    _SELECTORS, field("config", OPTIONAL, max_items(_MOST), each(DECLARED_CONFIGURATION))
)
#: Validate_ResourceClaimSpec.
DECLARED_SPEC: Node = field(
    "devices",
    fields(
        field(
            "requests",
            OPTIONAL,
            max_items(_MOST),
            unique(by("name")),
            each(
                fields(
                    field("exactly", OPTIONAL_POINTER, _WANTED_NODE),
                    field(
                        "firstAvailable",
                        OPTIONAL,
                        max_items(_MOST_ALTERNATIVES),
                        unique(by("name")),
                        each(
                            fields(field("deviceClassName", REQUIRED, LONG_NAME), _WANTED_NODE),
                            by("name"),
                        ),
                    ),
                ),
                by("name"),
            ),
        ),
        field(
            "constraints",
            OPTIONAL,
            max_items(_MOST),
            each(
                fields(
                    DECLARED_REFERENCES,
                    field("matchAttribute", OPTIONAL_POINTER, FULLY_QUALIFIED_NAME),
                    field("distinctAttribute", OPTIONAL_POINTER, FULLY_QUALIFIED_NAME),
                )
            ),
        ),
        field(
            "config",
            OPTIONAL,
            max_items(_MOST),
            each(fields(DECLARED_REFERENCES, DECLARED_CONFIGURATION)),
        ),
    ),
)
