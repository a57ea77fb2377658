"""ServiceAccounts: identities of pods, and the secrets and pull secrets that come with them.

Upstream: pkg/registry/core/serviceaccount, pkg/apis/core/validation ValidateServiceAccount.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Action, Behaviour, Strategy
from fakek8s.kinds.core.serviceaccounttoken import default_expiration, prepare, request_token
from fakek8s.kinds.shared import cells
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fakek8s.kind import Operation

Object = dict[str, Any]

_ENFORCE = "kubernetes.io/enforce-mountable-secrets"


def keep_names_of_secrets(obj: Object, op: Operation) -> None:
    """cleanSecretReferences: a reference to a secret is its name and nothing else."""
    if secrets := obj.get("secrets"):
        obj["secrets"] = [{"name": secret.get("name", "")} for secret in secrets]


def annotation_warnings(obj: Object, op: Operation) -> Iterable[str]:
    """warnIfHasEnforceMountableSecretsAnnotation: only for who sets it anew."""
    before = op.old["metadata"].get("annotations") if op.old else None
    after = obj["metadata"].get("annotations")
    if _ENFORCE in (after or ()) and _ENFORCE not in (before or ()):
        yield (
            f"metadata.annotations[{_ENFORCE}]: deprecated in v1.32+; prefer separate namespaces "
            "to isolate access to mounted secrets"
        )


KIND = Behaviour(
    group="",
    plural="serviceaccounts",
    name=subdomain_name,
    main=Strategy(
        prepare=(keep_names_of_secrets,),
        rules=(finalizer_names,),
        warnings=(annotation_warnings,),
    ),
    subresources={
        "token": Action(
            act=request_token, answers_body=True, defaults=(default_expiration,), prepare=prepare
        )
    },
    cells=cells.row(),
    returns_deleted=True,
)
