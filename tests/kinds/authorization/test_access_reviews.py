from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.auth.user import User
from fakek8s.errors import APIError
from fakek8s.release import release
from tests.kinds.conftest import Doors

if TYPE_CHECKING:
    from fakek8s.kind import Operation

GROUP = "authorization.k8s.io"
PODS = {"verb": "get", "resource": "pods", "namespace": "ns"}
EITHER = "exactly one of nonResourceAttributes or resourceAttributes must be specified"


class Authorizer:
    """Lets only `root` do things, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def __call__(self, user: User, attributes: dict[str, Any]) -> tuple[bool, str]:
        self.asked.append(attributes)
        return user.name == "root", f"because {user.name}" if user.groups else ""


@pytest.fixture(name="authorizer")
def _authorizer() -> Authorizer:
    return Authorizer()


async def ask(
    plural: str, authorizer: Authorizer, spec: dict[str, Any], user: str = "root", **metadata: Any
) -> dict[str, Any]:
    """Posts a review in the namespace `ns`; raises APIError."""
    kind = release("1.37").catalogue().find(GROUP, "v1", plural)
    assert kind is not None
    doors = Doors(kind)
    body = doors.decode({"metadata": metadata, "spec": spec})
    rules = [
        {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]},
        {"verbs": ["get"], "nonResourceURLs": ["/healthz"]},
    ]
    op: Operation = replace(
        doors.operation("create", {"metadata": {"namespace": "ns"}}, None),
        user=User(user),
        settings={"authorize": authorizer, "rules_of": lambda user, namespace: (rules, [])},
    )
    assert kind.behaviour.virtual is not None
    code, found = await kind.behaviour.virtual(body, op, None)  # type: ignore[arg-type]
    assert code == 201
    return found


async def refused(plural: str, spec: dict[str, Any], **metadata: Any) -> str:
    with pytest.raises(APIError) as caught:
        await ask(plural, Authorizer(), spec, **metadata)
    return caught.value.message


async def test_a_review_answers_for_the_user_that_it_names(authorizer: Authorizer) -> None:
    spec = {"user": "root", "groups": ["a"], "resourceAttributes": PODS}
    found = await ask("subjectaccessreviews", authorizer, spec)
    assert found["status"] == {"allowed": True, "reason": "because root"}
    assert authorizer.asked == [
        {
            **PODS,
            "group": "",
            "subresource": "",
            "name": "",
            "is_resource": True,
            "version": "*",
        }
    ]


async def test_a_review_asks_about_paths_too(authorizer: Authorizer) -> None:
    spec = {"user": "joe", "nonResourceAttributes": {"path": "/x", "verb": "get"}}
    found = await ask("subjectaccessreviews", authorizer, spec)
    assert found["status"] == {"allowed": False}
    assert authorizer.asked == [{"is_resource": False, "path": "/x", "verb": "get"}]


async def test_my_own_review_asks_for_me(authorizer: Authorizer) -> None:
    spec = {"resourceAttributes": PODS}
    mine = await ask("selfsubjectaccessreviews", authorizer, spec, user="joe")
    assert mine["status"] == {"allowed": False}


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"user": "a"}, f"spec: Invalid value: null: {EITHER}"),
        (
            {"user": "a", "resourceAttributes": {}, "nonResourceAttributes": {"path": "/x"}},
            f'spec: Invalid value: {{"Path":"/x","Verb":""}}: {EITHER}',
        ),
        (
            {"resourceAttributes": PODS},
            'spec.user: Invalid value: "": at least one of user or group must be specified',
        ),
        (
            {"user": "a", "resourceAttributes": {"labelSelector": {}}},
            (
                "spec.resourceAttributes.labelSelector.requirements: Required value: "
                "when spec.resourceAttributes.labelSelector is specified, "
                "requirements or rawSelector is required"
            ),
        ),
        (
            {
                "user": "a",
                "resourceAttributes": {"fieldSelector": {"requirements": [{"operator": "X"}]}},
            },
            (
                "spec.resourceAttributes.fieldSelector.requirements[0].key: "
                "Required value: must be specified"
            ),
        ),
    ],
)
async def test_a_question_must_be_one(spec: dict[str, Any], text: str) -> None:
    message = await refused("subjectaccessreviews", spec)
    assert message == f'.authorization.k8s.io "" is invalid: {text}'


async def test_a_review_has_no_name() -> None:
    text = await refused(
        "subjectaccessreviews", {"user": "a", "resourceAttributes": PODS}, name="x"
    )
    assert text.endswith('metadata: Invalid value: {"name":"x"}: must be empty')


async def test_selectors_that_cannot_be_read_are_told(authorizer: Authorizer) -> None:
    near = [{"key": "a", "operator": "Near"}, {"key": "a", "operator": "In", "values": ["b"]}]
    selectors = {"labelSelector": {"requirements": near}, "fieldSelector": {"rawSelector": "x"}}
    found = await ask(
        "selfsubjectaccessreviews", authorizer, {"resourceAttributes": {**PODS, **selectors}}
    )
    assert found["status"]["evaluationError"] == (
        "spec.resourceAttributes.fieldSelector ignored due to parse error; "
        "spec.resourceAttributes.labelSelector partially ignored due to parse error"
    )


async def test_a_local_review_stays_in_its_namespace(authorizer: Authorizer) -> None:
    spec = {"user": "root", "resourceAttributes": PODS}
    found = await ask("localsubjectaccessreviews", authorizer, spec)
    assert (found["metadata"], found["status"]) == ({"namespace": "ns"}, {"allowed": True})
    text = await refused("localsubjectaccessreviews", spec, namespace="other")
    assert text.startswith("the namespace of the provided object does not match")
    spec = {"user": "root", "nonResourceAttributes": {"path": "/x", "verb": "get"}}
    text = await refused("localsubjectaccessreviews", spec)
    assert text.endswith("disallowed on this kind of request")


async def test_my_rules_come_without_the_question(authorizer: Authorizer) -> None:
    found = await ask("selfsubjectrulesreviews", authorizer, {"namespace": "ns"})
    assert found["spec"] == {}
    assert found["status"] == {
        "resourceRules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}],
        "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": ["/healthz"]}],
        "incomplete": False,
    }
    assert await refused("selfsubjectrulesreviews", {}) == "no namespace on request"
