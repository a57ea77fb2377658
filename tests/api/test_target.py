"""Targets are read as Go's net/url and upstream's router read them."""

from __future__ import annotations

import pytest

from fakek8s.api.route import leads_nowhere, resolve
from fakek8s.api.target import BadTarget, parse_query, parse_target


def test_a_path_is_decoded_before_it_is_split() -> None:
    assert parse_target("/api/v1/a%2Fb").parts == ["api", "v1", "a", "b"]
    assert parse_target("/api/v1/%2e%2e").parts == ["api", "v1", ".."]
    assert parse_target("/api/v1/a+b%20c").parts == ["api", "v1", "a+b c"]


def test_trailing_slashes_do_not_count() -> None:
    assert parse_target("/api/v1//").parts == ["api", "v1"]
    assert parse_target("/").parts == []


@pytest.mark.parametrize(
    "target",
    [
        "//api/v1",
        "/api//v1",
        "/apis//apps/v1",
        "/api/v1//pods",
        "/api/v1/namespaces/default//x",
        "/api/v1/namespaces/default/pods/x//log",
        "/api/v1/watch//pods",
    ],
)
def test_no_route_has_empty_segments(target: str) -> None:
    assert leads_nowhere(*resolve("GET", target))


@pytest.mark.parametrize(
    "target",
    [
        "/api/v1/namespaces//pods",
        "/api/v1/watch/namespaces//pods/x",
        "/api/v1/namespaces//status",
        "/api/v1/namespaces//pods//log",
        "/apis/apps/v1/namespaces/default/deployments//scale",
    ],
)
def test_namespaces_and_names_may_be_empty(target: str) -> None:
    assert parse_target(target).empty
    assert not leads_nowhere(*resolve("GET", target))


def test_what_is_behind_a_proxy_may_be_empty() -> None:
    found = parse_target("/api/v1/namespaces/default/services/kubernetes:443/proxy//version")
    assert not found.empty
    assert found.parts[-3:] == ["proxy", "", "version"]


def test_an_absolute_target_is_its_path() -> None:
    assert parse_target("http://host:80/api?a=b").parts == ["api"]


@pytest.mark.parametrize("target", ["/api/%zz", "/api/%4", "api", "*"])
def test_malformed_targets_are_refused(target: str) -> None:
    with pytest.raises(BadTarget):
        parse_target(target)


def test_query_values_keep_their_order_and_malformed_pairs_are_dropped() -> None:
    assert parse_query("a=1&b&a=2&c=%zz&d=x+y&e=1;f=2&=g") == {
        "a": ["1", "2"],
        "b": [""],
        "d": ["x y"],
        "": ["g"],
    }
