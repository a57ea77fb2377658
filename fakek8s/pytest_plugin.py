"""The pytest plugin: a fresh cluster for each test, or one for the whole session.

Both live in a thread of their own, so that sync and async tests use them alike. Settings come
from a marker:

    @pytest.mark.fakek8s(profile="apiserver")
    def test_operator(fakek8s_cluster): ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.threaded import ThreadedCluster


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker."""
    config.addinivalue_line(
        "markers", "fakek8s(**settings): settings of this test's fakek8s_cluster"
    )


@pytest.fixture
def fakek8s_cluster(request: pytest.FixtureRequest) -> Iterator[ThreadedCluster]:
    """A fresh, isolated cluster for this test; settings by `@pytest.mark.fakek8s(...)`."""
    from fakek8s.threaded import ThreadedCluster

    marker = request.node.get_closest_marker("fakek8s")
    with ThreadedCluster(**(marker.kwargs if marker else {})) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def fakek8s_session_cluster() -> Iterator[ThreadedCluster]:
    """One cluster for the whole session; tests keep apart by namespaces."""
    from fakek8s.threaded import ThreadedCluster

    with ThreadedCluster() as cluster:
        yield cluster
