"""Status errors: every refusal the API server can give, in its own words.

Each constructor names the upstream function whose text and code it carries
(k8s.io/apimachinery/pkg/api/errors). The bodies are plain `Status` objects in canonical
form, so that the door only has to encode them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]


class APIError(Exception):
    """A refusal with its HTTP code and `Status` fields.

    `details` is None where upstream sends no details at all, and an empty dict where it
    sends `"details":{}`. `retry_after` (seconds) also becomes a Retry-After header.
    """

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        details: Object | None = None,
        *,
        retry_after: int = 0,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.retry_after = retry_after
        #: ListMeta of the Status: an expired list hands out a token to go on with.
        self.metadata: Object = {}
        #: What the request was warned of before it was refused.
        self.warnings: list[str] = []

    def status(self) -> Object:
        """The `Status` object of this error, fields in upstream's order."""
        body: Object = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.metadata,
            "status": "Failure",
        }
        if self.message:
            body["message"] = self.message
        if self.reason:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = self.details
        body["code"] = self.code
        return body


def qualified(resource: str, group: str) -> str:
    """`deployments.apps`, or `pods` in the core group (schema.GroupResource.String)."""
    return f"{resource}.{group}" if group else resource


def details_of(
    name: str = "",
    group: str = "",
    kind: str = "",
    *,
    uid: str = "",
    causes: Sequence[Object] = (),
    retry_after: int = 0,
) -> Object:
    """`StatusDetails` without its empty fields, in upstream's order."""
    found: Object = {}
    if name:
        found["name"] = name
    if group:
        found["group"] = group
    if kind:
        found["kind"] = kind
    if uid:
        found["uid"] = uid
    if causes:
        found["causes"] = list(causes)
    if retry_after:
        found["retryAfterSeconds"] = retry_after
    return found


def not_found(resource: str, group: str, name: str) -> APIError:
    """errors.NewNotFound."""
    message = f"{qualified(resource, group)} {quote(name)} not found"
    return APIError(404, "NotFound", message, details_of(name, group, resource))


def already_exists(resource: str, group: str, name: str) -> APIError:
    """errors.NewAlreadyExists."""
    message = f"{qualified(resource, group)} {quote(name)} already exists"
    return APIError(409, "AlreadyExists", message, details_of(name, group, resource))


def generate_name_conflict(resource: str, group: str, name: str) -> APIError:
    """errors.NewGenerateNameConflict."""
    message = (
        f"{qualified(resource, group)} {quote(name)} already exists, "
        "the server was not able to generate a unique name for the object"
    )
    details = details_of(name, group, resource, retry_after=1)
    return APIError(409, "AlreadyExists", message, details, retry_after=1)


def unauthorized(message: str = "Unauthorized") -> APIError:
    """errors.NewUnauthorized."""
    return APIError(401, "Unauthorized", message)


def forbidden(resource: str, group: str, name: str, why: str) -> APIError:
    """errors.NewForbidden: by an authorizer or an admission plugin."""
    if not resource and not group:
        message = f"forbidden: {why}"
    elif not name:
        message = f"{qualified(resource, group)} is forbidden: {why}"
    else:
        message = f"{qualified(resource, group)} {quote(name)} is forbidden: {why}"
    return APIError(403, "Forbidden", message, details_of(name, group, resource))


OPTIMISTIC_LOCK = (
    "the object has been modified; please apply your changes to the latest version and try again"
)


def conflict(resource: str, group: str, name: str, why: str = OPTIMISTIC_LOCK) -> APIError:
    """errors.NewConflict; the default text is registry.OptimisticLockErrorMsg."""
    message = f"Operation cannot be fulfilled on {qualified(resource, group)} {quote(name)}: {why}"
    return APIError(409, "Conflict", message, details_of(name, group, resource))


def expired(message: str) -> APIError:
    """errors.NewResourceExpired."""
    return APIError(410, "Expired", message)


def invalid(kind: str, group: str, name: str, errors: Iterable[FieldError]) -> APIError:
    """errors.NewInvalid: one cause per error, and each text once in the message."""
    found = list(errors)
    causes = [{"reason": e.reason, "message": e.body, "field": e.field} for e in found]
    for cause in causes:
        if not cause["message"]:
            del cause["message"]
    texts = list(dict.fromkeys(e.text for e in found))
    message = f"{qualified(kind, group)} {quote(name)} is invalid"
    if texts:
        message += ": " + (texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]")
    return APIError(422, "Invalid", message, details_of(name, group, kind, causes=causes))


def bad_request(message: str) -> APIError:
    """errors.NewBadRequest."""
    return APIError(400, "BadRequest", message)


def namespace_required() -> APIError:
    """What nothing has a key without (genericregistry.NamespaceKeyFunc)."""
    return bad_request("Namespace parameter required.")


def too_many_requests(message: str, retry_after: int) -> APIError:
    """errors.NewTooManyRequests."""
    details = details_of(retry_after=retry_after)
    return APIError(429, "TooManyRequests", message, details, retry_after=retry_after)


def service_unavailable(message: str) -> APIError:
    """errors.NewServiceUnavailable."""
    return APIError(503, "ServiceUnavailable", message)


def method_not_supported(resource: str, group: str, action: str) -> APIError:
    """errors.NewMethodNotSupported."""
    message = f"{action} is not supported on resources of kind {quote(qualified(resource, group))}"
    return APIError(405, "MethodNotAllowed", message, details_of("", group, resource))


def internal(why: str) -> APIError:
    """errors.NewInternalError."""
    return APIError(
        500,
        "InternalError",
        f"Internal error occurred: {why}",
        details_of(causes=[{"message": why}]),
    )


def plain(code: int, message: str) -> APIError:
    """A bare Go error as the server shows it: a code, a message and no reason."""
    return APIError(code, "", message)


def timeout(message: str, retry_after: int = 0) -> APIError:
    """errors.NewTimeoutError."""
    details = details_of(retry_after=retry_after)
    return APIError(504, "Timeout", f"Timeout: {message}", details, retry_after=retry_after)


def request_too_large(message: str) -> APIError:
    """errors.NewRequestEntityTooLargeError."""
    return APIError(413, "RequestEntityTooLarge", f"Request entity too large: {message}")


#: errors.NewGenericServerResponse: the texts for a code without more information.
_GENERIC = {
    404: ("NotFound", "the server could not find the requested resource"),
    405: ("MethodNotAllowed", "the server does not allow this method on the requested resource"),
    422: ("Invalid", "the server rejected our request due to an error in our request"),
}


def generic(code: int) -> APIError:
    """errors.NewGenericServerResponse without a resource: `details` is an empty object."""
    reason, message = _GENERIC[code]
    return APIError(code, reason, message, {})


def not_acceptable(message: str) -> APIError:
    """A 406 whose text the negotiation knows."""
    return APIError(406, "NotAcceptable", message, {})


def unsupported_media_type(message: str, details: Object | None = None) -> APIError:
    """A 415 whose text the negotiation knows."""
    return APIError(415, "UnsupportedMediaType", message, details)


def not_implemented(what: str) -> APIError:
    """Ours: what a real server has and this one does not yet. Never a plausible lie."""
    return APIError(501, "NotImplemented", f"{what} is not implemented by fakek8s")


def success(
    name: str = "", group: str = "", kind: str = "", *, uid: str = "", code: int = 0
) -> Object:
    """The `Status` of a success, as deletions and some subresources answer."""
    body: Object = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    details = details_of(name, group, kind, uid=uid)
    if details:
        body["details"] = details
    if code:
        body["code"] = code
    return body
