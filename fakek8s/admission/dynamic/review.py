"""AdmissionReview: what a webhook is sent, and what it may answer.

Upstream: apiserver pkg/admission/plugin/webhook/request/admissionreview.go.
"""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from fakek8s.admission.dynamic.attributes import Versioned
    from fakek8s.admission.dynamic.matching import Match

Object = dict[str, Any]

_GROUP = "admission.k8s.io"
#: The versions that are spoken, by the order in which a webhook names them.
VERSIONS = ("v1", "v1beta1")


class ReviewError(Exception):
    """The answer is none; the message is upstream's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a webhook said. patch: JSON, b"" for none."""

    allowed: bool
    status: Object | None = None
    patch: bytes = b""
    patch_type: str = ""
    warnings: list[str] = field(default_factory=list)


def request(version: str, uid: str, versioned: Versioned, match: Match) -> Object:
    """The review that is sent."""
    attributes = versioned.attributes
    subresource = attributes.subresource
    found: Object = {"uid": uid, "kind": match.kind._asdict(), "resource": match.resource._asdict()}
    if subresource:
        found["subResource"] = subresource
    found["requestKind"] = attributes.kind._asdict()
    found["requestResource"] = attributes.resource._asdict()
    if subresource:
        found["requestSubResource"] = subresource
    if attributes.name:
        found["name"] = attributes.name
    if attributes.namespace:
        found["namespace"] = attributes.namespace
    found["operation"] = attributes.operation
    found["userInfo"] = attributes.user.info()
    found["object"] = versioned.object
    found["oldObject"] = versioned.old
    found["dryRun"] = attributes.op.dry_run
    found["options"] = attributes.options or None
    return {"kind": "AdmissionReview", "apiVersion": f"{_GROUP}/{version}", "request": found}


def verdict(answer: Any, version: str, uid: str, *, mutating: bool) -> Verdict:
    """What an answer says (VerifyAdmissionResponse); raises ReviewError."""
    kind = {} if not isinstance(answer, dict) else answer
    response = kind.get("response")
    if not isinstance(response, dict):
        raise ReviewError("webhook response was absent")
    if version == "v1":
        _check_v1(kind, response, uid, mutating=mutating)
    patch, patch_type = b"", ""
    if mutating and response.get("patch"):
        patch = b64decode(response["patch"])
        patch_type = response.get("patchType") or "" if version == "v1" else "JSONPatch"
    return Verdict(
        allowed=response.get("allowed") is True,
        status=response.get("status"),
        patch=patch,
        patch_type=patch_type,
        warnings=list(response.get("warnings") or ()),
    )


def _check_v1(answer: Object, response: Object, uid: str, *, mutating: bool) -> None:
    found = response.get("uid") or ""
    if found != uid:
        raise ReviewError(f"expected response.uid={quote(uid)}, got {quote(found)}")
    wanted = f"{_GROUP}/v1, Kind=AdmissionReview"
    given = f"{_api_version(answer.get('apiVersion') or '')}, Kind={answer.get('kind') or ''}"
    if given != wanted:
        raise ReviewError(f"expected webhook response of {wanted}, got {given}")
    patch, patch_type = response.get("patch"), response.get("patchType")
    if not mutating:
        for name, value in (("patch", patch), ("patchType", patch_type)):
            if value or (name == "patchType" and value is not None):
                raise ReviewError(f"validating webhook may not return response.{name}")
        return
    if patch and patch_type is None:
        raise ReviewError("webhook returned response.patch but not response.patchType")
    if not patch and patch_type is not None:
        raise ReviewError("webhook returned response.patchType but not response.patch")
    if patch_type == "":
        raise ReviewError(f"webhook returned invalid response.patchType of {quote(patch_type)}")


def _api_version(text: str) -> str:
    return text if "/" in text else f"/{text}"
