"""TokenRequests: a token for a service account, for a while, bound to an object or not.

Upstream: pkg/registry/core/serviceaccount/storage/token.go, pkg/apis/authentication/validation,
pkg/serviceaccount/claims.go.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.kinds.shared.podtemplate.projected import token_lifetime_rules
from fakek8s.machinery.causes import invalid, not_supported
from fakek8s.machinery.names import is_dns1123_subdomain, is_path_segment_name
from fakek8s.machinery.printing import quote
from fakek8s.machinery.timestamps import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Engine, Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_GROUP, _KIND = "authentication.k8s.io", "TokenRequest"
_HOUR = 3600
#: The lifetime that kubelets ask for: such tokens of pods live on for a year, and only warn.
_WARN_AFTER, _EXTENDED = _HOUR + 7, 365 * 24 * _HOUR
_WEBHOOKS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
_WEBHOOK_VERSION = "admissionregistration.k8s.io/v1"
_WEBHOOK_GATE = "APIServerWebhookAuthenticationToken"
_ATTESTATION = "admissionReviewAPIGroups"
#: What a token may be bound to: its resource, and whether that lives in a namespace.
_BINDABLE = {"Pod": ("pods", True), "Node": ("nodes", False), "Secret": ("secrets", True)}


def default_expiration(request: Object) -> None:
    """SetDefaults_TokenRequestSpec: an hour."""
    spec = request.setdefault("spec", {})
    if spec.get("expirationSeconds") is None:
        spec["expirationSeconds"] = _HOUR


def prepare(request: Object, op: Operation) -> None:
    """Says whom and what a request is for, and checks it. Raises APIError: 404, 409, 422."""
    metadata, spec = request["metadata"], request["spec"]
    _check_name(metadata, op)
    if op.old is None:
        raise errors.not_found("serviceaccounts", "", op.name)
    account = op.old["metadata"]
    _check_uid(metadata, account)
    if not spec.get("audiences"):
        spec["audiences"] = [op.settings["issuer"].name]
    metadata |= {"name": op.name, "namespace": op.namespace, "uid": account["uid"]}
    metadata["creationTimestamp"] = format_time(op.now)
    request["status"] = {"token": "", "expirationTimestamp": None}
    if causes := list(_rules(spec)):
        raise errors.invalid(_KIND, _GROUP, "", causes)


async def request_token(request: Object, op: Operation, engine: Engine) -> tuple[int, Object]:
    """POST serviceaccounts/token. Raises APIError: 400, 404, 409."""
    assert op.old is not None
    spec, account = request["spec"], op.old["metadata"]
    issuer, audiences = op.settings["issuer"], spec["audiences"]
    bound = _bound(spec.get("boundObjectRef"), op)
    seconds: int = spec["expirationSeconds"]
    private: Object = {"namespace": op.namespace, "serviceaccount": _reference(account), **bound}
    lifetime = seconds
    if "pod" in bound and seconds == _WARN_AFTER and set(audiences) <= {issuer.name}:
        lifetime = _EXTENDED
        private["warnafter"] = int(op.now.timestamp()) + seconds
    now = int(op.now.timestamp())
    claims = {
        "aud": audiences,
        "exp": now + lifetime,
        "iat": now,
        "nbf": now,
        "jti": op.ids.uid(),
        "sub": f"system:serviceaccount:{op.namespace}:{op.name}",
        "kubernetes.io": private,
    }
    status = {
        "token": issuer.sign(claims),
        "expirationTimestamp": format_time(op.now + timedelta(seconds=seconds)),
    }
    return 201, {**request, "status": status}


def _check_name(metadata: Object, op: Operation) -> None:
    """Raises APIError 422 unless the body names the account of the path, or none."""
    name = metadata.get("name", "")
    if name and name != op.name:
        text = "must match the service account name if specified"
        raise errors.invalid(_KIND, _GROUP, op.name, [invalid("metadata.name", name, text)])


def _check_uid(metadata: Object, account: Object) -> None:
    """Raises APIError 409 unless the body is about this very account, or says nothing of it."""
    uid, found = metadata.get("uid", ""), account["uid"]
    if uid and uid != found:
        why = (
            f"the UID in the token request ({uid}) does not match "
            f"the UID of the service account ({found})"
        )
        raise errors.conflict(_KIND, _GROUP, account["name"], why)


def _rules(spec: Object) -> Iterator[FieldError]:
    """ValidateTokenRequest."""
    seconds, attestations = spec["expirationSeconds"], spec.get("attestations")
    if not _is_webhook(spec.get("boundObjectRef")) and attestations:
        text = "attestations may only be specified with a webhook bound object reference"
        yield invalid("spec.attestations", attestations, text)
        return
    yield from token_lifetime_rules(seconds, "spec.expirationSeconds")
    if _is_webhook(spec.get("boundObjectRef")):
        audiences = spec["audiences"]
        if len(audiences) != 1:
            text = "must be length 1 when bound to a webhook config"
            yield invalid("spec.audiences", audiences, text)
        yield from _attestation_rules(attestations or {})


def _attestation_rules(attestations: Object) -> Iterator[FieldError]:
    path = "spec.attestations"
    if len(attestations) != 1:
        text = "webhook bound requests require exactly one admissionReviewAPIGroups attestation"
        yield invalid(path, attestations or None, text)
        return
    key, values = next(iter(attestations.items()))
    path = f"{path}[{key}]"
    if key != _ATTESTATION:
        yield not_supported(path, key, (_ATTESTATION,))
    elif len(values or ()) != 1:
        yield invalid(path, values, "must specify a single value")
    elif not values[0]:
        yield invalid(f"{path}[0]", "", "may not be an empty string")
    elif values[0] != "*":
        for text in is_dns1123_subdomain(values[0]):
            yield invalid(f"{path}[0]", values[0], f"must specify a valid API Group: {text}")


def _is_webhook(reference: Object | None) -> bool:
    return (
        reference is not None
        and reference.get("kind") in _WEBHOOKS
        and reference.get("apiVersion") == _WEBHOOK_VERSION
    )


def _bound(reference: Object | None, op: Operation) -> dict[str, Object]:
    """The claims about what a token is bound to; raises APIError 400, 404, 409."""
    if reference is None:
        return {}
    group, version, kind = _type_of(reference)
    if group or kind not in _BINDABLE:
        shown = f"{group}/{version}, Kind={kind}"
        gate = f" (feature gate {_WEBHOOK_GATE} is disabled)" if _is_webhook(reference) else ""
        raise errors.bad_request(f"cannot bind token to object of type {shown}{gate}")
    resource, namespaced = _BINDABLE[kind]
    name = reference.get("name", "")
    if not name:
        raise errors.bad_request("Name parameter required.")
    if wrong := is_path_segment_name(name):
        text = f"Name parameter invalid: {quote(name)}: {';'.join(wrong)}"
        raise errors.bad_request(text)
    found = op.reader.get(resource, op.namespace if namespaced else "", name)
    if found is None:
        raise errors.not_found(resource, "", name)
    claims = {kind.lower(): _reference(found["metadata"])}
    if kind == "Pod":
        claims.update(_of_pod(found, op))
    uid, meant = found["metadata"]["uid"], reference.get("uid", "")
    if meant and uid != meant:
        why = (
            f"the UID in the bound object reference ({meant}) does not match the UID in record. "
            "The object might have been deleted and then recreated"
        )
        raise errors.conflict(kind, group, name, why)
    return claims


def _of_pod(pod: Object, op: Operation) -> dict[str, Object]:
    """What a pod's token says of its node; raises APIError 400 for another account's pod."""
    spec = pod["spec"]
    if spec.get("serviceAccountName", "") != op.name:
        raise errors.bad_request(
            f"cannot bind token for serviceaccount {quote(op.name)} "
            "to pod running with different serviceaccount name."
        )
    name = spec.get("nodeName", "")
    if not name:
        return {}
    node = op.reader.get("nodes", "", name)
    return {"node": _reference(node["metadata"]) if node else {"name": name}}


def _type_of(reference: Object) -> tuple[str, str, str]:
    """schema.FromAPIVersionAndKind; an apiVersion that is none leaves the kind alone."""
    group, _, version = reference.get("apiVersion", "").rpartition("/")
    kind = reference.get("kind", "")
    return ("", "", kind) if "/" in group else (group, version, kind)


def _reference(metadata: Object) -> Object:
    return {"name": metadata["name"], "uid": metadata["uid"]}
