"""Resource lists as numbers: sums, differences and comparisons by resource.

Source: apiserver pkg/quota/v1/resources.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.quantity import Quantity, parse

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

Amounts = dict[str, Quantity]
ZERO = Quantity(0)
ONE = Quantity(1)


def of(resources: Mapping[str, Any] | None) -> Amounts:
    """A resource list, parsed."""
    return {name: parse(text) for name, text in (resources or {}).items()}


def texts(amounts: Amounts) -> dict[str, str]:
    """The resource list that holds these amounts."""
    return {name: str(amount) for name, amount in sorted(amounts.items())}


def add(one: Amounts, other: Amounts) -> Amounts:
    """The sums by resource."""
    total = dict(one)
    for name, amount in other.items():
        total[name] = total[name] + amount if name in total else amount
    return total


def growth(new: Amounts, old: Amounts) -> Amounts:
    """SubtractWithNonNegativeResult without the zeros: what grew."""
    found = {name: amount - old.get(name, ZERO) for name, amount in new.items()}
    return {name: amount for name, amount in found.items() if amount.sign() > 0}


def mask(amounts: Amounts, names: Container[str]) -> Amounts:
    """Only these resources."""
    return {name: amount for name, amount in amounts.items() if name in names}


def pretty(amounts: Amounts) -> str:
    """`cpu=1,memory=2Gi`, as messages have it."""
    return ",".join(f"{name}={text}" for name, text in texts(amounts).items())
