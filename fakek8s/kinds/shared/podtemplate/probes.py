"""Probes and lifecycle handlers of a container.

Upstream: pkg/apis/core/validation validateHandler, validateProbe, validateLifecycle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery import names
from fakek8s.machinery.causes import forbidden, invalid, not_supported, required
from fakek8s.machinery.rules import non_negative

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_NUMBERS = (
    "initialDelaySeconds",
    "timeoutSeconds",
    "periodSeconds",
    "successThreshold",
    "failureThreshold",
)


def probe_rules(container: Object, path: str, grace: int | None) -> Iterator[FieldError]:
    """The liveness, readiness and startup probes, in that order."""
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = container.get(name)
        if probe is None:
            continue
        where = f"{path}.{name}"
        yield from _probe_rules(probe, where, grace)
        if name == "readinessProbe":
            if (seconds := probe.get("terminationGracePeriodSeconds")) is not None:
                yield invalid(
                    f"{where}.terminationGracePeriodSeconds",
                    seconds,
                    "must not be set for readinessProbes",
                )
        elif (threshold := probe.get("successThreshold", 0)) != 1:
            yield invalid(f"{where}.successThreshold", threshold, "must be 1")


def _probe_rules(probe: Object, path: str, grace: int | None) -> Iterator[FieldError]:
    yield from handler_rules(probe, path, grace, ("exec", "httpGet", "tcpSocket", "grpc"))
    for name in _NUMBERS:
        yield from non_negative(probe.get(name), f"{path}.{name}")
    seconds = probe.get("terminationGracePeriodSeconds")
    if seconds is not None and seconds <= 0:
        yield invalid(f"{path}.terminationGracePeriodSeconds", seconds, "must be greater than 0")


def handler_rules(
    handler: Object, path: str, grace: int | None, kinds: tuple[str, ...]
) -> Iterator[FieldError]:
    """validateHandler over the handler types that this place knows."""
    found = 0
    for kind in kinds:
        action = handler.get(kind)
        if action is None:
            continue
        where = f"{path}.{kind}"
        if found:
            yield forbidden(where, "may not specify more than 1 handler type")
            continue
        found += 1
        if kind == "exec":
            if not action.get("command"):
                yield required(f"{where}.command")
        elif kind == "httpGet":
            yield from _http_get_rules(action, where)
        elif kind == "sleep":
            yield from _sleep_rules(action, where, grace)
        else:
            yield from port_rules(action.get("port", 0), f"{where}.port")
    if not found:
        yield required(path, "must specify a handler type")


def _http_get_rules(action: Object, path: str) -> Iterator[FieldError]:
    if not action.get("path"):
        yield required(f"{path}.path")
    yield from port_rules(action.get("port", 0), f"{path}.port")
    scheme = action.get("scheme", "")
    if scheme not in ("HTTP", "HTTPS"):
        yield not_supported(f"{path}.scheme", scheme, ("HTTP", "HTTPS"))
    for header in action.get("httpHeaders") or ():
        name = header.get("name", "")
        for message in names.is_http_header_name(name):
            yield invalid(f"{path}.httpHeaders", name, message)


def _sleep_rules(action: Object, path: str, grace: int | None) -> Iterator[FieldError]:
    seconds = action.get("seconds", 0)
    if grace is not None and not 0 <= seconds <= grace:
        detail = f"must be non-negative and less than terminationGracePeriodSeconds ({grace})"
        yield invalid(path, seconds, detail)


def port_rules(port: Any, path: str) -> Iterator[FieldError]:
    """ValidatePortNumOrName."""
    messages = names.is_port_name(port) if isinstance(port, str) else names.is_port_num(port)
    for message in messages:
        yield invalid(path, port, message)


def lifecycle_rules(lifecycle: Object, path: str, grace: int | None) -> Iterator[FieldError]:
    """validateLifecycle."""
    for name in ("postStart", "preStop"):
        if (handler := lifecycle.get(name)) is not None:
            kinds = ("exec", "httpGet", "tcpSocket", "sleep")
            yield from handler_rules(handler, f"{path}.{name}", grace, kinds)
