"""ValidatingAdmissionPolicy: what is refused, with which words, and what is only warned of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s import errors
from fakek8s.client.client import ObjectBody
from tests.admission.configured import GROUP, binding, config_map, validating_policy

if TYPE_CHECKING:
    from fakek8s.client.client import Client

POLICIES = f"validatingadmissionpolicies.{GROUP}"
BINDINGS = f"validatingadmissionpolicybindings.{GROUP}"
DENIED = "ValidatingAdmissionPolicy 'p' with binding 'b-p' denied request: "


async def refused(client: Client, obj: dict[str, Any]) -> errors.APIError:
    with pytest.raises(errors.APIError) as caught:
        await client.create("configmaps", "ns", obj)
    return caught.value


async def enforce(client: Client, policy: dict[str, Any], **spec: Any) -> None:
    await client.create(POLICIES, "", policy)
    await client.create(BINDINGS, "", binding("p", "Deny", **spec))


async def test_a_false_expression_refuses_with_the_message_of_its_own_expression(
    client: Client,
) -> None:
    await enforce(
        client,
        validating_policy(
            {
                "expression": "variables.size < 2",
                "messageExpression": "'has ' + string(variables.size) + ' keys'",
            },
            variables=[{"name": "size", "expression": "size(object.data)"}],
        ),
    )
    await client.create("configmaps", "ns", config_map("fine", a="1"))
    error = await refused(client, config_map("a", a="1", b="2"))
    assert (error.code, error.reason) == (422, "Invalid")
    assert error.message == f'configmaps "a" is forbidden: {DENIED}has 2 keys'
    assert error.details is not None
    assert error.details["causes"] == [{"message": f"{DENIED}has 2 keys"}]


async def test_a_reason_decides_the_code(client: Client) -> None:
    await enforce(
        client, validating_policy({"expression": "false", "message": "no", "reason": "Forbidden"})
    )
    error = await refused(client, config_map())
    assert (error.code, error.reason) == (403, "Forbidden")


async def test_without_a_message_the_expression_itself_is_told(client: Client) -> None:
    await enforce(client, validating_policy({"expression": " 1 == 2 "}))
    assert (await refused(client, config_map())).message.endswith("failed expression: 1 == 2")


async def test_an_error_refuses_unless_failures_are_ignored(client: Client) -> None:
    await enforce(client, validating_policy({"expression": "object.data.nope == '1'"}))
    error = await refused(client, config_map("a", x="1"))
    assert error.message.endswith(
        f"{DENIED}expression 'object.data.nope == '1'' resulted in error: no such key: nope"
    )
    policy = await client.get(POLICIES, "", "p")
    await client.update(POLICIES, {**policy, "spec": {**policy["spec"], "failurePolicy": "Ignore"}})
    await client.create("configmaps", "ns", config_map("a", x="1"))


async def test_an_error_in_a_variable_names_the_variable(client: Client) -> None:
    await enforce(
        client,
        validating_policy(
            {"expression": "variables.v == 1"},
            variables=[{"name": "v", "expression": "object.nope"}],
        ),
    )
    error = await refused(client, config_map())
    assert 'composited variable "v" fails to evaluate: no such key: nope' in error.message


async def test_a_policy_without_a_binding_does_nothing(client: Client) -> None:
    await client.create(POLICIES, "", validating_policy({"expression": "false"}))
    await client.create("configmaps", "ns", config_map())


async def test_the_end_of_a_binding_is_the_end_of_its_policy(client: Client) -> None:
    await enforce(client, validating_policy({"expression": "false"}))
    await refused(client, config_map())
    await client.delete(BINDINGS, "", "b-p")
    await client.create("configmaps", "ns", config_map())


async def test_conditions_are_asked_first(client: Client) -> None:
    condition = {"name": "not-free", "expression": "request.name != 'free'"}
    await enforce(client, validating_policy({"expression": "false"}, matchConditions=[condition]))
    await client.create("configmaps", "ns", config_map("free"))
    await refused(client, config_map("other"))
    error = await refused(client, {"metadata": {"generateName": "g-"}})
    assert error.code == 422, "a generated name is there when it is validated"


@pytest.mark.parametrize(
    ("matched", "selector"),
    [
        (True, {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ns"}}}),
        (False, {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "x"}}}),
        (False, {"objectSelector": {"matchLabels": {"x": "y"}}}),
        (
            False,
            {
                "excludeResourceRules": [
                    {
                        "apiGroups": ["*"],
                        "apiVersions": ["*"],
                        "resources": ["*"],
                        "operations": ["*"],
                        "resourceNames": ["a"],
                    }
                ]
            },
        ),
    ],
)
async def test_a_binding_selects(client: Client, matched: bool, selector: dict[str, Any]) -> None:
    await enforce(client, validating_policy({"expression": "false"}), matchResources=selector)
    if matched:
        await refused(client, config_map())
    else:
        await client.create("configmaps", "ns", config_map())


async def test_a_binding_that_warns_lets_pass(client: Client) -> None:
    await client.create(POLICIES, "", validating_policy({"expression": "false", "message": "no"}))
    await client.create(BINDINGS, "", binding("p", "Warn", "Audit"))
    answer = await client.request("POST", "configmaps", "ns", body=ObjectBody(config_map()))
    assert answer.warnings == [
        "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b-p': no"
    ]


async def test_each_selected_parameter_is_judged_by(client: Client) -> None:
    labels = {"limit": "yes"}
    for name, most in (("p1", "5"), ("p2", "3")):
        limit = {"metadata": {"name": name, "labels": labels}, "data": {"most": most}}
        await client.create("configmaps", "ns", limit)
    await enforce(
        client,
        validating_policy(
            {
                "expression": "object.data.n < params.data.most",
                "messageExpression": "'over ' + params.metadata.name",
            },
            paramKind={"apiVersion": "v1", "kind": "ConfigMap"},
        ),
        paramRef={"selector": {"matchLabels": labels}, "parameterNotFoundAction": "Deny"},
    )
    await client.create("configmaps", "ns", config_map("a", n="1"))
    assert (await refused(client, config_map("b", n="4"))).message.endswith("over p2")


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (
            "Deny",
            (
                "failed to configure binding: no params found for policy binding with `Deny` "
                "parameterNotFoundAction"
            ),
        ),
        ("Allow", ""),
    ],
)
async def test_parameters_that_are_not_there(client: Client, action: str, message: str) -> None:
    await enforce(
        client,
        validating_policy(
            {"expression": "false"}, paramKind={"apiVersion": "v1", "kind": "ConfigMap"}
        ),
        paramRef={"name": "nope", "parameterNotFoundAction": action},
    )
    if message:
        assert (await refused(client, config_map())).message.endswith(message)
    else:
        await client.create("configmaps", "ns", config_map())


async def test_a_kind_of_parameters_that_is_not_served_is_a_wrong_policy(client: Client) -> None:
    await enforce(
        client,
        validating_policy({"expression": "true"}, paramKind={"apiVersion": "x.io/v1", "kind": "X"}),
        paramRef={"name": "x", "parameterNotFoundAction": "Deny"},
    )
    assert (await refused(client, config_map())).message.endswith(
        "ValidatingAdmissionPolicy 'p' denied request: failed to configure policy: "
        "failed to find resource referenced by paramKind: 'x.io/v1, Kind=X'"
    )


async def test_expressions_may_ask_for_rights(client: Client) -> None:
    await enforce(
        client,
        validating_policy(
            {
                "expression": "authorizer.requestResource.check('create').allowed() && "
                "!authorizer.serviceAccount('ns', 'x').group('').resource('configmaps')"
                ".namespace('ns').check('get').allowed()"
            }
        ),
    )
    await client.create("configmaps", "ns", config_map())


async def test_a_deletion_of_many_names_nobody(client: Client) -> None:
    await client.create("configmaps", "ns", config_map())
    rules = [
        {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["*"]}
    ]
    await enforce(
        client,
        validating_policy(
            {
                "expression": "has(request.name)",
                "messageExpression": "oldObject.metadata.name + string(object == null)",
            },
            matchConstraints={"resourceRules": rules},
        ),
    )
    with pytest.raises(errors.APIError) as caught:
        await client.delete_collection("configmaps", "ns")
    assert caught.value.message == f'configmaps "Unknown" is forbidden: {DENIED}atrue'
    await client.delete("configmaps", "ns", "a")


@pytest.mark.parametrize(
    ("validation", "field", "text"),
    [
        ({"expression": "1 +"}, "expression", "compilation failed: ERROR: <input>:1:4: Syntax"),
        ({"expression": "object.data"}, "expression", "must evaluate to bool but got dyn"),
        ({"expression": "request.nope"}, "expression", "undefined field 'nope'"),
        ({"expression": "params.x"}, "expression", "undeclared reference to 'params'"),
        (
            {"expression": "true", "messageExpression": "authorizer.path('/x')"},
            "messageExpression",
            "undeclared reference to 'authorizer'",
        ),
    ],
)
async def test_expressions_compile_or_are_refused(
    client: Client, validation: dict[str, Any], field: str, text: str
) -> None:
    with pytest.raises(errors.APIError) as caught:
        await client.create(POLICIES, "", validating_policy(validation))
    assert caught.value.details is not None
    (cause,) = caught.value.details["causes"]
    assert cause["field"] == f"spec.validations[0].{field}"
    assert text in cause["message"]
