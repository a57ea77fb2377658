"""A whole cluster without a door: an API server, its control plane, a clock that tests move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakek8s.client.client import Client
from fakek8s.controlplane import ControlPlane
from fakek8s.settings import Settings
from tests.kubelet.pods import Pods

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fakek8s.clock import VirtualClock
    from fakek8s.server.server import Server


@pytest.fixture
async def plane(server: Server, clock: VirtualClock) -> AsyncIterator[ControlPlane]:
    plane = ControlPlane(server, clock, Settings(nodes=1), b"authority")
    await plane.start()
    yield plane
    await plane.stop()


@pytest.fixture
async def pods(server: Server, plane: ControlPlane, clock: VirtualClock) -> AsyncIterator[Pods]:
    client = Client(server, user_agent="tester/1")
    await client.create("namespaces", "", {"metadata": {"name": "ns"}})
    pods = Pods(client, plane, clock)
    await pods.settle()
    yield pods
    await pods.close()
