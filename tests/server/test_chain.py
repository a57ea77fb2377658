"""The chain's order: who somebody is, what they may, and only then what they asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakek8s import errors
from fakek8s.auth.user import NOBODY, User
from fakek8s.server.request import Request, parse

if TYPE_CHECKING:
    from fakek8s.server.server import Server


def request(user: User | None, path: str, **headers: str) -> Request:
    info = parse("GET", [part for part in path.split("/") if part], path, {})
    impersonate = {name.replace("_", "-"): [value] for name, value in headers.items()}
    return Request(info=info, user=user, impersonate=impersonate)


async def code(server: Server, asked: Request) -> int:
    try:
        return (await server.handle(asked)).code
    except errors.APIError as error:
        return error.code


async def test_unknown_credentials_end_before_everything(server: Server) -> None:
    assert await code(server, request(None, "/api/v1/pods")) == 401


async def test_whoever_may_not_ask_does_not_learn_what_exists(server: Server) -> None:
    assert await code(server, request(NOBODY, "/api/v1/namespaces/x/pods/none")) == 403
    assert await code(server, request(NOBODY, "/apis/nope/v1/things")) == 403


async def test_anonymous_users_read_health_and_version(server: Server) -> None:
    for path in ("/healthz", "/livez", "/readyz", "/version"):
        assert server.admit(request(NOBODY, path)) is NOBODY
    with pytest.raises(errors.APIError) as refused:
        server.admit(request(NOBODY, "/metrics"))
    assert refused.value.message == (
        'forbidden: User "system:anonymous" cannot get path "/metrics"'
    )


async def test_rights_are_those_of_the_user_that_is_acted_as(server: Server) -> None:
    root = User("root", groups=("system:masters",))
    assert await code(server, request(root, "/api/v1/pods")) == 200
    asked = request(root, "/api/v1/pods", impersonate_user="ann")
    assert await code(server, asked) == 403
