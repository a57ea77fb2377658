"""An API server alone, and what it answers as JSON."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.threaded import ThreadedCluster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Read = Callable[..., Any]


@pytest.fixture(scope="session")
def described() -> Iterator[ThreadedCluster]:
    """A server without the prose that an extra package brings: recordings have none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fakek8s.api.descriptions.find_spec", lambda name: None, raising=False)
        with ThreadedCluster(profile="apiserver", tls=False) as cluster:
            account = {"metadata": {"name": "default"}}  # without it there are no pods
            cluster.run(lambda c: c.client.create("serviceaccounts", "default", account))
            yield cluster


@pytest.fixture
def read(described: ThreadedCluster) -> Read:
    """Reads a path as JSON; raises HTTPError."""

    def read(path: str, accept: str = "application/json") -> Any:
        headers = {"Authorization": f"Bearer {described.token}", "Accept": accept}
        request = urllib.request.Request(described.url + path, headers=headers)
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.load(response)

    return read
