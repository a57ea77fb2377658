"""Logs: which container, which lines, and how they are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.api.connect import log_options
from fakek8s.errors import APIError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fakek8s.api.connect import LogOptions

    from .conftest import Caller


def pod(*containers: str, init: tuple[str, ...] = (), node: str = "") -> dict[str, Any]:
    spec: dict[str, Any] = {"containers": [{"name": name, "image": "i"} for name in containers]}
    if init:
        spec["initContainers"] = [{"name": name, "image": "i"} for name in init]
    if node:
        spec["nodeName"] = node
    return {"metadata": {"name": "p"}, "spec": spec}


def test_options_are_read_from_the_query() -> None:
    found = log_options(
        {"follow": ["true"], "tailLines": ["5"], "sinceTime": ["2026-01-02T03:04:05Z"]}, "a"
    )
    assert (found.container, found.follow, found.tail_lines) == ("", True, 5)
    assert found.since is not None


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("tailLines", "-1", "tailLines: Invalid value: -1: must be greater than or equal to 0"),
        ("limitBytes", "0", "limitBytes: Invalid value: 0: must be greater than 0"),
        ("sinceSeconds", "0", "sinceSeconds: Invalid value: 0: must be greater than 0"),
        ("stream", "Stdout", "stream: Forbidden: may not be specified"),
    ],
)
def test_options_out_of_range_are_refused(name: str, value: str, message: str) -> None:
    with pytest.raises(APIError) as caught:
        log_options({name: [value]}, "a")
    assert caught.value.code == 422
    assert message in caught.value.message


class Source:
    """A log of two lines, or none and a reason."""

    def __init__(self, refusal: APIError | None = None) -> None:
        self.refusal = refusal
        self.asked: list[tuple[str, LogOptions]] = []

    async def logs(
        self, pod: dict[str, Any], container: str, options: LogOptions
    ) -> AsyncIterator[bytes]:
        self.asked.append((container, options))
        if self.refusal is not None:
            raise self.refusal
        yield b"one\n"
        yield b"two\n"


PODS = "/api/v1/namespaces/default/pods"


async def put_pod(call: Caller, node: str) -> None:
    body = pod("c", node=node)
    body["spec"]["serviceAccountName"] = "default"
    server = call.cluster.server
    kind = server.catalogue.find("", "v1", "pods")
    assert kind is not None
    obj = kind.shape.canonical({"kind": "Pod", "apiVersion": "v1", **body})
    obj["metadata"]["namespace"] = "default"
    await server.registry.store.commit("pods", "default/p", 0, obj)
    if node:
        there = {"kind": "Node", "apiVersion": "v1", "metadata": {"name": node}}
        there["status"] = {"addresses": [{"type": "InternalIP", "address": "192.0.2.1"}]}
        await server.registry.store.commit("nodes", node, 0, there)


async def test_lines_are_streamed_as_text(call: Caller) -> None:
    source = Source()
    call.cluster.server.connectors["log"] = source
    await put_pod(call, "n")
    reply = await call("GET", PODS + "/p/log?follow=1", headers={"Accept": "application/json, */*"})
    assert (reply.status, reply.body) == (200, b"one\ntwo\n")
    assert reply.headers["Content-Type"] == "text/plain"
    ((container, options),) = source.asked
    assert (container, options.follow) == ("c", True)


async def test_a_refusal_before_the_first_line_is_a_status(call: Caller) -> None:
    text = 'container "c" in pod "p" is waiting to start: ContainerCreating'
    call.cluster.server.connectors["log"] = Source(APIError(400, "BadRequest", text))
    await put_pod(call, "n")
    reply = await call("GET", PODS + "/p/log")
    assert (reply.status, reply.message) == (400, text)


async def test_a_pod_without_a_node_has_no_content(call: Caller) -> None:
    await put_pod(call, "")
    reply = await call("GET", PODS + "/p/log")
    assert (reply.status, reply.body) == (204, b"")


async def test_a_missing_pod_is_not_found(call: Caller) -> None:
    reply = await call("GET", PODS + "/none/log")
    assert (reply.status, reply.message) == (404, 'pods "none" not found')


@pytest.mark.parametrize("name", ["exec", "attach", "portforward"])
async def test_nothing_connects_to_a_pod_without_a_node(call: Caller, name: str) -> None:
    await put_pod(call, "")
    reply = await call("GET", f"{PODS}/p/{name}")
    assert (reply.status, reply.message) == (400, "pod p does not have a host assigned")


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("p:80", 400, "address not allowed"),
        ("https:none:80", 404, 'pods "none" not found'),
        ("ftp:p:80", 400, 'invalid pod request "ftp:p:80"'),
    ],
)
async def test_names_of_proxied_pods_hold_ports(
    call: Caller, name: str, code: int, message: str
) -> None:
    await put_pod(call, "")
    reply = await call("GET", f"{PODS}/{name}/proxy/")
    assert (reply.status, reply.message) == (code, message)


@pytest.mark.parametrize("name", ["exec", "attach", "portforward"])
async def test_what_cannot_be_connected_yet_says_so(call: Caller, name: str) -> None:
    await put_pod(call, "n")
    reply = await call("POST", f"{PODS}/p/{name}")
    assert (reply.status, reply.json["reason"]) == (501, "NotImplemented")
