"""Tokens of service accounts: asked for, presented, and void when what they hang on is gone."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Any

import pytest

from fakek8s import errors
from fakek8s.auth.issuer import InvalidToken, Issuer
from fakek8s.auth.user import AUTHENTICATED
from fakek8s.client.client import ObjectBody

if TYPE_CHECKING:
    from fakek8s.client.client import Client
    from fakek8s.clock import VirtualClock
    from fakek8s.server.server import Server

Object = dict[str, Any]
HERE = "https://kubernetes.default.svc"


@pytest.fixture(name="robot")
async def _robot(client: Client) -> Client:
    await client.create("serviceaccounts", "ns", {"metadata": {"name": "robot"}})
    return client


async def request(client: Client, **spec: Any) -> Object:
    body = ObjectBody({"spec": spec})
    answer = await client.request("POST", "serviceaccounts", "ns", "robot", "token", body=body)
    assert answer.code == 201
    assert answer.object is not None
    return answer.object


async def refusal(client: Client, **spec: Any) -> tuple[int, str]:
    with pytest.raises(errors.APIError) as refused:
        await request(client, **spec)
    return refused.value.code, refused.value.message


def payload(token: str) -> Object:
    text = token.split(".")[1]
    found: Object = json.loads(urlsafe_b64decode(f"{text}==="))
    return found


async def test_a_token_speaks_for_its_account(server: Server, robot: Client) -> None:
    found = await request(robot)
    assert found["spec"] == {
        "audiences": [HERE],
        "expirationSeconds": 3600,
        "boundObjectRef": None,
    }
    assert found["metadata"]["managedFields"][0]["subresource"] == "token"
    user = server.authenticate(f"Bearer {found['status']['token']}", None)
    assert user is not None
    assert (user.name, user.uid) == ("system:serviceaccount:ns:robot", found["metadata"]["uid"])
    assert user.groups == ("system:serviceaccounts", "system:serviceaccounts:ns", AUTHENTICATED)
    jti = payload(found["status"]["token"])["jti"]
    assert user.extra == {"authentication.kubernetes.io/credential-id": (f"JTI={jti}",)}


async def test_a_token_is_good_for_those_that_it_names(server: Server, robot: Client) -> None:
    token = (await request(robot, audiences=["vault", "bank"]))["status"]["token"]
    assert server.authenticate(f"Bearer {token}", None) is None
    assert server.authenticator.review(token, ["x", "bank", "vault"]).audiences == ("bank", "vault")
    assert server.authenticator.review(token).error == (
        '[invalid bearer token, token audiences ["vault" "bank"] is invalid '
        f'for the target audiences ["{HERE}"]]'
    )


async def test_a_token_ends_with_its_time_or_its_account(
    server: Server, robot: Client, clock: VirtualClock
) -> None:
    review = server.authenticator.review
    token = (await request(robot, expirationSeconds=600))["status"]["token"]
    await clock.advance(659)
    assert review(token).user is not None
    await clock.advance(2)
    assert review(token).error == "[invalid bearer token, service account token has expired]"
    token = (await request(robot))["status"]["token"]
    await robot.delete("serviceaccounts", "ns", "robot")
    assert review(token).error == '[invalid bearer token, serviceaccounts "robot" not found]'
    await robot.create("serviceaccounts", "ns", {"metadata": {"name": "robot"}})
    assert "does not match claim" in review(token).error


async def test_a_token_ends_with_what_it_is_bound_to(server: Server, robot: Client) -> None:
    await robot.create("secrets", "ns", {"metadata": {"name": "s"}})
    bound = {"apiVersion": "v1", "kind": "Secret", "name": "s"}
    token = (await request(robot, boundObjectRef=bound))["status"]["token"]
    assert server.authenticator.review(token).user is not None
    await robot.delete("secrets", "ns", "s")
    gone = "[invalid bearer token, service account token has been invalidated]"
    assert server.authenticator.review(token).error == gone


async def test_a_pods_token_tells_of_its_node_and_lives_long(server: Server, robot: Client) -> None:
    spec = {
        "serviceAccountName": "robot",
        "automountServiceAccountToken": False,
        "nodeName": "n1",
        "containers": [{"name": "c", "image": "i"}],
    }
    pod = await robot.create("pods", "ns", {"metadata": {"name": "p"}, "spec": spec})
    bound = {"apiVersion": "v1", "kind": "Pod", "name": "p"}
    token = (await request(robot, boundObjectRef=bound, expirationSeconds=3607))["status"]["token"]
    claims = payload(token)
    assert claims["exp"] - claims["iat"] == 365 * 24 * 3600
    assert claims["kubernetes.io"]["warnafter"] - claims["iat"] == 3607
    user = server.authenticator.review(token).user
    assert user is not None
    extra = {k.partition("/")[2]: v for k, v in user.extra.items()}
    assert extra["pod-name"] == ("p",)
    assert extra["pod-uid"] == (pod["metadata"]["uid"],)
    assert extra["node-name"] == ("n1",)
    assert "node-uid" not in extra


@pytest.mark.parametrize(
    ("spec", "refused"),
    [
        ({"expirationSeconds": 599}, (422, "less than 10 minutes")),
        ({"expirationSeconds": 2**32 + 1}, (422, "larger than 2^32 seconds")),
        ({"attestations": {"a": ["b"]}}, (422, "attestations may only be specified with")),
        (
            {"boundObjectRef": {"apiVersion": "v1", "kind": "ConfigMap", "name": "a"}},
            (400, "cannot bind token to object of type /v1, Kind=ConfigMap"),
        ),
        (
            {"boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": "a"}},
            (404, 'pods "a" not found'),
        ),
        ({"boundObjectRef": {"kind": "Pod"}}, (400, "Name parameter required.")),
    ],
)
async def test_what_cannot_be_had_is_refused(
    robot: Client, spec: Object, refused: tuple[int, str]
) -> None:
    code, message = await refusal(robot, **spec)
    assert code == refused[0]
    assert refused[1] in message


def test_only_what_the_issuer_signed_is_believed() -> None:
    issuer, other = Issuer(), Issuer()
    token = issuer.sign({"sub": "a"})
    assert issuer.claims(token) == {"sub": "a", "iss": HERE}
    assert issuer.claims("not.a.token") is None
    assert issuer.claims(Issuer(name="elsewhere").sign({})) is None
    with pytest.raises(InvalidToken, match="no keys found"):
        issuer.claims(other.sign({"sub": "a"}))
    head, body, signature = token.split(".")
    with pytest.raises(InvalidToken):
        issuer.claims(f"{head}.{body}.{signature[:-8]}AAAAAAAA")


def test_the_keys_that_are_published_check_the_tokens() -> None:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
    from cryptography.hazmat.primitives.hashes import SHA256

    issuer = Issuer("https://192.0.2.1:6443")
    assert json.loads(issuer.configuration())["jwks_uri"] == "https://192.0.2.1:6443/openid/v1/jwks"
    key = json.loads(issuer.keys())["keys"][0]
    n, e = (int.from_bytes(urlsafe_b64decode(f"{key[part]}==="), "big") for part in "ne")
    signed, _, signature = issuer.sign({}).rpartition(".")
    RSAPublicNumbers(e, n).public_key().verify(
        urlsafe_b64decode(f"{signature}==="), signed.encode(), PKCS1v15(), SHA256()
    )
