"""Which level of the Pod Security Standards a namespace's labels ask for, and in which version.

Source: k8s.io/pod-security-admission api/helpers.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakek8s.machinery.causes import FieldError, invalid, key

if TYPE_CHECKING:
    from collections.abc import Mapping

PRIVILEGED, BASELINE, RESTRICTED = "privileged", "baseline", "restricted"
#: From lax to strict.
LEVELS = (PRIVILEGED, BASELINE, RESTRICTED)
LATEST = 1 << 31

_PREFIX = "pod-security.kubernetes.io/"
_VERSION = re.compile(r"v1\.([0-9]|[1-9][0-9]*)")
_MAX_INT64 = 2**63 - 1
_LEVEL_ERROR = f"must be one of {', '.join(LEVELS)}"
_VERSION_ERROR = 'must be "latest" or "v1.x"'


@dataclass(frozen=True, slots=True)
class Standard:
    """A level in the version of one minor release of Kubernetes."""

    level: str = PRIVILEGED
    minor: int = LATEST

    def __str__(self) -> str:
        version = "latest" if self.minor == LATEST else f"v1.{self.minor}"
        return f"{self.level}:{version}"


@dataclass(frozen=True, slots=True)
class Policy:
    """What is refused, what is audited and what is warned of."""

    enforce: Standard = Standard()
    audit: Standard = Standard()
    warn: Standard = Standard()


NOTHING = Policy()


def asks(labels: Mapping[str, Any]) -> bool:
    """Whether any of these labels is about Pod Security: most namespaces have none."""
    for name in labels:  # noqa: SIM110 - every pod passes here: a generator would double it
        if name.startswith(_PREFIX):
            return True
    return False


def policy_of(labels: Mapping[str, Any] | None) -> tuple[Policy, list[FieldError]]:
    """PolicyToEvaluate: the policy, as strict as it can be read, and what is wrong with it."""
    if not labels or not asks(labels):
        return NOTHING, []
    wrong: list[FieldError] = []
    enforce = _standard(labels, "enforce", RESTRICTED, wrong)
    audit = _standard(labels, "audit", PRIVILEGED, wrong)
    warn = _standard(labels, "warn", PRIVILEGED, wrong)
    given = labels.get(f"{_PREFIX}enforce") in LEVELS
    if given and f"{_PREFIX}warn" not in labels and enforce.level != PRIVILEGED:
        own_version = f"{_PREFIX}warn-version" in labels
        warn = Standard(enforce.level, warn.minor if own_version else enforce.minor)
    return Policy(enforce, audit, warn), wrong


def _standard(
    labels: Mapping[str, Any], mode: str, otherwise: str, wrong: list[FieldError]
) -> Standard:
    level, minor = PRIVILEGED, LATEST
    name = _PREFIX + mode
    text = labels.get(name)
    if text is not None:
        level = text if text in LEVELS else otherwise
        if text not in LEVELS:
            wrong.append(_invalid(name, text, _LEVEL_ERROR))
    name = f"{_PREFIX}{mode}-version"
    text = labels.get(name)
    if text is not None and text != "latest":
        match = _VERSION.fullmatch(text)
        if match is None or int(match[1]) > _MAX_INT64:
            wrong.append(_invalid(name, text, _VERSION_ERROR))
        else:
            minor = int(match[1])
    return Standard(level, minor)


def _invalid(name: str, value: str, why: str) -> FieldError:
    return invalid(key("metadata.labels", name), value, why)
