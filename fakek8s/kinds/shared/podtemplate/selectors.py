"""Label selectors as fields of an object: which ones are well-formed.

Upstream: apimachinery pkg/apis/meta/v1/validation (ValidateLabelSelector).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery import names
from fakek8s.machinery.causes import forbidden, invalid, required
from fakek8s.machinery.labels import SelectorError, from_label_selector
from fakek8s.machinery.meta import label_rules

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

VALUES_REQUIRED = "must be specified when `operator` is 'In' or 'NotIn'"
NOT_AN_OPERATOR = "not a valid selector operator"
VALUES_FORBIDDEN = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"


def label_key_rules(key: str, path: str) -> Iterator[FieldError]:
    """ValidateLabelName."""
    for message in names.is_qualified_name(key):
        yield invalid(path, key, message)


def label_selector_rules(
    selector: Object | None, path: str, *, any_value: bool = False
) -> Iterator[FieldError]:
    """ValidateLabelSelector; `any_value` lets label values be anything."""
    if not selector:
        return
    yield from label_rules(selector.get("matchLabels"), f"{path}.matchLabels")
    for number, requirement in enumerate(selector.get("matchExpressions") or ()):
        where = f"{path}.matchExpressions[{number}]"
        yield from requirement_rules(requirement, where, any_value)


def requirement_rules(
    requirement: Object, path: str, any_value: bool, ordered: Collection[str] = ()
) -> Iterator[FieldError]:
    """ValidateLabelSelectorRequirement; operators that are `ordered` compare with one value."""
    operator = requirement.get("operator", "")
    values = requirement.get("values") or ()
    if operator in ("In", "NotIn"):
        if not values:
            yield required(f"{path}.values", VALUES_REQUIRED)
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            yield forbidden(f"{path}.values", VALUES_FORBIDDEN)
    elif operator in ordered:
        if len(values) != 1:
            detail = "must be specified single value when `operator` is 'Lt' or 'Gt'"
            yield required(f"{path}.values", detail)
    else:
        yield invalid(f"{path}.operator", operator, NOT_AN_OPERATOR)
    yield from label_key_rules(requirement.get("key", ""), f"{path}.key")
    if not any_value:
        for number, value in enumerate(values):
            for message in names.is_label_value(value):
                yield invalid(f"{path}.values[{number}]", value, message)


def selector_matches(selector: Object | None, labels: Object) -> bool:
    """Whether labels match a LabelSelector: none matches nothing, an empty one everything.

    A selector that is not well-formed matches nothing.
    """
    try:
        return from_label_selector(selector).matches(labels)
    except SelectorError:
        return False
