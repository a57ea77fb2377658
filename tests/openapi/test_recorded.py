"""What the server says of itself is what the recorded one said; each difference is listed here.

- `serverAddressByClientCIDRs` of `/api` tells the server's own address.
- Answers have descriptions ("OK"), which OpenAPI demands and recordings leave out as prose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.facts import load_facts

if TYPE_CHECKING:
    from fakek8s.threaded import ThreadedCluster

    from .conftest import Read

FACTS = load_facts()
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
METHODS = {"get", "put", "post", "delete", "options", "head", "patch"}


def without_phrases(document: dict[str, Any]) -> dict[str, Any]:
    """A document whose answers are not described; fails where one was not before."""
    for item in document["paths"].values():
        for method in METHODS & item.keys():
            for answer in item[method].get("responses", {}).values():
                assert answer.pop("description"), item
    return document


@pytest.mark.parametrize("path", sorted(FACTS.discovery_legacy))
def test_discovery_is_as_recorded(read: Read, described: ThreadedCluster, path: str) -> None:
    found, recorded = read(path), FACTS.discovery_legacy[path]
    if path == "/api":
        (address,) = found.pop("serverAddressByClientCIDRs")
        assert address["serverAddress"] == described.url.removeprefix("http://")
        recorded = {k: v for k, v in recorded.items() if k != "serverAddressByClientCIDRs"}
    assert found == recorded


@pytest.mark.parametrize("path", ["/api", "/apis"])
def test_aggregated_discovery_is_as_recorded(read: Read, path: str) -> None:
    assert read(path, AGGREGATED) == FACTS.discovery_aggregated[path]


def test_openapi_v2_is_as_recorded(read: Read) -> None:
    found = without_phrases(read("/openapi/v2"))
    recorded = FACTS.openapi_v2
    assert found["definitions"].keys() == recorded["definitions"].keys()
    for name, definition in recorded["definitions"].items():
        assert found["definitions"][name] == definition, name
    for path, item in recorded["paths"].items():
        assert found["paths"][path] == item, path
    assert found == recorded


def test_openapi_v3_has_the_recorded_documents(read: Read) -> None:
    index = read("/openapi/v3")["paths"]
    assert index.keys() == FACTS.openapi_v3.keys()
    for path, entry in index.items():
        assert entry["serverRelativeURL"].startswith(f"/openapi/v3/{path}?hash=")


@pytest.mark.parametrize("path", sorted(FACTS.openapi_v3))
def test_openapi_v3_documents_are_as_recorded(read: Read, path: str) -> None:
    assert without_phrases(read(f"/openapi/v3/{path}")) == FACTS.openapi_v3[path]
