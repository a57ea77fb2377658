"""Expressions of others than schemas: variables of any type, the authorizer, names."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakek8s.machinery import cel
from fakek8s.machinery.cel.authorizer import Authorizer, Question
from fakek8s.machinery.cel.decl import Decl
from fakek8s.machinery.cel.declarations import parse_type
from fakek8s.machinery.cel.environment import CompileError, Environment
from fakek8s.machinery.cel.escaping import escape
from fakek8s.machinery.cel.fieldpath import FieldPathError, resolve
from fakek8s.machinery.cel.types import DYN


class Asked:
    """Allows reading, and remembers what it was asked."""

    def __init__(self) -> None:
        self.questions: list[Question] = []

    def __call__(self, question: Question) -> tuple[bool, str, str]:
        self.questions.append(question)
        return question.verb in ("get", "list"), f"because of {question.user}", ""


POLICY = Environment(
    {"object": Decl(DYN), "oldObject": Decl(DYN), "authorizer": Decl(parse_type("Authorizer"))}
)


def ask(text: str, asked: Asked) -> Any:
    def service_account(namespace: str, name: str) -> str:
        return f"system:serviceaccount:{namespace}:{name}"

    authorizer = Authorizer(asked, "jane", service_account)
    return POLICY.compile(text).evaluate([{"kind": "Pod"}, None, authorizer])


def test_objects_of_no_declared_type_are_looked_at_when_they_are_there() -> None:
    assert ask("object.kind == 'Pod' && oldObject == null", Asked()) is True
    assert ask("has(object.metadata)", Asked()) is False


def test_the_authorizer_is_asked_what_the_expression_says() -> None:
    asked = Asked()
    text = (
        "authorizer.group('apps').resource('deployments').subresource('scale').namespace('n')"
        ".name('x').check('get').allowed()"
    )
    assert ask(text, asked) is True
    (question,) = asked.questions
    assert question == Question(
        user="jane", verb="get", group="apps", resource="deployments", subresource="scale",
        namespace="n", name="x",
    )  # fmt: skip


def test_the_authorizer_speaks_for_service_accounts_and_paths() -> None:
    asked = Asked()
    assert (
        ask("authorizer.serviceAccount('n', 's').path('/healthz').check('put').allowed()", asked)
        is False
    )
    assert asked.questions[0].user == "system:serviceaccount:n:s"
    assert ask("authorizer.path('/x').check('get').reason()", asked) == "because of jane"


def test_an_unknown_variable_is_an_error() -> None:
    with pytest.raises(
        CompileError, match=r"undeclared reference to 'request' \(in container ''\)"
    ):
        POLICY.compile("request.name == 'x'")


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ("a", "a"),
        ("a-b.c/d", "a__dash__b__dot__c__slash__d"),
        ("a__b", "a__underscores__b"),
        ("if", "__if__"),
        ("namespace", "__namespace__"),
        ("1a", None),
        ("a@b", None),
        ("", None),
    ],
)
def test_property_names_become_identifiers(name: str, escaped: str | None) -> None:
    assert escape(name) == escaped


@given(
    st.text("ab_-./", min_size=1, max_size=8).filter(lambda n: n[0] not in "-./"),
    st.text("ab_-./", min_size=1, max_size=8).filter(lambda n: n[0] not in "-./"),
)
def test_names_without_odd_underscores_keep_apart(left: str, right: str) -> None:
    if left != right and "_" not in left + right:
        assert escape(left) != escape(right)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("a", r"expected \[ or \. but got: a"),
        (".", "unexpected end of JSON path"),
        (".b", "does not refer to a valid field"),
        ("[a]", "expected single quoted string but got a"),
        ("['a'", "unexpected end of JSON path"),
        ("['a'.", r"expected \] but got \."),
        (r"['\q']", r"invalid string literal: invalid escape char \\q"),
        (".a.b", "does not refer to a valid field"),
    ],
)
def test_field_paths_that_lead_nowhere_are_refused(path: str, problem: str) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    with pytest.raises(FieldPathError, match=problem):
        resolve(path, schema)


def test_the_engine_of_schemas_can_be_had_more_than_once() -> None:
    """Its module is called like what it holds, and must not take its place in the package."""
    assert cel.schema_rules() is not cel.schema_rules()
