"""Which requests a flow schema is about: by whom, for what.

Upstream: pkg/apis/flowcontrol/validation ValidateFlowSchemaPolicyRulesWithSubjects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.causes import forbidden, invalid, not_supported, required
from fakek8s.machinery.rules import label_name, subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_VERBS = (
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "proxy",
    "update",
    "watch",
)
_KINDS = ("Group", "ServiceAccount", "User")
#: Kind of subject -> the field that describes it, in the order of upstream's complaints.
_FIELDS = {"ServiceAccount": "serviceAccount", "User": "user", "Group": "group"}
_NAMESPACE = "each member of this list must be '*' or a DNS-1123 label; "


def policy_rules(rule: Object, path: str) -> Iterator[FieldError]:
    """ValidateFlowSchemaPolicyRulesWithSubjects."""
    if not rule.get("subjects"):
        yield required(f"{path}.subjects", "subjects must contain at least one value")
    for number, subject in enumerate(rule.get("subjects") or ()):
        yield from _subject_rules(subject, f"{path}.subjects[{number}]")
    resources, others = rule.get("resourceRules") or [], rule.get("nonResourceRules") or []
    if not resources and not others:
        text = "at least one of resourceRules and nonResourceRules has to be non-empty"
        yield required(path, text)
    for number, each in enumerate(resources):
        yield from _resource_rules(each, f"{path}.resourceRules[{number}]")
    for number, each in enumerate(others):
        yield from _non_resource_rules(each, f"{path}.nonResourceRules[{number}]")


def _subject_rules(subject: Object, path: str) -> Iterator[FieldError]:
    """ValidateFlowSchemaSubject."""
    kind = subject.get("kind", "")
    if kind not in _FIELDS:
        yield not_supported(f"{path}.kind", kind, _KINDS)
        return
    field = _FIELDS[kind]
    found, where = subject.get(field), f"{path}.{field}"
    if found is None:
        yield required(where, f"{field} is required when subject kind is '{kind}'")
    elif kind == "ServiceAccount":
        yield from _account_rules(found, where)
    elif not found.get("name"):
        yield required(f"{where}.name")
    for other, name in _FIELDS.items():
        if other != kind and subject.get(name) is not None:
            text = f"{name} is forbidden when subject kind is not '{other}'"
            yield forbidden(f"{path}.{name}", text)


def _account_rules(account: Object, path: str) -> Iterator[FieldError]:
    """ValidateServiceAccountSubject."""
    name, namespace = account.get("name", ""), account.get("namespace", "")
    if not name:
        yield required(f"{path}.name")
    elif name != "*":
        for message in subdomain_name(name, False):
            yield invalid(f"{path}.name", name, message)
    if not namespace:
        yield required(f"{path}.namespace", "must specify namespace for service account")
    for message in label_name(namespace, False) if namespace else ():
        yield invalid(f"{path}.namespace", namespace, message)


def _verb_rules(rule: Object, path: str) -> Iterator[FieldError]:
    verbs = rule.get("verbs") or []
    if not verbs:
        yield required(f"{path}.verbs", "verbs must contain at least one value")
    elif "*" in verbs:
        if len(verbs) > 1:
            text = "if '*' is present, must not specify other verbs"
            yield invalid(f"{path}.verbs", verbs, text)
    elif not set(verbs) <= set(_VERBS):
        yield not_supported(f"{path}.verbs", verbs, _VERBS)


def _resource_rules(rule: Object, path: str) -> Iterator[FieldError]:
    """ValidateFlowSchemaResourcePolicyRule."""
    yield from _verb_rules(rule, path)
    for name, one, many in (
        ("apiGroups", "api group", "api groups"),
        ("resources", "resource", "resources"),
    ):
        values = rule.get(name) or []
        if not values:
            yield required(f"{path}.{name}", f"resource rules must supply at least one {one}")
        elif len(values) > 1 and "*" in values:
            text = f"if '*' is present, must not specify other {many}"
            yield invalid(f"{path}.{name}", values, text)
    namespaces, where = rule.get("namespaces") or [], f"{path}.namespaces"
    if not namespaces and not rule.get("clusterScope"):
        text = "resource rules that are not cluster scoped must supply at least one namespace"
        yield required(where, text)
    elif "*" in namespaces:
        if len(namespaces) > 1:
            text = "if '*' is present, must not specify other namespaces"
            yield invalid(where, namespaces, text)
    else:
        for number, namespace in enumerate(namespaces):
            for message in label_name(namespace, False):
                yield invalid(f"{where}[{number}]", namespace, _NAMESPACE + message)


def _non_resource_rules(rule: Object, path: str) -> Iterator[FieldError]:
    """ValidateFlowSchemaNonResourcePolicyRule."""
    yield from _verb_rules(rule, path)
    urls, where = rule.get("nonResourceURLs") or [], f"{path}.nonResourceURLs"
    if not urls:
        yield required(where, "nonResourceURLs must contain at least one value")
    elif "*" in urls:
        if len(urls) > 1:
            text = "if '*' is present, must not specify other non-resource URLs"
            yield invalid(where, urls, text)
    else:
        for number, url in enumerate(urls):
            if problem := _url_problem(url):
                yield invalid(f"{where}[{number}]", url, problem)


def _url_problem(url: str) -> str:
    """ValidateNonResourceURLPath; "" if nothing is wrong."""
    if not url:
        return "must not be empty"
    if url == "/":
        return ""
    if not url.startswith("/"):
        return "must start with slash"
    if " " in url:
        return "must not contain white-space"
    if "//" in url:
        return "must not contain double slash"
    wildcards = url.count("*")
    if wildcards > 1 or (wildcards == 1 and not url.endswith("/*")):
        return "wildcard can only do suffix matching"
    return ""
