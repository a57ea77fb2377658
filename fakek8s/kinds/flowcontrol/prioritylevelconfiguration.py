"""PriorityLevelConfigurations: how many requests of a level run at once, and who waits.

Upstream: pkg/registry/flowcontrol/prioritylevelconfiguration, pkg/apis/flowcontrol/validation
ValidatePriorityLevelConfiguration, pkg/apis/flowcontrol/v1 defaults.go.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour
from fakek8s.kinds.flowcontrol.flowschema import condition_rules
from fakek8s.kinds.flowcontrol.mandatory import fixed_level
from fakek8s.kinds.shared import cells, doors
from fakek8s.kinds.shared.declarative import (
    OPTIONAL_POINTER,
    REQUIRED,
    covered,
    declaratively,
    field,
    fields,
    same,
)
from fakek8s.kinds.shared.internalform import internal_form
from fakek8s.kinds.shared.metadata import finalizer_names, first_generation
from fakek8s.kinds.shared.status import ALL, status
from fakek8s.machinery.causes import FieldError, forbidden, invalid, not_supported, required
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.kinds.shared.declarative import Node

Object = dict[str, Any]

_QUEUING = (("handSize", 8), ("queues", 64), ("queueLengthLimit", 50))
_MOST_QUEUES = 10_000_000
_HASH_BITS = 60
_RESPONSES = ("Queue", "Reject")
_TYPES = ("Exempt", "Limited")
_ROUND_TRIP = "flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares"
_PERCENT = "must be between 0 and 100, inclusive"


def default_spec(obj: Object) -> None:
    """SetDefaults_LimitedPriorityLevelConfiguration and its neighbours."""
    spec = obj.setdefault("spec", {})
    for name, shares in (("exempt", 0), ("limited", 30)):
        part = spec.get(name)
        if part is not None:
            if part.get("nominalConcurrencyShares") is None:
                part["nominalConcurrencyShares"] = shares
            if part.get("lendablePercent") is None:
                part["lendablePercent"] = 0
    queuing = ((spec.get("limited") or {}).get("limitResponse") or {}).get("queuing")
    if queuing is not None:
        for name, value in _QUEUING:
            if not queuing.get(name):
                queuing[name] = value


def annotation_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """An annotation that only an older version may carry."""
    if _ROUND_TRIP in (obj["metadata"].get("annotations") or {}):
        yield forbidden("metadata.annotations", f"annotation '{_ROUND_TRIP}' is forbidden")


def spec_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidatePriorityLevelConfigurationSpec."""
    spec, name = obj["spec"], obj["metadata"].get("name", "")
    kind, limited, exempt = spec.get("type", ""), spec.get("limited"), spec.get("exempt")
    if (name == "exempt") != (kind == "Exempt"):
        text = "must be 'Exempt' if and only if `name` is 'exempt'"
        yield invalid("spec.type", kind, text)
    if kind == "Exempt":
        if limited is not None:
            text = "must be nil if the type is not Limited"
            yield covered(forbidden("spec.limited", text))
        if exempt is not None:
            yield from _share_rules(exempt, "spec.exempt")
            yield from _lending_rules(exempt, "spec.exempt")
    elif kind == "Limited":
        if exempt is not None:
            yield covered(forbidden("spec.exempt", "must be nil if the type is Limited"))
        if limited is None:
            text = "must not be empty when type is Limited"
            yield covered(required("spec.limited", text))
        else:
            yield from _limited_rules(limited, "spec.limited")
    elif not kind:
        yield covered(required("spec.type"))
    else:
        yield not_supported("spec.type", kind, _TYPES)


def _share_rules(part: Object, path: str) -> Iterator[FieldError]:
    shares = part.get("nominalConcurrencyShares")
    if shares is not None and shares < 0:
        text = "must be a non-negative integer"
        yield invalid(f"{path}.nominalConcurrencyShares", shares, text)


def _lending_rules(part: Object, path: str) -> Iterator[FieldError]:
    percent = part.get("lendablePercent")
    if percent is not None and not 0 <= percent <= 100:
        yield invalid(f"{path}.lendablePercent", percent, _PERCENT)


def _limited_rules(limited: Object, path: str) -> Iterator[FieldError]:
    """ValidateLimitedPriorityLevelConfiguration."""
    yield from _share_rules(limited, path)
    yield from _response_rules(limited.get("limitResponse") or {}, f"{path}.limitResponse")
    yield from _lending_rules(limited, path)
    percent = limited.get("borrowingLimitPercent")
    if percent is not None and percent < 0:
        text = "if specified, must be a non-negative integer"
        yield invalid(f"{path}.borrowingLimitPercent", percent, text)


def _response_rules(response: Object, path: str) -> Iterator[FieldError]:
    """ValidateLimitResponse."""
    kind, queuing, where = response.get("type", ""), response.get("queuing"), f"{path}.queuing"
    if kind == "Reject":
        if queuing is not None:
            text = "must be nil if limited.limitResponse.type is not Limited"
            yield covered(forbidden(where, text))
    elif kind == "Queue":
        if queuing is None:
            text = "must not be empty if limited.limitResponse.type is Limited"
            yield covered(required(where, text))
        else:
            yield from _queuing_rules(queuing, where)
    elif not kind:
        yield covered(required(f"{path}.type"))
    else:
        yield not_supported(f"{path}.type", kind, _RESPONSES)


def _queuing_rules(queuing: Object, path: str) -> Iterator[FieldError]:
    """ValidatePriorityLevelQueuingConfiguration."""
    limit, queues, hand = (
        queuing.get(name, 0) for name in ("queueLengthLimit", "queues", "handSize")
    )
    if limit <= 0:
        yield invalid(f"{path}.queueLengthLimit", limit, "must be positive")
    if queues <= 0:
        yield invalid(f"{path}.queues", queues, "must be positive")
    elif queues > _MOST_QUEUES:
        yield invalid(f"{path}.queues", queues, f"must not be greater than {_MOST_QUEUES}")
    if hand <= 0:
        yield invalid(f"{path}.handSize", hand, "must be positive")
    elif hand > queues:
        text = f"should not be greater than queues ({queues})"
        yield invalid(f"{path}.handSize", hand, text)
    elif math.ceil(math.log2(queues) * hand) > _HASH_BITS:
        text = (
            f"required entropy bits of deckSize {queues} and handSize {hand} "
            f"should not be greater than {_HASH_BITS}"
        )
        yield invalid(f"{path}.handSize", hand, text)


def mandatory_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateIfMandatoryPriorityLevelConfigurationObject."""
    spec, name = obj["spec"], obj["metadata"].get("name", "")
    fixed = fixed_level(name)
    if fixed is None:
        return
    text = f"spec of '{name}' must equal the fixed value"
    have = spec
    if name == "exempt":
        text = f"spec of '{name}' except the 'spec.exempt' field must equal the fixed value"
        have = {**spec, "exempt": fixed["exempt"]}
    if not same(have, fixed):
        yield invalid("spec", internal_form(spec, op.kind, "spec"), text)


def level_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, Type, NominalConcurrencyShares, Queues, HandSize, QueueLengthLimit, Age."""
    limited = obj["spec"].get("limited")
    shares: Any = cells.NONE
    queuing = None
    if limited is not None:
        shares = limited.get("nominalConcurrencyShares", 0)
        queuing = (limited.get("limitResponse") or {}).get("queuing")
    queue: list[Any] = [cells.NONE] * 3
    if queuing is not None:
        queue = [queuing.get(name, 0) for name in ("queues", "handSize", "queueLengthLimit")]
    return [
        obj["metadata"].get("name", ""),
        obj["spec"].get("type", ""),
        shares,
        *queue,
        cells.age(obj, now),
    ]


def _member(name: str, needed: str, *, must: bool) -> Node:
    """Discriminated: a part that only goes with one type, and that this one may demand."""

    def run(new: Object, old: Object | None, path: str, update: bool) -> Iterator[FieldError]:
        value, kind, where = new.get(name), new.get("type", ""), f"{path}.{name}"
        if update and old is not None and kind == old.get("type", "") and value == old.get(name):
            return
        if kind == needed:
            if must and value is None:
                yield required(where)
        elif value is not None:
            yield forbidden(where)

    return run


#: Validate_PriorityLevelConfiguration.
DECLARED = field(
    "spec",
    fields(
        _member("exempt", "Exempt", must=False),
        _member("limited", "Limited", must=True),
        field("type", REQUIRED),
        field(
            "limited",
            OPTIONAL_POINTER,
            field(
                "limitResponse",
                fields(_member("queuing", "Queue", must=True), field("type", REQUIRED)),
            ),
        ),
    ),
)

KIND = Behaviour(
    group="flowcontrol.apiserver.k8s.io",
    plural="prioritylevelconfigurations",
    defaults=(default_spec,),
    name=subdomain_name,
    generation=True,
    main=doors.main(
        prepare=(first_generation,),
        rules=(
            declaratively(
                finalizer_names,
                annotation_rules,
                spec_rules,
                mandatory_rules,
                condition_rules,
                node=DECLARED,
            ),
        ),
    ),
    status=status(rules=(condition_rules,), keeps=ALL),
    cells=level_cells,
)
