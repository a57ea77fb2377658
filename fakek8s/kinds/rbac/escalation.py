"""Nobody gives away more than they hold: what roles and bindings may be written by whom.

Upstream: pkg/registry/rbac (escalation_check.go, helpers.go, */policybased), pkg/registry/rbac/
validation ConfirmNoEscalation, component-helpers auth/rbac/validation Covers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.auth.user import SYSTEM_MASTERS
from fakek8s.kinds.rbac.rights import GROUP
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fakek8s.kind import Operation

Object = dict[str, Any]

_EVERYTHING = (
    {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
    {"verbs": ["*"], "nonResourceURLs": ["*"]},
)
#: A rule's lists as escalation errors name them, in their order.
_PRINTED = (
    ("apiGroups", "APIGroups"),
    ("resources", "Resources"),
    ("nonResourceURLs", "NonResourceURLs"),
    ("resourceNames", "ResourceNames"),
    ("verbs", "Verbs"),
)
#: What garbage collection changes, and nobody's business.
_COLLECTED = frozenset({"ownerReferences", "finalizers", "managedFields", "selfLink"})


def guard_role(obj: Object, op: Operation, name: str) -> None:
    """A role's rules are the writer's own, or the writer may escalate; raises APIError 403."""
    if SYSTEM_MASTERS in op.user.groups or _may(op, "escalate", op.kind.plural, name):
        return
    if _collected_only(obj, op.old):
        return
    _confirm(obj.get("rules") or (), obj, op)
    if _aggregates(obj) or (op.old is not None and _aggregates(op.old)):
        rules, _ = op.settings["rules_of"](op.user, op.namespace)
        if any(missing(_EVERYTHING, rules)):
            raise _refusal(obj, op, "must have cluster-admin privileges to use the aggregationRule")


def guard_binding(obj: Object, op: Operation, name: str) -> None:
    """A role is bound by who holds its rights or may bind it; raises APIError 400, 403,
    404, 500."""
    if SYSTEM_MASTERS in op.user.groups or _collected_only(obj, op.old):
        return
    reference = obj["roleRef"]
    kind, role = reference.get("kind", ""), reference.get("name", "")
    if kind not in ("Role", "ClusterRole"):
        raise errors.plain(500, f"unsupported role reference kind: {quote(kind)}")
    plural = f"{kind.lower()}s"
    if _may(op, "bind", plural, role, reference.get("apiGroup", "")):
        return
    if kind == "Role" and not op.namespace:
        raise errors.namespace_required()
    home = op.namespace if kind == "Role" else ""
    found = op.reader.get(f"{plural}.{GROUP}", home, role)
    if found is None:
        # It is looked up by the storage of this request, which names its own resource.
        raise errors.not_found(op.kind.plural, GROUP, role)
    _confirm(found.get("rules") or (), obj, op)


def _may(op: Operation, verb: str, resource: str, name: str, group: str = GROUP) -> bool:
    attributes = {
        "verb": verb,
        "group": group,
        "version": "*",
        "resource": resource,
        "namespace": op.namespace,
        "name": name,
    }
    allowed, _ = op.settings["authorize"](op.user, attributes)
    return bool(allowed)


def _confirm(rules: Iterable[Object], obj: Object, op: Operation) -> None:
    """ConfirmNoEscalation; raises APIError 403."""
    held, trouble = op.settings["rules_of"](op.user, op.namespace, f"{op.kind.plural}.{GROUP}")
    beyond = list(missing(rules, held))
    if not beyond:
        return
    lines = sorted({_printed(rule) for rule in _compacted(beyond)})
    who = f"user {quote(op.user.name)} (groups={_list(op.user.groups)})"
    text = "\n".join((f"{who} is attempting to grant RBAC permissions not currently held:", *lines))
    if trouble:
        found = trouble[0] if len(trouble) == 1 else f"[{', '.join(trouble)}]"
        text += f"; resolution errors: [{found}]"
    raise _refusal(obj, op, text)


def _refusal(obj: Object, op: Operation, why: str) -> errors.APIError:
    return errors.forbidden(op.kind.plural, GROUP, obj["metadata"].get("name", ""), why)


def missing(rules: Iterable[Object], held: Iterable[Object]) -> Iterator[Object]:
    """The parts of rules that no held rule covers (Covers): each of one verb and one resource."""
    held = list(held)
    for rule in rules:
        for part in _parts(rule):
            if not any(_covers(owned, part) for owned in held):
                yield part


def _parts(rule: Object) -> Iterator[Object]:
    """BreakdownRule."""
    names = [[name] for name in rule.get("resourceNames") or ()]
    verbs = rule.get("verbs") or ()
    for group in rule.get("apiGroups") or ():
        for resource in rule.get("resources") or ():
            for verb in verbs:
                part = {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
                if not names:
                    yield part
                for name in names:
                    yield {**part, "resourceNames": name}
    for url in rule.get("nonResourceURLs") or ():
        for verb in verbs:
            yield {"nonResourceURLs": [url], "verbs": [verb]}


def _covers(owned: Object, part: Object) -> bool:
    """ruleCovers."""

    def has(field: str) -> bool:
        mine = owned.get(field) or ()
        return "*" in mine or all(value in mine for value in part.get(field) or ())

    names = owned.get("resourceNames") or ()
    wanted = part.get("resourceNames") or ()
    return (
        has("verbs")
        and has("apiGroups")
        and _covers_resources(owned.get("resources") or (), part.get("resources") or ())
        and (not names or (bool(wanted) and all(name in names for name in wanted)))
        and all(
            any(_covers_url(mine, url) for mine in owned.get("nonResourceURLs") or ())
            for url in part.get("nonResourceURLs") or ()
        )
    )


def _covers_resources(owned: Iterable[str], wanted: Iterable[str]) -> bool:
    mine = set(owned)
    if "*" in mine:
        return True
    for resource in wanted:
        _, slash, subresource = resource.partition("/")
        if resource not in mine and not (slash and f"*/{subresource}" in mine):
            return False
    return True


def _covers_url(owned: str, wanted: str) -> bool:
    return owned == wanted or (owned.endswith("*") and wanted.startswith(owned.rstrip("*")))


def _compacted(parts: list[Object]) -> list[Object]:
    """CompactRules: parts about the same resource as one, with all their verbs."""
    found: list[Object] = []
    known: dict[tuple[str, ...], Object] = {}
    for part in parts:
        if part.get("nonResourceURLs"):
            found.append(part)
            continue
        key = (*part["apiGroups"], *part["resources"], *part.get("resourceNames", ()))
        rule = known.get(key)
        if rule is None:
            known[key] = rule = {**part, "verbs": []}
            found.append(rule)
        rule["verbs"] += part["verbs"]
    return found


def _printed(rule: Object) -> str:
    """CompactString."""
    shown = [f"{name}:{_list(rule[field])}" for field, name in _PRINTED if rule.get(field)]
    return f"{{{', '.join(shown)}}}"


def _list(values: Iterable[str]) -> str:
    """Strings as Go's %q prints a slice of them."""
    return f"[{' '.join(map(quote, values))}]"


def _aggregates(role: Object) -> bool:
    return bool((role.get("aggregationRule") or {}).get("clusterRoleSelectors"))


def _collected_only(obj: Object, old: Object | None) -> bool:
    """IsOnlyMutatingGCFields: nothing changes but what garbage collection changes."""
    return old is not None and _essence(obj) == _essence(old)


def _essence(obj: Object) -> Any:
    metadata = {k: v for k, v in obj["metadata"].items() if k not in _COLLECTED}
    return _pruned({**obj, "metadata": metadata})


def _pruned(value: Any) -> Any:
    """Without what is empty, which is equal to what is not there (equality.Semantic)."""
    if isinstance(value, dict):
        pruned = {key: _pruned(each) for key, each in value.items()}
        return {key: each for key, each in pruned.items() if each not in (None, [], {})}
    if isinstance(value, list):
        return [_pruned(each) for each in value]
    return value
