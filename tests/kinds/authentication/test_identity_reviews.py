from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fakek8s.auth.authn import Review
from fakek8s.auth.user import User
from fakek8s.errors import APIError
from fakek8s.release import release
from tests.kinds.conftest import Doors

JOE = User("joe", uid="1", groups=("devs",))
REVIEWS = {
    "good": Review(JOE, ("https://kubernetes.default.svc",)),
    "bad": Review(None, error="[invalid bearer token, service account token has expired]"),
}


async def ask(
    plural: str, spec: dict[str, Any] | None = None, status: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Posts a review as `joe`; raises APIError."""
    kind = release("1.37").catalogue().find("authentication.k8s.io", "v1", plural)
    assert kind is not None
    doors = Doors(kind)
    parts = {"spec": spec, "status": status}
    sent = {name: part for name, part in parts.items() if part is not None}
    body = doors.decode({"metadata": {"name": "x"}, **sent})
    op = replace(
        doors.operation("create", {"metadata": {}}, None),
        user=JOE,
        settings={"review_token": lambda token, audiences: REVIEWS[token]},
    )
    assert kind.behaviour.virtual is not None
    code, found = await kind.behaviour.virtual(body, op, None)  # type: ignore[arg-type]
    assert code == 201
    return found


async def test_i_am_told_who_i_am() -> None:
    assert await ask("selfsubjectreviews") == {
        "kind": "SelfSubjectReview",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": {"creationTimestamp": "2026-01-02T03:04:05Z"},
        "status": {"userInfo": {"username": "joe", "uid": "1", "groups": ["devs"]}},
    }


async def test_a_token_tells_whose_it_is_and_for_whom() -> None:
    found = await ask("tokenreviews", {"token": "good"})
    assert found["status"] == {
        "authenticated": True,
        "user": {"username": "joe", "uid": "1", "groups": ["devs"]},
        "audiences": ["https://kubernetes.default.svc"],
    }


async def test_a_token_for_nobody_here_is_an_answer_too() -> None:
    error = "[invalid bearer token, service account token has expired]"
    assert (await ask("tokenreviews", {"token": "bad"}))["status"] == {"user": {}, "error": error}


async def test_a_review_needs_a_token() -> None:
    with pytest.raises(APIError, match="token is required for TokenReview in authentication"):
        await ask("tokenreviews", {})


async def test_what_a_review_claims_stays_where_the_answer_says_nothing() -> None:
    claimed = {"authenticated": True, "user": {"username": "x"}, "error": "e"}
    found = await ask("tokenreviews", {"token": "bad"}, claimed)
    error = REVIEWS["bad"].error
    assert found["status"] == {"user": {"username": "x"}, "error": error}
    found = await ask("tokenreviews", {"token": "good"}, claimed)
    assert (found["status"]["user"]["username"], found["status"]["error"]) == ("joe", "e")
