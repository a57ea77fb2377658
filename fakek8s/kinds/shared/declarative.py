"""Declarative validation: checks that upstream generates from tags on its types.

They run after the hand-written rules of a kind. Where both find the same fault the
hand-written error gives way, so such faults stand at the end of a message. On updates what
did not change is not checked again.

Upstream: apimachinery pkg/api/validate, apiserver pkg/registry/rest/validate.go
(ValidateDeclarativelyWithMigrationChecks), pkg/apis/*/v1/zz_generated.validations.go. Alpha
checks show nothing, but one that stops (a changed immutable field) still stops those after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakek8s.machinery import causes, names
from fakek8s.machinery.causes import FieldError
from fakek8s.machinery.meta import IMMUTABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from fakek8s.kind import Operation, Rule

    #: A check of a value: (new, old or None, path, is it an update?) -> what is wrong.
    Node = Callable[[Any, Any, str, bool], Iterable[FieldError]]

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Marked(FieldError):
    """A field error that knows which check it comes from, by upstream's names of origins."""

    origin: str = ""
    covered: bool = False


def covered(error: FieldError, origin: str = "") -> Marked:
    """A hand-written error whose declarative twin takes its place."""
    return Marked(error.reason, error.field, error.body, origin, True)


def all_covered(errors: Iterable[FieldError], origin: str = "") -> Iterator[Marked]:
    """Each of them covered."""
    return (covered(error, origin) for error in errors)


def declaratively(*rules: Rule, node: Node) -> Rule:
    """The hand-written rules and the declarative checks as one rule."""

    def rule(obj: Object, op: Operation) -> Iterator[FieldError]:
        found = [error for each in rules for error in each(obj, op)]
        declared = list(node(obj, op.old, "", op.old is not None))
        known = {_identity(error) for error in declared}
        for error in found:
            if not (isinstance(error, Marked) and error.covered and _identity(error) in known):
                yield _plain(error)
        yield from map(_plain, declared)

    return rule


def _identity(error: FieldError) -> tuple[str, str, str]:
    return error.reason, error.field, error.origin if isinstance(error, Marked) else ""


def _plain(error: FieldError) -> FieldError:
    return FieldError(error.reason, error.field, error.body)


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a field; one that `stops` ends the field when it finds something."""

    run: Node
    stops: bool = False
    silent: bool = False


def fields(*nodes: Node) -> Node:
    """All of them, on the same value."""

    def run(new: Any, old: Any, path: str, update: bool) -> Iterator[FieldError]:
        for node in nodes:
            yield from node(new, old, path, update)

    return run


def same(new: Any, old: Any) -> bool:
    """Semantic equality: what is absent equals what is empty."""
    return bool(new == old or (not new and not old))


def field(name: str, *checks: Check | Node) -> Node:
    """A field of a struct: first the checks that stop, then the others."""
    found = [check if isinstance(check, Check) else Check(check) for check in checks]
    first = [check for check in found if check.stops]
    rest = [check for check in found if not check.stops]

    def run(new: Object, old: Object | None, path: str, update: bool) -> Iterator[FieldError]:
        value, before = new.get(name), None if old is None else old.get(name)
        if update and old is not None and same(value, before):
            return
        where = f"{path}.{name}" if path else name
        stop = False
        for check in first:
            if wrong := list(check.run(value, before, where, update)):
                stop = True
                if not check.silent:
                    yield from wrong
        if stop:
            return
        for check in rest:
            yield from check.run(value, before, where, update)

    return run


def each(node: Node, match: Callable[[Any, Any], bool] | None = None) -> Node:
    """Every item of a list; `match` finds an item's old self."""

    def run(new: Any, old: Any, path: str, update: bool) -> Iterator[FieldError]:
        for number, item in enumerate(new or ()):
            before = None
            if match is not None:
                before = next((other for other in old or () if match(other, item)), None)
            if update and before is not None and before == item:
                continue
            yield from node(item, before, f"{path}[{number}]", update)

    return run


def by(*keys: str) -> Callable[[Any, Any], bool]:
    """Items are the same if these fields are."""
    return lambda one, other: all(one.get(key) == other.get(key) for key in keys)


def equal(one: Any, other: Any) -> bool:
    """Items are the same if they are equal."""
    return bool(one == other)


def _optional(new: Any, old: Any, path: str, update: bool) -> Iterator[FieldError]:
    if new is None or new in ("", [], {}, 0):
        yield causes.required(path)


def _optional_pointer(new: Any, old: Any, path: str, update: bool) -> Iterator[FieldError]:
    if new is None:
        yield causes.required(path)


def _immutable(new: Any, old: Any, path: str, update: bool) -> Iterator[FieldError]:
    if update:
        yield Marked("FieldValueInvalid", path, f"Invalid value: null: {IMMUTABLE}", "immutable")


#: Nothing there is fine, and ends the field.
OPTIONAL = Check(_optional, stops=True, silent=True)
OPTIONAL_POINTER = Check(_optional_pointer, stops=True, silent=True)
REQUIRED = Check(_optional, stops=True)
REQUIRED_POINTER = Check(_optional_pointer, stops=True)
IMMUTABLE_FIELD = Check(_immutable, stops=True)
#: Upstream's alpha: reported by the hand-written rule alone.
IMMUTABLE_ALPHA = Check(_immutable, stops=True, silent=True)


def max_items(most: int) -> Check:
    """MaxItems."""

    def run(new: Any, old: Any, path: str, update: bool) -> Iterator[FieldError]:
        if len(new or ()) > most:
            error = causes.too_many(path, len(new), most)
            yield Marked(error.reason, error.field, error.body, "maxItems")

    return Check(run, stops=True)


def max_length(most: int) -> Node:
    """MaxLength, in characters."""

    def run(new: Any, old: Any, path: str, update: bool) -> Iterator[FieldError]:
        if len(new) > most:
            error = causes.too_long_characters(path, most)
            yield Marked(error.reason, error.field, error.body, "maxLength")

    return run


def max_bytes(most: int) -> Node:
    """MaxBytes."""

    def run(new: Any, old: Any, path: str, update: bool) -> Iterator[FieldError]:
        if names.byte_length(new) > most:
            error = causes.too_long(path, most)
            yield Marked(error.reason, error.field, error.body, "maxBytes")

    return run


def unique(match: Callable[[Any, Any], bool]) -> Node:
    """ValSliceUnique: a later item that matches an earlier one."""

    def run(new: Any, old: Any, path: str, update: bool) -> Iterator[FieldError]:
        items = new or []
        for number, item in enumerate(items):
            if any(match(other, item) for other in items[:number]):
                yield causes.duplicate(f"{path}[{number}]", item)

    return run


def enum(*values: str) -> Node:
    """Enum; the message lists the values in order of the alphabet."""

    def run(new: Any, old: Any, path: str, update: bool) -> Iterator[FieldError]:
        if new not in values:
            yield causes.not_supported(path, new, sorted(values))

    return run


def formatted(origin: str, problems: Callable[[str], Iterable[str]]) -> Node:
    """A string of a named format (`k8s-short-name`)."""

    def run(new: Any, old: Any, path: str, update: bool) -> Iterator[FieldError]:
        for problem in problems(new):
            error = causes.invalid(path, new, problem)
            yield Marked(error.reason, error.field, error.body, f"format={origin}")

    return run


SHORT_NAME = formatted("k8s-short-name", lambda text: names.is_dns1123_label(text, "bytes"))
LONG_NAME = formatted("k8s-long-name", lambda text: names.is_dns1123_subdomain(text, "bytes"))
LONG_NAME_CASELESS = formatted("k8s-long-name-caseless", names.is_dns1123_subdomain_caseless)
LABEL_KEY = formatted("k8s-label-key", names.is_qualified_name)
