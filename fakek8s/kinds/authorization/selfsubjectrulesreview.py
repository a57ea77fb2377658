"""SelfSubjectRulesReviews: what may I do in a namespace?

Upstream: pkg/registry/authorization/selfsubjectrulesreview, RBACAuthorizer.RulesFor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.kind import Behaviour
from fakek8s.kinds.authorization import access

if TYPE_CHECKING:
    from fakek8s.kind import Engine, Operation

Object = dict[str, Any]

_RESOURCE_FIELDS = ("verbs", "apiGroups", "resources", "resourceNames")
_OTHER_FIELDS = ("verbs", "nonResourceURLs")


async def review(body: Object, op: Operation, engine: Engine) -> tuple[int, Object]:
    """Answers at once, without what was asked; raises APIError 400."""
    namespace = (body.get("spec") or {}).get("namespace", "")
    if not namespace:
        raise errors.bad_request("no namespace on request")
    rules, trouble = access.setting(op, "rules_of")(op.user, namespace)
    resources = [_only(rule, _RESOURCE_FIELDS) for rule in rules if rule.get("resources")]
    others = [_only(rule, _OTHER_FIELDS) for rule in rules if rule.get("nonResourceURLs")]
    answer = {"kind": op.kind.kind, "apiVersion": op.kind.api_version}
    status: Object = {"resourceRules": resources, "nonResourceRules": others, "incomplete": False}
    if trouble:
        status["evaluationError"] = trouble[0] if len(trouble) == 1 else f"[{', '.join(trouble)}]"
    return access.answered({**answer, "metadata": {}, "spec": {}}, op, status)


def _only(rule: Object, fields: tuple[str, ...]) -> Object:
    return {name: rule[name] for name in fields if rule.get(name)}


KIND = Behaviour(group=access.GROUP, plural="selfsubjectrulesreviews", virtual=review)
