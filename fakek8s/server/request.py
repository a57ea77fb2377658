"""What a request asks for: its path as a value, parsed once; nothing later looks at the URL.

The legal forms are those of upstream's RequestInfoFactory (apiserver
pkg/endpoints/request/requestinfo.go):

    /api/{version}/{resource}[/{name}[/{subresource}...]]
    /api/{version}/namespaces/{namespace}/{resource}[/{name}[/{subresource}...]]
    /api/{version}/watch/...                        (deprecated; verb watch)
    /apis/{group}/{version}/...                     (the same three under a group)
    anything else                                   (a non-resource path; verb = method)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fakek8s.auth.user import User
    from fakek8s.errors import APIError
    from fakek8s.kind import Kind

Object = dict[str, Any]
Query = dict[str, list[str]]

#: HTTP method -> verb on an object or a subresource.
METHOD_VERBS = {
    "GET": "get",
    "HEAD": "get",
    "POST": "create",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}
#: Below a namespace these are subresources of the namespace itself.
_NAMESPACE_SUBRESOURCES = frozenset({"status", "finalize"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestInfo:
    """One request as authorization and dispatch see it."""

    method: str
    path: str
    is_resource: bool
    #: get, list, watch, create, update, patch, delete, deletecollection; the lower-case method
    #: for non-resource paths.
    verb: str
    group: str = ""
    version: str = ""
    namespace: str = ""
    #: Whether the path names a namespace, if only an empty one.
    within: bool = False
    resource: str = ""
    subresource: str = ""
    name: str = ""
    #: Path parts from the resource on: what follows a proxy subresource, for example.
    parts: tuple[str, ...] = ()
    #: Whether the path has the old form of a watch.
    watching: bool = False
    #: What is wrong with a path that means nothing.
    problem: str = ""


def truth(query: Query, name: str) -> bool:
    """A boolean query parameter as upstream converts it: all but "0" and "false" is true,
    even the bare `?watch` (runtime.Convert_Slice_string_To_bool)."""
    values = query.get(name)
    return values is not None and values != [] and values[0].lower() not in ("false", "0")


def parse(method: str, parts: list[str], path: str, query: Query) -> RequestInfo:
    """The request's meaning. `parts` are the decoded path segments in order.

    Pure; unknown groups and resources are the dispatcher's to refuse.
    """
    if len(parts) >= 2 and parts[0] == "api":
        group, rest = "", parts[2:]
        version = parts[1]
    elif len(parts) >= 3 and parts[0] == "apis":
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return RequestInfo(method=method, path=path, is_resource=False, verb=method.lower())
    if not rest:
        return RequestInfo(
            method=method,
            path=path,
            is_resource=False,
            verb=method.lower(),
            group=group,
            version=version,
        )
    if rest in (["watch"], ["proxy"]):
        problem = "unable to determine kind and namespace from url"
        return RequestInfo(
            method=method, path=path, is_resource=False, verb=method.lower(), problem=problem
        )
    verb = METHOD_VERBS.get(method, "")
    watching = rest[0] == "watch" and len(rest) > 1
    proxied = rest[0] == "proxy"
    if watching or proxied:
        # The old forms of watches and proxies; nobody serves the latter, but it is authorized.
        verb, rest = rest[0], rest[1:]
    namespace, within = "", False
    if rest and rest[0] == "namespaces" and len(rest) > 1:
        namespace = rest[1]
        if len(rest) > 2 and rest[2] not in _NAMESPACE_SUBRESOURCES:
            within, rest = True, rest[2:]
    resource = rest[0] if rest else ""
    name = rest[1] if len(rest) > 1 else ""
    subresource = rest[2] if len(rest) > 2 and not proxied else ""
    if not name and verb == "get" and not watching:
        verb = "watch" if truth(query, "watch") else "list"
        name = _named_by_field(query)
    elif not name and verb == "delete":
        verb = "deletecollection"
    return RequestInfo(
        method=method,
        path=path,
        is_resource=True,
        verb=verb,
        group=group,
        version=version,
        namespace=namespace,
        within=within,
        watching=watching,
        resource=resource,
        subresource=subresource,
        name=name,
        parts=tuple(rest),
    )


def _named_by_field(query: Query) -> str:
    """The one name that a list or watch asks for by `metadata.name=x`, for authorization."""
    for selector in query.get("fieldSelector", ()):
        for term in selector.split(","):
            label, _, value = term.partition("=")
            if label == "metadata.name" and value:
                return value.removeprefix("=")
    return ""


# A tuple, as there is one for each write; see Event.
class Decoded(NamedTuple):
    """A body as an object: canonical, of the type it names; strict errors are the caller's."""

    object: Object
    api_version: str
    kind: str
    strict_errors: tuple[str, ...] = ()
    #: What it is refused with once these are told: it is of another version than the path.
    refusal: APIError | None = None


class Body(Protocol):
    """A request's body before anybody looked at it; authorization comes first."""

    #: The media type without parameters, "" if none was sent.
    content_type: str

    def decode(self, api_version: str, kind: str, *, strict: bool) -> Decoded:
        """The object; `api_version` and `kind` (of the path) fill what the body leaves out.

        Raises APIError: 400 in the decoder's words, 415 for a type that is not spoken.
        """

    def decode_options(self, kind: str) -> Object:
        """DeleteOptions and the like: any of their registered groups is accepted."""

    def raw(self) -> bytes:
        """The bytes as sent (patches)."""

    @property
    def empty(self) -> bool:
        """True when no bytes were sent."""


# Not frozen, which would double what it takes to make one for each request. The door fills in the
# body once it is read; nobody else edits it.
@dataclass(slots=True, kw_only=True)
class Request:
    """One request as a door hands it to the chain."""

    info: RequestInfo
    #: What authentication found; None = credentials that nobody accepts (401).
    user: User | None
    query: Query = field(default_factory=dict)
    #: Impersonate-User, Impersonate-Uid, Impersonate-Group, Impersonate-Extra-*: header names
    #: in lower case -> their values.
    impersonate: Mapping[str, list[str]] = field(default_factory=dict)
    user_agent: str = ""
    body: Body | None = None
    #: For connect subresources: the door's own request object, never looked at by the chain.
    connection: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A resource request resolved against the catalogue."""

    kind: Kind
    subresource: str
