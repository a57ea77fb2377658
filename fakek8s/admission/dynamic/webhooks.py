"""Webhooks: which are asked about a write, how they are called, what their failures mean.

Upstream: apiserver pkg/admission/plugin/webhook (generic/webhook.go and the dispatchers),
pkg/util/webhook/client.go.
"""

from __future__ import annotations

import posixpath
from base64 import b64decode
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson

from fakek8s import errors
from fakek8s.admission.caller import Call, CallError
from fakek8s.admission.dynamic import review
from fakek8s.admission.dynamic.expressions import ConditionError, Conditions
from fakek8s.admission.dynamic.matching import Selectors, find
from fakek8s.admission.dynamic.services import resolve
from fakek8s.machinery.cel.policies import Compiler, Needs
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fakek8s.admission.caller import Caller
    from fakek8s.admission.dynamic.attributes import Attributes, Versioned
    from fakek8s.admission.dynamic.expressions import Write
    from fakek8s.admission.dynamic.matching import Match
    from fakek8s.admission.dynamic.review import Verdict

Object = dict[str, Any]

#: Webhooks aren't asked about what says which are asked.
EXEMPT = frozenset(
    f"{plural}.admissionregistration.k8s.io"
    for plural in (
        "validatingwebhookconfigurations",
        "mutatingwebhookconfigurations",
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings",
    )
)
_DRY = ("None", "NoneOnDryRun")
_NEEDS = Needs(authorizer=True)
_SERVER_ERROR = 500
_BAD = 400


class WebhookFailure(Exception):
    """A webhook could not be called or answered nonsense: failurePolicy says what that means."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"failed calling webhook {quote(name)}: {why}")


class Webhook:
    """One webhook of one configuration. key: tells it from all others."""

    def __init__(self, source: Object, key: str) -> None:
        self.key = key
        self.name: str = source["name"]
        self.fails = source.get("failurePolicy", "Fail") != "Ignore"
        self.again = source.get("reinvocationPolicy") == "IfNeeded"
        self._source = source
        self._selectors = Selectors(source)
        self._conditions: Conditions | None = None

    def match(
        self,
        write: Write,
        obj: Object | None,
        versioned: Callable[[Match], Versioned],
    ) -> Match | None:
        """How a write matches, None if it doesn't (ShouldCallHook). `obj`: as it is now.

        Raises APIError.
        """
        attributes, source = write.attributes, self._source
        matches, problem = self._selectors.match(attributes, obj)
        if not matches:
            return None
        found = find(source.get("rules"), attributes, source.get("matchPolicy"))
        if found is None:
            return None
        if problem is not None:
            raise problem
        conditions = source.get("matchConditions")
        if conditions:
            if self._conditions is None:
                compiler = Compiler(composed=False)
                self._conditions = Conditions(conditions, compiler, _NEEDS, fails=self.fails)
            try:
                if not self._conditions.match(write, versioned(found)):
                    return None
            except ConditionError as error:
                resource = attributes.resource
                raise errors.forbidden(
                    resource.resource, resource.group, attributes.name, str(error)
                ) from None
        return found

    async def ask(
        self, versioned: Versioned, match: Match, caller: Caller, *, mutating: bool
    ) -> Verdict:
        """Calls the webhook. Raises WebhookFailure, and APIError if dry runs are not for it."""
        op, source = versioned.attributes.op, self._source
        if op.dry_run and source.get("sideEffects") not in _DRY:
            raise errors.bad_request(
                f"admission webhook {quote(self.name)} does not support dry run"
            )
        versions = source.get("admissionReviewVersions") or ()
        version = next((v for v in versions if v in review.VERSIONS), "")
        if not version:
            raise WebhookFailure(
                self.name,
                "could not create admission objects: webhook does not accept known "
                "AdmissionReview versions (v1, v1beta1)",
            )
        uid = op.ids.uid()
        body = orjson.dumps(review.request(version, uid, versioned, match))
        try:
            code, answer = await self._post(versioned.attributes, body, caller)
        except CallError as error:
            raise WebhookFailure(self.name, f"failed to call webhook: {error}") from None
        found = self._answer(code, answer)
        try:
            verdict = review.verdict(found, version, uid, mutating=mutating)
        except review.ReviewError as error:
            text = f"received invalid webhook response: {error}"
            raise WebhookFailure(self.name, text) from None
        for text in verdict.warnings:
            op.warn(text)
        return verdict

    async def _post(self, attributes: Attributes, body: bytes, caller: Caller) -> tuple[int, bytes]:
        config = self._source.get("clientConfig") or {}
        seconds = self._source.get("timeoutSeconds") or 10
        service = config.get("service")
        if service is not None:
            host = f"{service.get('name', '')}.{service.get('namespace', '')}.svc"
            port, path = service.get("port") or 443, service.get("path") or "/"
            shown = f"{host}:{port}"
        else:
            url = urlsplit(config.get("url", ""))
            host, port, path = url.hostname or "", url.port or 443, url.path
            shown = url.netloc
        path = f"{posixpath.normpath(f'/{path}'.replace('//', '/'))}?timeout={seconds}s"
        try:
            address = None
            if service is not None:
                name, namespace = service.get("name", ""), service.get("namespace", "")
                address = resolve(attributes.op.reader, namespace, name, port)
            return await caller(
                Call(
                    host=host,
                    port=port,
                    path=path,
                    body=body,
                    timeout=float(seconds),
                    ca_bundle=b64decode(config.get("caBundle") or ""),
                    address=address,
                )
            )
        except CallError as error:
            raise CallError(f"Post {quote(f'https://{shown}{path}')}: {error}") from None

    def _answer(self, code: int, body: bytes) -> Any:
        """The JSON of an answer; raises WebhookFailure for what is none."""
        problem = _http_problem(code, body)
        if problem:
            raise WebhookFailure(self.name, f"failed to call webhook: {problem}")
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            text = body.decode("utf-8", "replace")
            raise WebhookFailure(
                self.name,
                "failed to call webhook: couldn't get version/kind; json parse error: "
                f"{_json_problem(text)}",
            ) from None


def _json_problem(text: str) -> str:
    if not text.strip():
        return "unexpected end of JSON input"
    first = text.lstrip()[0]
    return f"invalid character '{first}' looking for beginning of value"


_GENERIC = {
    400: "the server rejected our request for an unknown reason",
    401: "the server has asked for the client to provide credentials",
    403: "unknown",
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


def _http_problem(code: int, body: bytes) -> str:
    """The error that client-go makes of a code, "" for a success."""
    if code < _BAD and 200 <= code < 300:
        return ""
    text = body.decode("utf-8", "replace").strip()
    if code in _GENERIC:
        found = _GENERIC[code]
        return text if code == 403 and text else found
    if code >= _SERVER_ERROR:
        shown = quote(text or "unknown")
        return f"an error on the server ({shown}) has prevented the request from succeeding"
    return f"the server responded with the status code {code} but did not return more information"


def load(configurations: Iterable[Object]) -> list[Webhook]:
    """All webhooks of all configurations, by the configurations' names."""
    found = []
    for configuration in configurations:
        name, seen = configuration["metadata"]["name"], dict[str, int]()
        for source in configuration.get("webhooks") or ():
            number = seen.get(source["name"], 0)
            seen[source["name"]] = number + 1
            found.append(Webhook(source, f"{name}/{source['name']}/{number}"))
    return found


def rejection(name: str, status: Object | None) -> errors.APIError:
    """What a webhook that does not allow a write makes of it (ToStatusErr)."""
    status = status or {}
    denied = f"admission webhook {quote(name)} denied the request"
    message, reason = status.get("message"), status.get("reason")
    if message:
        text = f"{denied}: {message}"
    elif reason:
        text = f"{denied}: {reason}"
    else:
        text = f"{denied} without explanation"
    code = status.get("code") or 0
    error = errors.APIError(
        code if code >= _BAD else _BAD, reason or "", text, status.get("details")
    )
    error.metadata = status.get("metadata") or {}
    return error
