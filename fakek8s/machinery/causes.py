"""Field errors: what is wrong with one field, in upstream's words.

The texts are those of k8s.io/apimachinery/pkg/util/validation/field (`Error.ErrorBody`). A
path is a plain string (`spec.containers[0].name`, `data[key]`); `child`, `index` and `key`
build it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakek8s.machinery.printing import bad_value, quote

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class FieldError:
    """One cause of a 422: `reason` (FieldValueInvalid ...), the `field`, the text `body`."""

    reason: str
    field: str
    body: str

    @property
    def text(self) -> str:
        """`field: body`, as the message of the Status lists it."""
        return f"{self.field}: {self.body}"


def child(path: str, *names: str) -> str:
    """`path.name` (field.Path.Child); an empty path gives the bare name."""
    return ".".join((path, *names)) if path else ".".join(names)


def index(path: str, number: int) -> str:
    """`path[3]` (field.Path.Index)."""
    return f"{path}[{number}]"


def key(path: str, name: str) -> str:
    """`path[name]` (field.Path.Key)."""
    return f"{path}[{name}]"


def _with(text: str, detail: str) -> str:
    return f"{text}: {detail}" if detail else text


def invalid(path: str, value: Any, detail: str = "") -> FieldError:
    """field.Invalid."""
    return FieldError(
        "FieldValueInvalid", path, _with(f"Invalid value: {bad_value(value)}", detail)
    )


def invalid_unshown(path: str, detail: str) -> FieldError:
    """field.Invalid whose value is left out (field.OmitValueType)."""
    return FieldError("FieldValueInvalid", path, f"Invalid value: {detail}")


def type_invalid(path: str, value: Any, detail: str = "") -> FieldError:
    """field.TypeInvalid."""
    text = _with(f"Invalid value: {bad_value(value)}", detail)
    return FieldError("FieldValueTypeInvalid", path, text)


def required(path: str, detail: str = "") -> FieldError:
    """field.Required."""
    return FieldError("FieldValueRequired", path, _with("Required value", detail))


def not_found(path: str, value: Any) -> FieldError:
    """field.NotFound."""
    return FieldError("FieldValueNotFound", path, f"Not found: {bad_value(value)}")


def duplicate(path: str, value: Any) -> FieldError:
    """field.Duplicate."""
    return FieldError("FieldValueDuplicate", path, f"Duplicate value: {bad_value(value)}")


def not_supported(path: str, value: Any, supported: Iterable[str]) -> FieldError:
    """field.NotSupported; the caller gives the values in upstream's order (often sorted)."""
    values = ", ".join(quote(v) for v in supported)
    detail = f"supported values: {values}" if values else ""
    text = _with(f"Unsupported value: {bad_value(value)}", detail)
    return FieldError("FieldValueNotSupported", path, text)


def forbidden(path: str, detail: str = "") -> FieldError:
    """field.Forbidden."""
    return FieldError("FieldValueForbidden", path, _with("Forbidden", detail))


def _limit(maximum: int, unit: str) -> str:
    return f"may not be more than {maximum} {unit}{'' if maximum == 1 else 's'}"


def too_long(path: str, max_length: int) -> FieldError:
    """field.TooLong: the value itself is left out; lengths are in bytes."""
    detail = _limit(max_length, "byte") if max_length >= 0 else "value is too long"
    return FieldError("FieldValueTooLong", path, f"Too long: {detail}")


def too_long_characters(path: str, max_length: int) -> FieldError:
    """field.TooLongCharacters."""
    return FieldError("FieldValueTooLong", path, f"Too long: {_limit(max_length, 'character')}")


def too_short(path: str, min_length: int) -> FieldError:
    """field.TooShort."""
    unit = "character" if min_length == 1 else "characters"
    text = f"Too short: must be at least {min_length} {unit}"
    return FieldError("FieldValueTooShort", path, text)


def too_many(path: str, actual: int, maximum: int) -> FieldError:
    """field.TooMany."""
    items = "item" if maximum == 1 else "items"
    detail = f"must have at most {maximum} {items}" if maximum >= 0 else "has too many items"
    value = f": {actual}" if actual >= 0 else ""
    return FieldError("FieldValueTooMany", path, f"Too many{value}: {detail}")


def too_few(path: str, actual: int, minimum: int) -> FieldError:
    """field.TooFew."""
    items = "item" if minimum == 1 else "items"
    text = f"Too few: {actual}: must have at least {minimum} {items}"
    return FieldError("FieldValueTooFew", path, text)


def internal(path: str, why: str) -> FieldError:
    """field.InternalError."""
    return FieldError("InternalError", path, f"Internal error: {why}")
