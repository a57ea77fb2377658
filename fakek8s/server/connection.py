"""What admission is shown of a connection: its options, read from the query.

Upstream: apiserver pkg/endpoints/handlers/rest.go (ConnectResource), core/v1 conversion of
PodExecOptions and its like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.server.request import truth

if TYPE_CHECKING:
    from fakek8s.server.request import Query

Object = dict[str, Any]

_SWITCHES = ("stdin", "stdout", "stderr", "tty")


def connect_options(api_version: str, kind: str, query: Query, rest: tuple[str, ...]) -> Object:
    """The options object of a connect subresource; `rest` is the path behind it."""
    found: Object = {"kind": kind, "apiVersion": api_version}
    if kind in ("PodExecOptions", "PodAttachOptions"):
        found |= {name: True for name in _SWITCHES if truth(query, name)}
        if query.get("container", [""])[0]:
            found["container"] = query["container"][0]
    if kind == "PodExecOptions":
        found["command"] = query.get("command")
    if kind == "PodPortForwardOptions" and query.get("ports"):
        found["ports"] = [int(port) for port in query["ports"] if port.isdecimal()]
    if rest:
        found["path"] = "/" + "/".join(rest)
    return found
