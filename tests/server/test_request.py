"""Paths to requests: every legal form, and what authorization will see of it."""

from __future__ import annotations

import pytest

from fakek8s.server.request import Query, RequestInfo, parse


def info(method: str, path: str, query: Query | None = None) -> RequestInfo:
    return parse(method, [part for part in path.split("/") if part], path, query or {})


@pytest.mark.parametrize(
    ("method", "path", "query", "verb", "where"),
    [
        ("GET", "/api/v1/pods", {}, "list", ("", "v1", "", "pods", "", "")),
        ("GET", "/api/v1/namespaces/a/pods", {}, "list", ("", "v1", "a", "pods", "", "")),
        ("GET", "/api/v1/namespaces/a/pods/p", {}, "get", ("", "v1", "a", "pods", "", "p")),
        ("GET", "/api/v1/namespaces/a/pods/p/log", {}, "get", ("", "v1", "a", "pods", "log", "p")),
        ("POST", "/apis/apps/v1/namespaces/a/deployments", {}, "create",
         ("apps", "v1", "a", "deployments", "", "")),
        ("DELETE", "/apis/apps/v1/namespaces/a/deployments", {}, "deletecollection",
         ("apps", "v1", "a", "deployments", "", "")),
        ("GET", "/api/v1/namespaces", {}, "list", ("", "v1", "", "namespaces", "", "")),
        ("GET", "/api/v1/namespaces/a", {}, "get", ("", "v1", "a", "namespaces", "", "a")),
        ("PUT", "/api/v1/namespaces/a/finalize", {}, "update",
         ("", "v1", "a", "namespaces", "finalize", "a")),
        ("GET", "/api/v1/pods", {"watch": ["true"]}, "watch", ("", "v1", "", "pods", "", "")),
        ("GET", "/api/v1/pods", {"watch": [""]}, "watch", ("", "v1", "", "pods", "", "")),
        ("GET", "/api/v1/pods", {"watch": ["0"]}, "list", ("", "v1", "", "pods", "", "")),
        ("GET", "/api/v1/watch/namespaces/a/pods/p", {}, "watch",
         ("", "v1", "a", "pods", "", "p")),
        ("GET", "/api/v1/proxy/namespaces/a/pods/p/x", {}, "proxy",
         ("", "v1", "a", "pods", "", "p")),
        ("GET", "/api/v1/pods", {"fieldSelector": ["metadata.name=p"]}, "list",
         ("", "v1", "", "pods", "", "p")),
    ],
)  # fmt: skip
def test_a_resource_path_means(
    method: str, path: str, query: Query, verb: str, where: tuple[str, ...]
) -> None:
    found = info(method, path, query)
    assert found.is_resource
    assert found.verb == verb
    assert where == (
        found.group,
        found.version,
        found.namespace,
        found.resource,
        found.subresource,
        found.name,
    )


@pytest.mark.parametrize("path", ["/version", "/api", "/api/v1", "/apis/apps/v1", "/healthz/etcd"])
def test_other_paths_are_asked_for_by_method(path: str) -> None:
    found = info("GET", path)
    assert not found.is_resource
    assert (found.verb, found.path) == ("get", path)
