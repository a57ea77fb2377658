"""From an HTTP reply to an AdmissionReview, with the errors of client-go's REST client.

Upstream: client-go rest/request.go (transformResponse), apimachinery pkg/api/errors
NewGenericServerResponse.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from typing import TYPE_CHECKING, Any

import orjson

from fakek8s.machinery.printing import quote
from fakek8s.machinery.wire import scheme
from fakek8s.machinery.wire.jsontext import KindError, json_kind, version_and_kind
from fakek8s.machinery.wire.yamltext import yaml_to_json_value

if TYPE_CHECKING:
    from fakek8s.admission.caller import Reply

Object = dict[str, Any]

_GROUP = "admission.k8s.io"
_KIND = "AdmissionReview"
_VERSIONS = ("admission.k8s.io/v1", "admission.k8s.io/v1beta1")
#: How much of a text that tells of a failure is read.
_LONGEST = 2048
_GENERIC = {
    400: "the server rejected our request for an unknown reason",
    401: "the server has asked for the client to provide credentials",
    404: "the server could not find the requested resource",
    405: "the server does not allow this method on the requested resource",
    406: "the server was unable to respond with a content type that the client supports",
    409: "the server reported a conflict",
    410: "the server could not find the requested resource",
    415: "the server was unable to process the content type",
    422: "the server rejected our request due to an error in our request",
    429: "the server has received too many requests and has asked us to try again later",
    503: "the server is currently unable to handle the request",
    504: "the server was unable to return a response in the time allotted, but may still be "
    "processing the request",
}
#: Fields of a response: how Go names their types, and what Python has for them.
_FIELDS: dict[str, tuple[str, type]] = {
    "uid": ("types.UID", str),
    "allowed": ("bool", bool),
    "status": ("v1.Status", dict),
    "patch": ("[]uint8", str),
    "patchType": ("v1.PatchType", str),
    "auditAnnotations": ("map[string]string", dict),
    "warnings": ("[]string", list),
}


class ReplyError(Exception):
    """The reply holds no review; the message is client-go's."""


def read(reply: Reply, version: str) -> Object:
    """The AdmissionReview of a reply, of the version that was sent. Raises ReplyError."""
    api_version, kind, found = read_any(reply, f"{version}.{_KIND}")
    wanted = f"{_GROUP}/{version}"
    api_version, kind = scheme.with_defaults(api_version, kind, wanted, _KIND)
    if kind != _KIND or api_version not in _VERSIONS:
        raise ReplyError(scheme.not_registered(api_version, kind))
    if api_version != wanted:
        raise _other_type(scheme.version_of(api_version), kind, f"{version}.{_KIND}")
    _check_fields(found)
    return found


def read_any(reply: Reply, wanted: str) -> tuple[str, str, Object]:
    """(apiVersion, kind, object) of a reply; `wanted`: the Go type that is waited for.

    Raises ReplyError for failures and for no object.
    """
    if not 200 <= reply.code < 300:
        raise ReplyError(_problem(reply))
    if not reply.body:
        raise ReplyError(
            f"0-length response with status code: {reply.code} and content type: "
            f"{reply.content_type}"
        )
    api_version, kind, found = _parsed(reply.body)
    if (api_version, kind) == ("v1", "Status"):
        raise _other_type("v1", kind, wanted)
    return api_version, kind, found


def _other_type(version: str, kind: str, wanted: str) -> ReplyError:
    return ReplyError(f"converting ({version}.{kind}) to ({wanted}): unknown conversion")


def _parsed(body: bytes) -> tuple[str, str, Object]:
    try:
        api_version, kind, found = version_and_kind(body)
    except KindError as error:
        if not _is_json(body):
            return _parsed_yaml(body, error)
        raise ReplyError(str(error)) from None
    return api_version, kind, found or {}


def _is_json(body: bytes) -> bool:
    return body.lstrip()[:1] == b"{"


def _parsed_yaml(body: bytes, problem: KindError) -> tuple[str, str, Object]:
    """What is no JSON may be YAML."""
    try:
        value, _ = yaml_to_json_value(body)
        api_version, kind, found = version_and_kind(orjson.dumps(value))
    except KindError as error:
        raise ReplyError(str(error)) from None
    except ValueError:
        raise ReplyError(str(problem)) from None
    return api_version, kind, found or {}


def _check_fields(review: Object) -> None:
    response = review.get("response")
    if response is None:
        return
    if not isinstance(response, dict):
        raise _mismatch(response, "AdmissionReview.response", "v1.AdmissionResponse")
    for name, (go, wanted) in _FIELDS.items():
        value = response.get(name)
        if value is not None and not isinstance(value, wanted):
            raise _mismatch(value, f"AdmissionResponse.response.{name}", go)
    _check_base64(response.get("patch") or "")


def _mismatch(value: Any, path: str, go: str) -> ReplyError:
    return ReplyError(
        f"json: cannot unmarshal {json_kind(value)} into Go struct field {path} of type {go}"
    )


def _check_base64(text: str) -> None:
    try:
        b64decode(text, validate=True)
    except Base64Error:
        allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
        at = next((i for i, char in enumerate(text) if char not in allowed), len(text))
        raise ReplyError(f"illegal base64 data at input byte {at}") from None


def _problem(reply: Reply) -> str:
    """The error that a code means; a Status says it itself."""
    try:
        api_version, kind, found = version_and_kind(reply.body)
    except KindError:
        api_version, kind, found = "", "", None
    if (api_version, kind) == ("v1", "Status") and found.get("status") != "Success":
        return found.get("message") or ""
    text = "unknown"
    media = reply.content_type.partition(";")[0].strip().lower()
    if not media or media.startswith("text/"):
        text = reply.body[:_LONGEST].decode("utf-8", "replace").strip()
    if reply.code == 403:
        return text
    if reply.code in _GENERIC:
        return _GENERIC[reply.code]
    if reply.code >= 500:
        shown = quote(text)
        return f"an error on the server ({shown}) has prevented the request from succeeding"
    return (
        f"the server responded with the status code {reply.code} but did not return more "
        "information"
    )
