"""Request lines: what a method and a path mean together, and what a path may leave out."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from fakek8s import errors
from fakek8s.api.target import Target, parse_target
from fakek8s.machinery.timestamps import DurationError, parse_duration
from fakek8s.server.request import METHOD_VERBS, RequestInfo, parse

if TYPE_CHECKING:
    from fakek8s.kind import Kind

#: Longer request targets are read anew each time.
_REMEMBERED: Final = 256
#: Subresources whose requests last (genericapiserver BasicLongRunningRequestCheck).
LONG_RUNNING: Final = frozenset({"attach", "exec", "proxy", "log", "portforward"})


def resolve(method: str, raw_path: str) -> tuple[Target, RequestInfo]:
    """What a request line means; clients repeat themselves. Raises BadTarget."""
    read = _resolved if len(raw_path) < _REMEMBERED else _resolved.__wrapped__
    return read(method, raw_path)


@lru_cache(maxsize=4096)
def _resolved(method: str, raw_path: str) -> tuple[Target, RequestInfo]:
    target = parse_target(raw_path)
    return target, parse(method, target.parts, target.path, target.query)


def leads_nowhere(target: Target, info: RequestInfo) -> bool:
    """Whether an empty segment stands where no route has one: all but namespace and name."""
    version = slice(1, 2) if target.parts[0] == "api" else slice(1, 3)
    return target.empty and (
        "" in target.parts[version] or not info.resource or "" in info.parts[2:]
    )


def check_scope(info: RequestInfo, kind: Kind) -> None:
    """What a path with an empty namespace or name lacks; raises APIError 400, 404 or 405.

    Upstream: ContextBasedNaming.Name, genericregistry.NamespaceKeyFunc.
    """
    if kind.custom:  # routed by hand, where nothing fits
        raise errors.generic(404)
    if info.subresource and not info.name:
        facts = kind.subresources.get(info.subresource)
        if facts is not None and METHOD_VERBS.get(info.method) not in facts.verbs:
            raise errors.generic(405)
        raise errors.bad_request("name must be provided")
    if kind.namespaced and info.name and not info.namespace:
        raise errors.namespace_required()


def check_timeout(info: RequestInfo, text: str) -> None:
    """Refuses a `timeout` that is no duration (endpoints/filters WithRequestDeadline), which
    counts for what ends soon; raises APIError 400."""
    if not text or info.verb == "watch" or info.subresource in LONG_RUNNING:
        return
    try:
        parse_duration(text)
    except DurationError as error:
        why = f"invalid timeout specified in the request URL - {error}"
        raise errors.bad_request(why) from None


def is_misplaced(kind: Kind, info: RequestInfo) -> bool:
    """Whether a custom resource is asked for where its scope does not have it (crdHandler)."""
    if not kind.custom:
        return False
    if kind.namespaced:
        return not info.namespace and info.verb not in ("list", "watch")
    return bool(info.namespace)
