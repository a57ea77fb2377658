"""A namespace whose pods need no token, and pods to put there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s import errors
from fakek8s.admission.chain import AdmissionChain

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fakek8s.client.client import Client
    from fakek8s.server.server import Server

Object = dict[str, Any]


@pytest.fixture
async def ns(client: Client) -> Client:
    """A client with an account in namespace `ns` that mounts no token."""
    account = {"metadata": {"name": "default"}, "automountServiceAccountToken": False}
    await client.create("serviceaccounts", "ns", account)
    return client


@pytest.fixture
def pod() -> Callable[..., Object]:
    """pod(name, resources=..., **spec) -> a pod of one container."""

    def make(name: str = "p", *, resources: Object | None = None, **spec: Any) -> Object:
        container: Object = {"name": "c", "image": "i", "resources": resources or {}}
        return {"metadata": {"name": name}, "spec": {"containers": [container], **spec}}

    return make


@pytest.fixture
def refusal() -> Callable[[Awaitable[Any]], Awaitable[errors.APIError]]:
    """refusal(call) -> the APIError that the call ends in."""

    async def of(call: Awaitable[Any]) -> errors.APIError:
        with pytest.raises(errors.APIError) as refused:
            await call
        return refused.value

    return of


@pytest.fixture
def switch_on(server: Server) -> Callable[..., None]:
    """switch_on(names): plugins that are off by default."""

    def switch(*names: str) -> None:
        server.registry.admission = AdmissionChain(enable=names)

    return switch
