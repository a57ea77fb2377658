"""ServiceAccount: every pod runs as an account of its namespace and gets its token.

Source: kubernetes plugin/pkg/admission/serviceaccount.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.admission.engine import registry_of
from fakek8s.admission.plugin import Plugin, name_problem, refuse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator

    from fakek8s.kind import Operation

Object = dict[str, Any]

_ACCOUNTS = "serviceaccounts"
_DEFAULT = "default"
#: Seconds: upstream looks ten times for a default account, 0.1 to 0.2 apart.
_PATIENCE = 1.5
_MIRROR = "kubernetes.io/config.mirror"
_ENFORCE = "kubernetes.io/enforce-mountable-secrets"
_MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
_VOLUME = "kube-api-access-"
#: serviceaccount.WarnOnlyBoundTokenExpirationSeconds: an hour and seven seconds, which tells
#: the token's issuer that a longer lived one will do.
_EXPIRATION = 3607
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
#: The containers of which a write may name new secrets, and what they are called.
_CREATED = (("init container", "initContainers"), ("container", "containers"))
_EPHEMERAL = (("ephemeral container", "ephemeralContainers"),)


def _admit(obj: Object, op: Operation) -> Awaitable[None] | None:
    if op.verb != "create" or op.subresource:
        return None
    if _MIRROR in (obj["metadata"].get("annotations") or {}):
        _validate(obj, op)
        return None
    spec = obj.setdefault("spec", {})
    if not spec.get("serviceAccountName"):
        spec["serviceAccountName"] = _DEFAULT
        spec["serviceAccount"] = _DEFAULT
    if spec["serviceAccountName"] == _DEFAULT and _is_coming(op):
        return _once_there(obj, op)
    _run_as(obj, spec, op)
    return None


def _is_coming(op: Operation) -> bool:
    """Whether the namespace's default account is not there yet, and somebody will make it."""
    made: bool = op.settings.get("makes_accounts", False)
    return made and op.reader.get(_ACCOUNTS, op.namespace, _DEFAULT) is None


async def _once_there(obj: Object, op: Operation) -> None:
    """What comes right after its namespace is as patient as upstream (getServiceAccount)."""
    registry = registry_of(op)
    clock, signal = registry.clock, registry.store.signal(_ACCOUNTS)
    deadline = clock.monotonic() + _PATIENCE
    while _is_coming(op) and not signal.closed and (left := deadline - clock.monotonic()) > 0:
        await signal.wait(signal.revision, left)
    _run_as(obj, obj["spec"], op)


def _run_as(obj: Object, spec: Object, op: Operation) -> None:
    account = _account(obj, op)
    automount = spec.get("automountServiceAccountToken")
    if automount is None:
        automount = account.get("automountServiceAccountToken", True)
    if automount:
        _mount_token(spec, op)
    if not spec.get("imagePullSecrets") and account.get("imagePullSecrets"):
        spec["imagePullSecrets"] = [
            {"name": s["name"]} if s.get("name") else {} for s in account["imagePullSecrets"]
        ]
    _limit(obj, op, account, _CREATED, volumes=True)


def _account(obj: Object, op: Operation) -> Object:
    name = obj.get("spec", {}).get("serviceAccountName", "")
    found = op.reader.get(_ACCOUNTS, op.namespace, name)
    if found is None:
        problem = name_problem(name) or f'serviceaccount "{name}" not found'
        where = f"{op.namespace}/{name}"
        raise refuse(op, obj, f"error looking up service account {where}: {problem}")
    return found


def _mount_token(spec: Object, op: Operation) -> None:
    volumes = spec.get("volumes") or []
    known = ""
    for volume in volumes:
        if volume.get("name", "").startswith(_VOLUME):
            known = volume["name"]
            break
    name = known or _VOLUME + op.ids.suffix()
    mount = {"name": name, "readOnly": True, "mountPath": _MOUNT}
    needed = False
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        mounts = container.get("volumeMounts")
        if not mounts:
            container["volumeMounts"] = [mount]
            needed = True
        elif all(m.get("mountPath") != _MOUNT for m in mounts):
            container["volumeMounts"] = [*mounts, mount]
            needed = True
    if needed and not known:
        spec["volumes"] = [*volumes, {"name": name, "projected": _token_volume()}]


def _token_volume() -> Object:
    return {
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": _EXPIRATION, "path": "token"}},
            {
                "configMap": {
                    "name": "kube-root-ca.crt",
                    "items": [{"key": "ca.crt", "path": "ca.crt"}],
                }
            },
            {
                "downwardAPI": {
                    "items": [
                        {
                            "path": "namespace",
                            "fieldRef": {
                                "apiVersion": "v1",
                                "fieldPath": "metadata.namespace",
                            },
                        }
                    ]
                }
            },
        ],
        "defaultMode": 420,
    }


def _validate(obj: Object, op: Operation) -> None:
    spec = obj.get("spec", {})
    if op.verb == "update":
        if op.subresource == "ephemeralcontainers":
            _limit(obj, op, _account(obj, op), _EPHEMERAL, volumes=False)
        return
    if op.subresource:
        return
    if _MIRROR in (obj["metadata"].get("annotations") or {}):
        _check_mirror(obj, spec, op)
        return
    if not spec.get("serviceAccountName"):
        name = obj["metadata"].get("name", "")
        raise refuse(op, obj, f"no service account specified for pod {op.namespace}/{name}")
    _limit(obj, op, _account(obj, op), _CREATED, volumes=True)


def _check_mirror(obj: Object, spec: Object, op: Operation) -> None:
    if spec.get("serviceAccountName"):
        raise refuse(op, obj, "a mirror pod may not reference service accounts")
    if any(True for _ in secret_names(spec)):
        raise refuse(op, obj, "a mirror pod may not reference secrets")
    for volume in spec.get("volumes") or ():
        sources = (volume.get("projected") or {}).get("sources") or ()
        if any("serviceAccountToken" in source for source in sources):
            raise refuse(op, obj, "a mirror pod may not use ServiceAccountToken volume projections")


def secret_names(spec: Object) -> Iterator[str]:
    """The secrets that a pod spec names (podutil.VisitPodSecretNames)."""
    for reference in spec.get("imagePullSecrets") or ():
        yield reference.get("name", "")
    for name in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(name) or ():
            for _, secret in _container_secrets(container):
                yield secret
    for volume in spec.get("volumes") or ():
        if "secret" in volume:
            yield volume["secret"].get("secretName", "")
        for source in (volume.get("projected") or {}).get("sources") or ():
            if "secret" in source:
                yield source["secret"].get("name", "")


def _container_secrets(container: Object) -> Iterator[tuple[str, str]]:
    """(where, secret name) of one container's environment."""
    for env in container.get("env") or ():
        reference = (env.get("valueFrom") or {}).get("secretKeyRef")
        if reference is not None:
            yield f"envVar {env.get('name', '')}", reference.get("name", "")
    for source in container.get("envFrom") or ():
        if "secretRef" in source:
            yield "envFrom", source["secretRef"].get("name", "")


def _limit(
    obj: Object,
    op: Operation,
    account: Object,
    lists: tuple[tuple[str, str], ...],
    *,
    volumes: bool,
) -> None:
    """Refuses secrets that an account with the enforcing annotation does not list."""
    annotations = account["metadata"].get("annotations") or {}
    if annotations.get(_ENFORCE, "") not in _TRUE:
        return
    spec = obj["spec"]
    name = account["metadata"]["name"]
    allowed = {s.get("name", "") for s in account.get("secrets") or ()}
    end = f"is not allowed because service account {name} does not reference that"
    for volume in spec.get("volumes") or () if volumes else ():
        secret = (volume.get("secret") or {}).get("secretName", "") if "secret" in volume else None
        if secret is not None and secret not in allowed:
            raise refuse(op, obj, f'volume with secret.secretName="{secret}" {end} secret')
    for label, field in lists:
        for container in spec.get(field) or ():
            for where, secret in _container_secrets(container):
                if secret not in allowed:
                    text = (
                        f"{label} {container.get('name', '')} with {where} "
                        f'referencing secret.secretName="{secret}" {end} secret'
                    )
                    # Of ephemeral containers upstream refuses bluntly.
                    raise refuse(op, obj, text) if volumes else errors.plain(500, text)
    if not volumes:
        return
    allowed = {s.get("name", "") for s in account.get("imagePullSecrets") or ()}
    for number, reference in enumerate(spec.get("imagePullSecrets") or ()):
        secret = reference.get("name", "")
        if secret not in allowed:
            raise refuse(
                op, obj, f'imagePullSecrets[{number}].name="{secret}" {end} imagePullSecret'
            )


PLUGIN = Plugin(
    name="ServiceAccount",
    resources=frozenset({"pods"}),
    subresources=frozenset({"", "ephemeralcontainers"}),
    mutate=_admit,
    validate=_validate,
)
