"""PodSecurity: pods keep to the level of the Pod Security Standards that their namespace sets.

Source: k8s.io/pod-security-admission admission, kubernetes plugin/pkg/admission/security. Nobody
is exempt, and namespaces without labels are privileged, as without a configuration file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.admission.plugin import Plugin
from fakek8s.admission.standards.checks import details, findings, reasons
from fakek8s.admission.standards.policy import LEVELS, PRIVILEGED, asks, policy_of
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fakek8s.admission.standards.policy import Standard
    from fakek8s.kind import Operation

Object = dict[str, Any]

_NAMESPACES, _PODS = "namespaces", "pods"
#: Where each workload keeps its pod template.
_TEMPLATES: dict[str, tuple[str, ...]] = {
    "podtemplates": ("template",),
    "replicationcontrollers": ("spec", "template"),
    "replicasets.apps": ("spec", "template"),
    "deployments.apps": ("spec", "template"),
    "statefulsets.apps": ("spec", "template"),
    "daemonsets.apps": ("spec", "template"),
    "jobs.batch": ("spec", "template"),
    "cronjobs.batch": ("spec", "jobTemplate", "spec", "template"),
}
_IGNORED = frozenset(
    {"exec", "attach", "binding", "eviction", "log", "portforward", "proxy", "status"}
)
#: defaultNamespaceMaxPodsToCheck.
_MOST_PODS = 3000
#: The newest version of the standards: what "latest" and later ones mean.
_NEWEST = 37


def _validate(obj: Object, op: Operation) -> None:
    if op.kind.resource == _NAMESPACES:
        if not op.subresource:
            _check_namespace(obj, op)
    elif op.kind.resource == _PODS:
        if op.subresource not in _IGNORED:
            _check_pod(obj, op)
    elif not op.subresource:
        _check_workload(obj, op)


def _labels_of(op: Operation) -> Object | None:
    namespace = op.reader.get(_NAMESPACES, "", op.namespace)
    found: Object | None = namespace["metadata"].get("labels") if namespace else None
    return found


def _check_pod(pod: Object, op: Operation) -> None:
    labels = _labels_of(op)
    if not labels or not asks(labels):
        return
    policy, _ = policy_of(labels)
    if op.verb == "update" and not _is_significant(pod["spec"], (op.old or {}).get("spec") or {}):
        return
    metadata, spec = pod["metadata"], pod["spec"]
    found = findings(policy.enforce, metadata, spec, _NEWEST)
    if found:
        why = f"violates PodSecurity {quote(str(policy.enforce))}: {details(found)}"
        raise errors.forbidden(op.kind.plural, op.kind.group, metadata.get("name", ""), why)
    _warn(policy.warn, metadata, spec, op)


def _check_workload(obj: Object, op: Operation) -> None:
    policy, _ = policy_of(_labels_of(op))
    if policy.warn.level == PRIVILEGED:
        return
    template: Object | None = obj
    for field in _TEMPLATES[op.kind.resource]:
        template = (template or {}).get(field)
    if template is not None:
        _warn(policy.warn, template.get("metadata") or {}, template.get("spec") or {}, op)


def _warn(standard: Standard, metadata: Object, spec: Object, op: Operation) -> None:
    found = findings(standard, metadata, spec, _NEWEST)
    if found:
        op.warn(f"would violate PodSecurity {quote(str(standard))}: {details(found)}")


def _is_significant(new: Object, old: Object) -> bool:
    """isSignificantPodUpdate: another image, or other containers."""
    for field in ("containers", "initContainers"):
        before = [c.get("image", "") for c in old.get(field) or ()]
        if before != [c.get("image", "") for c in new.get(field) or ()]:
            return True
    known: dict[str, str] = {}
    for container in old.get("ephemeralContainers") or ():
        known.setdefault(container.get("name", ""), container.get("image", ""))
    return any(
        known.get(c.get("name", "")) != c.get("image", "")
        for c in new.get("ephemeralContainers") or ()
    )


def _check_namespace(namespace: Object, op: Operation) -> None:
    metadata = namespace["metadata"]
    policy, wrong = policy_of(metadata.get("labels"))
    before, was_wrong = policy_of(op.old["metadata"].get("labels") if op.old else None)
    if wrong and (op.old is None or wrong != was_wrong):
        raise errors.invalid(op.kind.kind, op.kind.group, metadata.get("name", ""), wrong)
    if op.old is None or policy.enforce == before.enforce:
        return
    new, old = policy.enforce, before.enforce
    if new.level == PRIVILEGED:
        return
    if new.minor == old.minor and LEVELS.index(new.level) <= LEVELS.index(old.level):
        return
    for text in _existing(metadata["name"], new, op):
        op.warn(text)


def _existing(namespace: str, standard: Standard, op: Operation) -> Iterable[str]:
    """EvaluatePodsInNamespace: which pods would not be let in any more."""
    pods = _first_of_each(op.reader.list(_PODS, namespace))
    if len(pods) > _MOST_PODS:
        yield (
            "new PodSecurity enforce level only checked against the first "
            f"{_MOST_PODS} of {len(pods)} existing pods"
        )
    names: dict[str, list[str]] = {}
    for pod in pods[:_MOST_PODS]:
        found = findings(standard, pod["metadata"], pod["spec"], _NEWEST)
        if found:
            names.setdefault(reasons(found), []).append(pod["metadata"]["name"])
    if names:
        yield (
            f"existing pods in namespace {quote(namespace)} violate the new "
            f"PodSecurity enforce level {quote(str(standard))}"
        )
    yield from sorted(f"{_named(pods)}: {reason}" for reason, pods in names.items())


def _named(pods: list[str]) -> str:
    first, more = min(pods), len(pods) - 1
    if not more:
        return first
    return f"{first} (and {more} other {'pod' if more == 1 else 'pods'})"


def _first_of_each(pods: Iterable[Object]) -> list[Object]:
    """prioritizePods: the further pods of one controller come last."""
    first, rest, seen = [], [], set[str]()
    for pod in pods:
        owners = pod["metadata"].get("ownerReferences") or ()
        uid = next((o.get("uid", "") for o in owners if o.get("controller")), None)
        if uid is not None and uid in seen:
            rest.append(pod)
            continue
        first.append(pod)
        if uid is not None:
            seen.add(uid)
    return [*first, *rest]


PLUGIN = Plugin(
    name="PodSecurity",
    resources=frozenset({_NAMESPACES, _PODS, *_TEMPLATES}),
    subresources=None,
    validate=_validate,
)
