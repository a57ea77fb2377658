"""The pytest plugin, in test runs of its own."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest
from cryptography import x509  # noqa: F401  # what is in Rust does not stand to be imported twice
from cryptography.hazmat.primitives.asymmetric import ec  # noqa: F401

import fakek8s.threaded  # noqa: F401  # once for all runs: each forgets what it imports

if TYPE_CHECKING:
    from collections.abc import Callable

    Passes = Callable[[str, int], None]

pytest_plugins = ["pytester"]

INI = """
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
filterwarnings = error
"""
HEADER = """
import asyncio, json, urllib.request
import pytest

def call(cluster, path, body=None):
    request = urllib.request.Request(
        cluster.url + path,
        headers={"Authorization": f"Bearer {cluster.token}", "Content-Type": "application/json"},
        data=body and json.dumps(body).encode(),
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)

def names(cluster, path):
    return [item["metadata"]["name"] for item in call(cluster, path)["items"]]

MAPS = "/api/v1/namespaces/default/configmaps"
NODES = "/api/v1/nodes"
alone = pytest.mark.fakek8s(profile="apiserver", tls=False)
"""


@pytest.fixture(autouse=True)
def _configured(pytester: pytest.Pytester) -> None:
    pytester.makeini(INI)


@pytest.fixture
def passes(pytester: pytest.Pytester) -> Passes:
    """Runs a file of tests, all of which have to pass."""

    def run(tests: str, count: int) -> None:
        pytester.makepyfile(HEADER + textwrap.dedent(tests))
        outcome = pytester.runpytest_inprocess("--strict-markers", "-p", "no:cacheprovider")
        outcome.assert_outcomes(passed=count)

    return run


def test_each_test_has_a_cluster_of_its_own(passes: Passes) -> None:
    passes(
        """
        SEEN = []

        @alone
        @pytest.mark.parametrize("turn", [1, 2])
        def test_alone(fakek8s_cluster, turn):
            assert names(fakek8s_cluster, MAPS) == []
            call(fakek8s_cluster, MAPS, {"metadata": {"name": "mine"}})
            SEEN.append(fakek8s_cluster.url + fakek8s_cluster.token)
            assert len(set(SEEN)) == turn
        """,
        2,
    )


def test_a_session_has_one_for_all(passes: Passes) -> None:
    passes(
        """
        URLS = set()

        @pytest.mark.parametrize("turn", [1, 2])
        def test_shared(fakek8s_session_cluster, turn):
            cluster = fakek8s_session_cluster
            cluster.run(lambda c: c.client.create(
                "configmaps", "default", {"metadata": {"name": f"turn-{turn}"}}))
            URLS.add(cluster.url)
            assert len(URLS) == 1
            held = cluster.run(_maps)
            assert {f"turn-{n}" for n in range(1, turn + 1)} <= held

        async def _maps(cluster):
            return {o["metadata"]["name"] for o in (await cluster.client.list("configmaps"))[0]}
        """,
        2,
    )


def test_sync_and_async_tests_use_it_alike(passes: Passes) -> None:
    passes(
        """
        @alone
        def test_sync(fakek8s_cluster):
            assert "default" in names(fakek8s_cluster, "/api/v1/namespaces")

        @alone
        async def test_async(fakek8s_cluster):
            found = await asyncio.to_thread(names, fakek8s_cluster, "/api/v1/namespaces")
            assert "default" in found
        """,
        2,
    )


def test_a_marker_says_what_the_cluster_is_like(passes: Passes) -> None:
    passes(
        """
        @pytest.mark.fakek8s(nodes=3, tls=False)
        def test_nodes(fakek8s_cluster):
            assert len(names(fakek8s_cluster, NODES)) == 3

        @alone
        def test_alone(fakek8s_cluster):
            assert names(fakek8s_cluster, NODES) == []

        @pytest.mark.fakek8s(profile="apiserver", tls=False)
        class TestTogether:
            def test_inherits(self, fakek8s_cluster):
                assert names(fakek8s_cluster, NODES) == []

        def test_unmarked(fakek8s_cluster):
            assert fakek8s_cluster.url.startswith("https://")
        """,
        4,
    )


def test_settings_that_there_are_not_fail_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.fakek8s(nodez=3)
        def test_it(fakek8s_cluster): ...
        """
    )
    outcome = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    outcome.assert_outcomes(errors=1)
    outcome.stdout.fnmatch_lines(["*unexpected keyword argument 'nodez'*"])


def test_the_plugin_costs_nothing_until_it_is_used(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_it():
            assert "fakek8s.pytest_plugin" in sys.modules
            assert "aiohttp" not in sys.modules
            assert "fakek8s.cluster" not in sys.modules
        """
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
