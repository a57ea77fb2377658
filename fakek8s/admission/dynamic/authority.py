"""The authorizer as expressions see it. Upstream: apiserver pkg/cel/library/authz.go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.auth.user import User
from fakek8s.machinery.cel.authorizer import Authorizer, Question, ResourceCheck

if TYPE_CHECKING:
    from fakek8s.admission.dynamic.attributes import Attributes

_ACCOUNTS = "system:serviceaccounts"


def authorizer_of(attributes: Attributes) -> Authorizer:
    """The value of `authorizer`: asks about the writer. Answers are kept for one write."""
    known: dict[Any, tuple[bool, str, str]] = {}
    decide = attributes.op.settings["authorize"]

    def authorize(question: Question) -> tuple[bool, str, str]:
        key = (
            question.user.name, question.verb, question.path, question.group, question.resource,
            question.subresource, question.namespace, question.name, question.field_selector,
            question.label_selector,
        )  # fmt: skip
        if key not in known:
            allowed, reason = decide(question.user, _asked(question))
            known[key] = (bool(allowed), str(reason), "")
        return known[key]

    return Authorizer(authorize, attributes.user, service_account)


def _asked(question: Question) -> dict[str, Any]:
    if not question.is_resource:
        return {"verb": question.verb, "is_resource": False, "path": question.path}
    return {
        "verb": question.verb,
        "group": question.group,
        "version": "*",
        "resource": question.resource,
        "subresource": question.subresource,
        "namespace": question.namespace,
        "name": question.name,
    }


def service_account(namespace: str, name: str) -> User:
    """serviceaccount.UserInfo."""
    return User(
        f"system:serviceaccount:{namespace}:{name}",
        groups=(_ACCOUNTS, f"{_ACCOUNTS}:{namespace}"),
    )


def request_resource(attributes: Attributes, authorizer: Authorizer) -> ResourceCheck:
    """The value of `authorizer.requestResource`."""
    return ResourceCheck(
        authorizer,
        Question(
            user=attributes.user,
            group=attributes.resource.group,
            resource=attributes.resource.resource,
            subresource=attributes.subresource,
            namespace=attributes.namespace,
            name=attributes.name,
        ),
    )
