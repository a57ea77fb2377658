"""Clusters as context managers: in the caller's loop and in a thread of their own."""

from __future__ import annotations

import asyncio
import base64
import http.client
import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import yaml

from fakek8s.clock import VirtualClock
from fakek8s.cluster import Cluster
from fakek8s.settings import Settings
from fakek8s.threaded import ThreadedCluster

from .conftest import get

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMESPACES = "/api/v1/namespaces"


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def _kubeconfig(path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    config = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    return config["clusters"][0]["cluster"], config["users"][0]["user"]


async def test_its_client_and_its_address_lead_to_the_same_objects() -> None:
    async with Cluster(profile="apiserver", tls=False) as cluster:
        await cluster.client.create("namespaces", "", {"metadata": {"name": "made"}})
        headers = {"Authorization": f"Bearer {cluster.token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(f"{cluster.url}{NAMESPACES}/made") as response,
        ):
            assert response.status == 200
            found = await cluster.client.get("namespaces", "", "made")
            assert (await response.json()) == found


async def test_the_certificate_in_its_kubeconfig_is_the_admins(tmp_path: Path) -> None:
    async with Cluster(profile="apiserver") as cluster:
        server, user = _kubeconfig(cluster.kubeconfig)
        pair = tmp_path / "pair.pem"
        parts = (user["client-certificate-data"], user["client-key-data"])
        pair.write_bytes(b"".join(map(base64.b64decode, parts)))
        authority = base64.b64decode(server["certificate-authority-data"]).decode()
        context = ssl.create_default_context(cadata=authority)
        context.load_cert_chain(pair)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
            reviews = f"{cluster.url}/apis/authentication.k8s.io/v1/selfsubjectreviews"
            async with session.post(reviews, json={}) as response:
                who = (await response.json())["status"]["userInfo"]
        assert who["username"] == "admin"
        assert "system:masters" in who["groups"]


async def test_clusters_side_by_side_share_nothing() -> None:
    async with Cluster(profile="apiserver") as one, Cluster(profile="apiserver") as other:
        await one.client.create("namespaces", "", {"metadata": {"name": "mine"}})
        held, _ = await other.client.list("namespaces")
        assert "mine" not in [item["metadata"]["name"] for item in held]
        assert (one.url, one.token, one.kubeconfig) != (other.url, other.token, other.kubeconfig)


async def test_nothing_is_left_when_it_ends() -> None:
    async with Cluster(profile="apiserver") as cluster:
        folder = Path(cluster.kubeconfig).parent
    assert not folder.exists()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", cluster.port)


async def test_it_ends_though_the_test_fails() -> None:
    with pytest.raises(ZeroDivisionError):
        async with Cluster(nodes=1) as cluster:
            raise ZeroDivisionError
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", cluster.port)


async def test_a_start_that_fails_leaves_nothing_open(taken: int) -> None:
    cluster = Cluster(profile="apiserver", port=taken)
    with pytest.raises(OSError, match="address already in use"):
        await cluster.start()


async def test_settings_are_a_record_or_keywords_but_not_both() -> None:
    settings = Settings(profile="apiserver", tls=False)
    async with Cluster(settings) as cluster:
        assert cluster.url.startswith("http://")
    with pytest.raises(TypeError, match="either settings or keywords"):
        Cluster(settings, nodes=2)
    with pytest.raises(TypeError, match="nodez"):
        Cluster(nodez=2)


async def test_its_time_is_the_clocks() -> None:
    from datetime import UTC, datetime

    clock = VirtualClock(datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC))
    async with Cluster(profile="apiserver", clock=clock) as cluster:
        made = await cluster.client.create("namespaces", "", {"metadata": {"name": "dated"}})
    assert made["metadata"]["creationTimestamp"] == "2031-05-06T07:08:09Z"


async def test_the_same_seed_gives_the_same_uids() -> None:
    uids = []
    for seed in (7, 7, 8):
        async with Cluster(profile="apiserver", seed=seed) as cluster:
            body = {"metadata": {"generateName": "made-"}}
            made = await cluster.client.create("namespaces", "", body)
            uids.append((made["metadata"]["name"], made["metadata"]["uid"]))
    assert uids[0] == uids[1] != uids[2]


def test_a_thread_serves_code_that_has_no_loop() -> None:
    with ThreadedCluster(profile="apiserver", tls=False) as cluster:
        made = cluster.run(
            lambda inner: inner.client.create("namespaces", "", {"metadata": {"name": "made"}})
        )
        status, found = get(f"{cluster.url}{NAMESPACES}/made", cluster.token)
        assert (status, found) == (200, made)
        assert _kubeconfig(cluster.kubeconfig)[0]["server"] == cluster.url
    assert not Path(cluster.kubeconfig).exists()


def test_a_thread_ends_though_a_client_stays_connected() -> None:
    with ThreadedCluster(profile="apiserver") as cluster:
        server, _ = _kubeconfig(cluster.kubeconfig)
        authority = base64.b64decode(server["certificate-authority-data"]).decode()
        context = ssl.create_default_context(cadata=authority)
        port = int(cluster.url.rsplit(":", 1)[1])
        client = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=20)
        client.request("GET", "/readyz")
        assert client.getresponse().read() == b"ok"
    # It never said farewell, and the thread has ended all the same.
    client.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_a_thread_that_cannot_start_says_why(taken: int) -> None:
    with pytest.raises(OSError, match="address already in use"), ThreadedCluster(port=taken):
        pytest.fail("it started")


async def test_a_thread_serves_a_test_that_has_a_loop_of_its_own() -> None:
    with ThreadedCluster(profile="apiserver", tls=False) as cluster:
        headers = {"Authorization": f"Bearer {cluster.token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(f"{cluster.url}/readyz") as response,
        ):
            assert await response.text() == "ok"
