"""What the schema validator finds wrong, in kube-openapi's words, and its form as a cause.

Errors with a name keep their place; those without (oneOf, anyOf, not, number ranges) fall to the
place that validation started from, which for a whole object prints as `<nil>`.
Upstream: kube-openapi pkg/validation/errors; apiextensions kubeOpenAPIResultToFieldErrors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery import causes
from fakek8s.machinery.printing import json_text
from fakek8s.machinery.wire.canonical import sorted_copy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakek8s.machinery.causes import FieldError

__all__ = ["NOWHERE", "Failure", "invalid_pointer", "place", "shown"]

#: How upstream prints the path of no field at all.
NOWHERE: Final = "<nil>"


def shown(value: Any) -> Any:
    """A value as Go prints it: maps in the order of their keys."""
    return sorted_copy(value) if isinstance(value, (dict, list)) else value


def invalid_pointer(path: str, value: Any, detail: str) -> FieldError:
    """field.Invalid of a Go pointer, which prints as JSON, strings too."""
    body = f"Invalid value: {json_text(shown(value))}: {detail}"
    return causes.FieldError("FieldValueInvalid", path, body)


def place(path: str) -> str:
    """The path of a cause; no path at all prints as `<nil>`."""
    return path or NOWHERE


@dataclass(frozen=True, slots=True)
class Failure:
    """One error. name: where (None: no place of its own); code: what about, see `cause`.

    limit: the bound of tooLong, maxItems; values: what an enum allows.
    """

    text: str
    name: str | None
    code: str = ""
    value: Any = None
    limit: int = -1
    values: Sequence[Any] = ()

    def cause(self, base: str) -> FieldError:
        """The cause of a 422 for a validation that started at `base`."""
        if self.name is None:
            return causes.invalid(place(base), "", self.text)
        path = base
        if self.name and self.name != ".":
            path = causes.child(base, self.name.removeprefix("."))
        path = place(path)
        if self.code == "required":
            return causes.required(path)
        if self.code == "enum":
            allowed = [v if isinstance(v, str) else json_text(shown(v)) for v in self.values]
            return causes.not_supported(path, shown(self.value), allowed)
        if self.code == "tooLong":
            return causes.too_long(path, self.limit)
        if self.code == "tooMany":
            return causes.too_many(path, self.value, self.limit)
        value = "" if self.value is None else shown(self.value)
        make = causes.type_invalid if self.code == "type" else causes.invalid
        return make(path, value, self.text)


def wrong_type(path: str, wanted: str, value: str) -> Failure:
    """errors.InvalidType: value is the text of the wrong value, or the type it has."""
    from fakek8s.machinery.printing import quote

    text = f"{path} in body must be of type {wanted}: {quote(value)}"
    return Failure(text, path, "type", value)
