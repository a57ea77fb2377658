"""Objects that configure admission, for tests: policies, bindings, webhook configurations."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]

GROUP = "admissionregistration.k8s.io"
RULES: list[Object] = [
    {
        "apiGroups": ["", "apps"],
        "apiVersions": ["v1"],
        "resources": ["configmaps", "deployments", "deployments/scale"],
        "operations": ["CREATE", "UPDATE"],
    }
]
#: What tests of mutation change: two containers' worth of nothing.
DEPLOYMENT: Object = {
    "metadata": {"name": "d"},
    "spec": {
        "replicas": 1,
        "selector": {"matchLabels": {"a": "b"}},
        "template": {
            "metadata": {"labels": {"a": "b"}},
            "spec": {"containers": [{"name": "c", "image": "i"}]},
        },
    },
}


def config_map(name: str = "a", **data: str) -> Object:
    """A ConfigMap."""
    return {"metadata": {"name": name}, "data": data}


def validating_policy(*validations: Object, **spec: Any) -> Object:
    """A ValidatingAdmissionPolicy `p` of these validations."""
    spec = {"matchConstraints": {"resourceRules": RULES}, **spec}
    return {"metadata": {"name": "p"}, "spec": {"validations": [*validations], **spec}}


def mutating_policy(*expressions: str, **spec: Any) -> Object:
    """A MutatingAdmissionPolicy `p`: lists are JSON patches, all else is applied."""
    spec = {"reinvocationPolicy": "Never", "matchConstraints": {"resourceRules": RULES}, **spec}
    return {
        "metadata": {"name": spec.pop("name", "p")},
        "spec": {"mutations": [*map(_mutation, expressions)], **spec},
    }


def _mutation(expression: str) -> Object:
    kind = "JSONPatch" if expression.startswith("[") else "ApplyConfiguration"
    field = "jsonPatch" if expression.startswith("[") else "applyConfiguration"
    return {"patchType": kind, field: {"expression": expression}}


def binding(policy: str = "p", *actions: str, **spec: Any) -> Object:
    """A binding `b-<policy>`, with actions if it is a validating one."""
    found: Object = {"policyName": policy, **spec}
    if actions:
        found["validationActions"] = [*actions]
    return {"metadata": {"name": f"b-{policy}"}, "spec": found}


def webhooks(*hooks: Object) -> Object:
    """A webhook configuration `w`."""
    return {"metadata": {"name": "w"}, "webhooks": [*hooks]}


def webhook(path: str, **more: Any) -> Object:
    """A webhook at a path of `https://hook.test`."""
    return {
        "name": f"{path}.example.com",
        "clientConfig": {"url": f"https://hook.test/{path}"},
        "rules": RULES,
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        **more,
    }
