"""Query parameters and option objects, read and checked as upstream's option types.

Sources: apimachinery pkg/apis/meta/internalversion (conversion and validation) and
pkg/apis/meta/v1/validation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.machinery import fields, labels
from fakek8s.machinery.causes import FieldError, forbidden, invalid, not_supported, required
from fakek8s.machinery.meta import field_manager_rules
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Kind

Object = dict[str, Any]
Query = dict[str, list[str]]

META = "meta.k8s.io"
_INTEGER = re.compile(r"[+-]?[0-9]+")
_PROPAGATION = ("Foreground", "Background", "Orphan", "nil")
#: Deletes what can't be read from storage, which here is nothing.
UNSAFE = "ignoreStoreReadErrorWithClusterBreakingPotential"
_NEVER_UNSAFE = ("propagationPolicy", "orphanDependents", "gracePeriodSeconds", "preconditions")
_VALIDATION = ("", "Ignore", "Strict", "Warn")
APPLY = "application/apply-patch+yaml"


def _first(query: Query, name: str) -> str:
    values = query.get(name)
    return values[0] if values else ""


def _integer(query: Query, name: str) -> int | None:
    """strconv.ParseInt's 64 bits; an absent parameter is unset."""
    values = query.get(name)
    if not values:
        return None
    text = values[0]
    if not _INTEGER.fullmatch(text):
        raise errors.bad_request(f"strconv.ParseInt: parsing {quote(text)}: invalid syntax")
    number = int(text)
    if not -(2**63) <= number < 2**63:
        raise errors.bad_request(f"strconv.ParseInt: parsing {quote(text)}: value out of range")
    return number


def _boolean(query: Query, name: str) -> bool | None:
    values = query.get(name)
    if not values:
        return None
    return values[0].lower() not in ("false", "0")


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOptions:
    """CreateOptions, UpdateOptions and PatchOptions."""

    dry_run: bool = False
    field_manager: str = ""
    field_validation: str = "Warn"
    force: bool | None = None

    def as_object(self, kind: str) -> Object:
        """The options as admission reviews show them."""
        found: Object = {"kind": kind, "apiVersion": "meta.k8s.io/v1"}
        if self.dry_run:
            found["dryRun"] = ["All"]
        if self.force is not None:
            found["force"] = self.force
        if self.field_manager:
            found["fieldManager"] = self.field_manager
        if self.field_validation != "Warn":
            found["fieldValidation"] = self.field_validation
        return found


def write_options(query: Query, kind: str, patch_type: str = "") -> WriteOptions:
    """Reads `kind` (CreateOptions, UpdateOptions, PatchOptions) from the query.

    `patch_type` is a patch's media type. Raises APIError 400 or 422.
    """
    if not query:
        if patch_type == APPLY:
            raise errors.invalid(kind, META, "", [_manager_required()])
        return _NO_WRITE_OPTIONS
    dry_run = query.get("dryRun", [])
    manager = _first(query, "fieldManager")
    validation = _first(query, "fieldValidation")
    force = _boolean(query, "force") if patch_type else None
    found: list[FieldError] = []
    if patch_type == APPLY:
        if not manager:
            found.append(_manager_required())
    elif force is not None:
        found.append(forbidden("force", "may not be specified for non-apply patch"))
    found += field_manager_rules(manager, "fieldManager")
    found += _dry_run_rules(dry_run)
    if validation not in _VALIDATION:
        found.append(not_supported("fieldValidation", validation, _VALIDATION))
    if found:
        raise errors.invalid(kind, META, "", found)
    return WriteOptions(
        dry_run=bool(dry_run),
        field_manager=manager,
        field_validation=validation or "Warn",
        force=force,
    )


_NO_WRITE_OPTIONS = WriteOptions()


def _manager_required() -> FieldError:
    return required("fieldManager", "is required for apply patch")


def _dry_run_rules(dry_run: list[str]) -> Iterator[FieldError]:
    if any(value != "All" for value in dry_run):
        yield not_supported("dryRun", dry_run, ("All",))


def delete_options(query: Query) -> Object:
    """DeleteOptions from the query, for deletions without a body; raises APIError 400."""
    found: Object = {}
    grace = _integer(query, "gracePeriodSeconds")
    if grace is not None:
        found["gracePeriodSeconds"] = grace
    orphan = _boolean(query, "orphanDependents")
    if orphan is not None:
        found["orphanDependents"] = orphan
    policy = query.get("propagationPolicy")
    if policy:
        found["propagationPolicy"] = policy[0]
    dry_run = query.get("dryRun")
    if dry_run:
        found["dryRun"] = dry_run
    # Convert_url_Values_To_v1_DeleteOptions
    wanted = {name: text for name in ("uid", "resourceVersion") if (text := _first(query, name))}
    if wanted:
        found["preconditions"] = wanted
    unsafe = _boolean(query, UNSAFE)
    if unsafe is not None:
        found[UNSAFE] = unsafe
    return found


def check_delete_options(options: Object, *, collection: bool = False) -> None:
    """ValidateDeleteOptions; raises APIError 422."""
    found: list[FieldError] = []
    policy = options.get("propagationPolicy")
    if policy is not None:
        if options.get("orphanDependents") is not None:
            text = "orphanDependents and deletionPropagation cannot be both set"
            found.append(invalid("propagationPolicy", policy, text))
        if policy not in _PROPAGATION[:3]:
            found.append(not_supported("propagationPolicy", policy, _PROPAGATION))
    found += _dry_run_rules(options.get("dryRun") or [])
    if options.get(UNSAFE):
        found += (
            invalid(UNSAFE, True, f"cannot be set together with .{name}")
            for name in _NEVER_UNSAFE
            if options.get(name) is not None
        )
        if collection and not found:
            text = "is not allowed with DELETECOLLECTION, try again after removing the option"
            found.append(invalid(UNSAFE, True, text))
    if found:
        raise errors.invalid("DeleteOptions", META, "", found)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOptions:
    """ListOptions of a list, a watch or a deletecollection."""

    label: labels.Selector | None = None
    field: fields.FieldSelector | None = None
    watch: bool = False
    bookmarks: bool = False
    resource_version: str = ""
    match: str = ""
    timeout_seconds: int | None = None
    limit: int = 0
    continue_token: str = ""
    send_initial_events: bool | None = None

    @property
    def selects(self) -> bool:
        """True when a selector leaves objects out."""
        return self.label is not None or self.field is not None


NO_LIST_OPTIONS = ListOptions()


def list_options(query: Query, kind: Kind, *, watch: bool) -> ListOptions:
    """Reads and checks ListOptions; raises APIError 400 or 422."""
    if not query and not watch:
        return NO_LIST_OPTIONS
    try:
        label = labels.parse(_first(query, "labelSelector"))
        selector = fields.parse(_first(query, "fieldSelector"))
    except ValueError as error:
        raise errors.bad_request(str(error)) from None
    version, match = _first(query, "resourceVersion"), _first(query, "resourceVersionMatch")
    initial = _boolean(query, "sendInitialEvents")
    if watch and initial is None and not match and version in ("", "0"):
        # SetListOptionsDefaults
        initial, match = True, "NotOlderThan"
    options = ListOptions(
        label=None if label.empty else label,
        field=None if selector.empty else selector,
        watch=watch,
        bookmarks=bool(_boolean(query, "allowWatchBookmarks")),
        resource_version=version,
        match=match,
        timeout_seconds=_integer(query, "timeoutSeconds"),
        limit=_integer(query, "limit") or 0,
        continue_token=_first(query, "continue"),
        send_initial_events=initial,
    )
    found = list(_watch_rules(options) if watch else _list_rules(options))
    if found:
        raise errors.invalid("ListOptions", META, "", found)
    if options.field is not None:
        for label_name, _, _ in options.field.requirements:
            check_field_label(kind, label_name)
    return options


def check_field_label(kind: Kind, label: str) -> None:
    """Refuses a field label that the kind does not know (ConvertFieldLabel)."""
    explicit = bool(kind.behaviour.selectable) or kind.custom
    if label == "metadata.name" or label in kind.behaviour.selectable:
        return
    if label == "metadata.namespace" and (
        (kind.namespaced and kind.behaviour.selects_namespace) or not explicit
    ):
        return
    if explicit:
        text = kind.behaviour.unselectable
        raise errors.bad_request(
            text.format(label=label, quoted=quote(label), version=kind.api_version)
        )
    raise errors.bad_request(
        f'{quote(label)} is not a known field selector: only "metadata.name", "metadata.namespace"'
    )


_MATCH = "resourceVersionMatch"


def _list_rules(options: ListOptions) -> Iterator[FieldError]:
    if options.match:
        if not options.resource_version:
            yield forbidden(
                _MATCH, "resourceVersionMatch is forbidden unless resourceVersion is provided"
            )
        if options.continue_token:
            yield forbidden(_MATCH, "resourceVersionMatch is forbidden when continue is provided")
        if options.match not in ("Exact", "NotOlderThan"):
            yield not_supported(_MATCH, options.match, ("Exact", "NotOlderThan", ""))
        if options.match == "Exact" and options.resource_version == "0":
            yield forbidden(
                _MATCH, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
            )
    if options.send_initial_events is not None:
        yield forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list")


def _watch_rules(options: ListOptions) -> Iterator[FieldError]:
    initial = options.send_initial_events
    if initial is not None and options.match != "NotOlderThan":
        yield forbidden(
            _MATCH, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        )
    if options.match:
        if initial is None:
            yield forbidden(
                _MATCH,
                "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
            )
        if options.match != "NotOlderThan":
            yield not_supported(_MATCH, options.match, ("NotOlderThan",))
        if options.continue_token:
            yield forbidden(_MATCH, "resourceVersionMatch is forbidden when continue is provided")


def parse_revision(text: str) -> int:
    """A resourceVersion as a number, "" being 0; raises ValueError in strconv's words."""
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"strconv.ParseUint: parsing {quote(text)}: invalid syntax")
    number = int(text)
    if number >= 2**64:
        raise ValueError(f"strconv.ParseUint: parsing {quote(text)}: value out of range")
    return number
