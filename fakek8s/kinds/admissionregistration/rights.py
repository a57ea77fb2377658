"""Who may configure a policy by objects: only who may read them.

Upstream: pkg/registry/admissionregistration authz.go of the policies and of their bindings, which
the strategies ask about what is otherwise valid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.auth.user import SYSTEM_MASTERS
from fakek8s.machinery.causes import forbidden

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.auth.user import User
    from fakek8s.kind import Operation, Rule
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_ALL = ("*", "*", "*")


def authorized(rules: Rule, rights: Rule) -> Rule:
    """The rules, and the question of rights about what keeps them all."""

    def rule(obj: Object, op: Operation) -> Iterator[FieldError]:
        found = list(rules(obj, op))
        yield from found
        if not found and SYSTEM_MASTERS not in op.user.groups:
            yield from rights(obj, op)

    return rule


def param_kind_rights(obj: Object, op: Operation) -> Iterator[FieldError]:
    """The writer of a policy may read all objects of its paramKind."""
    declared = obj["spec"].get("paramKind")
    if declared is None or (op.old or {}).get("spec", {}).get("paramKind") == declared:
        return
    (group, version, resource), _ = _resource_of(declared, op)
    if not _may(op, "get", group, version, resource, namespace="*", name="*"):
        text = (
            f'user {_shown(op.user)} must have "get" permission on all objects of the referenced '
            f"paramKind (kind={declared.get('kind', '')}, "
            f"apiVersion={declared.get('apiVersion', '')})"
        )
        yield forbidden("spec.paramKind", text)


def param_ref_rights(policies: str, *, swapped: bool = False) -> Rule:
    """The writer of a binding may read what its paramRef names.

    `policies` is the resource of the policies; swapped: the message names verb and user in each
    other's place.
    """

    def rights(obj: Object, op: Operation) -> Iterator[FieldError]:
        reference, name = obj["spec"].get("paramRef"), obj["spec"].get("policyName", "")
        if reference is None:
            return
        policy = op.reader.get(policies, "", name)
        declared = None if policy is None else policy["spec"].get("paramKind")
        (group, version, resource), known = (
            (_ALL, True) if declared is None else _resource_of(declared, op)
        )
        wanted, namespace = reference.get("name", ""), reference.get("namespace", "")
        verb = "get" if wanted else "list"
        if _may(op, verb, group, version, resource, namespace=namespace, name=wanted):
            return
        user = _shown(op.user)
        if policy is not None and known:
            who, what = (verb, user) if swapped else (user, verb)
            text = (
                f'user {who} does not have "{what}" permission on the object referenced by paramRef'
            )
        else:
            shown = "{{{apiVersion} {kind}}}".format(**(declared or {"apiVersion": "", "kind": ""}))
            unknown = f"get policy {name}" if policy is None else f"resolve paramKind &{shown}"
            text = (
                f"unable to {unknown} to determine minimum required permissions and user {user} "
                f'does not have "{verb}" permission for all groups, versions and resources'
            )
        yield forbidden("spec.paramRef", text)

    return rights


def _resource_of(declared: Object, op: Operation) -> tuple[tuple[str, str, str], bool]:
    """((group, version, resource), is the resource known?) of a paramKind; `*` is any."""
    api_version, name = declared.get("apiVersion", ""), declared.get("kind", "")
    group, _, version = api_version.rpartition("/")
    kind = op.settings["kind_of"](api_version, name)
    return (group, version, "*" if kind is None else kind.plural), kind is not None


def _may(
    op: Operation,
    verb: str,
    group: str,
    version: str,
    resource: str,
    *,
    namespace: str,
    name: str,
) -> bool:
    attributes = {
        "verb": verb,
        "group": group,
        "version": version,
        "resource": resource,
        "namespace": namespace,
        "name": name,
    }
    allowed, _ = op.settings["authorize"](op.user, attributes)
    return bool(allowed)


def _shown(user: User) -> str:
    """A user as Go's fmt prints one (%v of *user.DefaultInfo)."""
    extra = " ".join(f"{key}:[{' '.join(user.extra[key])}]" for key in sorted(user.extra))
    return f"&{{{user.name} {user.uid} [{' '.join(user.groups)}] map[{extra}]}}"
