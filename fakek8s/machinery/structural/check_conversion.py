"""The conversion settings of a CRD: strategy, webhook address, review versions, CA bundle.

Upstream: apiextensions validateCustomResourceConversion; apiserver pkg/util/webhook.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery import names
from fakek8s.machinery.causes import child, forbidden, index, invalid, not_supported, required
from fakek8s.machinery.structural import gourl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.machinery.causes import FieldError

__all__ = ["bundle_error", "conversion_errors", "has_accepted_review_version"]

Object = dict[str, Any]

_REVIEW_VERSIONS: Final = ("v1", "v1beta1")
_FORM: Final = "; desired format: https://host[/path]"
_PEM: Final = re.compile(rb"-----BEGIN ([^\n-]*)-----[ \t\r]*\n(.*?)\n?-----END \1-----", re.DOTALL)


def has_accepted_review_version(versions: list[str] | None) -> bool:
    """Whether a version of ConversionReview is among them that the server speaks, or none at all
    is given (hasValidConversionReviewVersionOrEmpty).
    """
    return not versions or any(version in _REVIEW_VERSIONS for version in versions)


def conversion_errors(
    conversion: Object | None, path: str, *, accepted_version: bool, any_bundle: bool
) -> Iterator[FieldError]:
    """The causes of `spec.conversion`.

    accepted_version: one of the review versions must be known to the server. any_bundle: a CA
    bundle that can't be read is let through.
    """
    if conversion is None:
        return
    strategy = conversion.get("strategy", "")
    where = child(path, "strategy")
    if not strategy:
        yield required(where)
    elif strategy not in ("None", "Webhook"):
        yield not_supported(where, strategy, ("None", "Webhook"))
    webhook = conversion.get("webhook") or {}
    client, versions = webhook.get("clientConfig"), webhook.get("conversionReviewVersions")
    client_path = child(path, "webhookClientConfig")
    versions_path = child(path, "conversionReviewVersions")
    if strategy != "Webhook":
        detail = "should not be set when strategy is not set to Webhook"
        if client is not None:
            yield forbidden(client_path, detail)
        if versions:
            yield forbidden(versions_path, detail)
        return
    if client is None:
        yield required(client_path, "required when strategy is set to Webhook")
    else:
        yield from _client_errors(client, client_path, any_bundle=any_bundle)
    yield from _version_errors(versions, versions_path, accepted=accepted_version)


def _client_errors(client: Object, path: str, *, any_bundle: bool) -> Iterator[FieldError]:
    url, service = client.get("url"), client.get("service")
    if (url is None) == (service is None):
        yield required(path, "exactly one of url or service is required")
    elif url is not None:
        yield from _url_errors(url, child(path, "url"))
    else:
        yield from _service_errors(service or {}, child(path, "service"))
    bundle = client.get("caBundle")
    if bundle and not any_bundle and (error := bundle_error(bundle)):
        yield invalid(child(path, "caBundle"), bundle, error)


def _url_errors(text: str, path: str) -> Iterator[FieldError]:
    try:
        url = gourl.parse(text)
    except gourl.URLError as error:
        yield required(path, f"url must be a valid URL: {error}{_FORM}")
        return
    if url.scheme != "https":
        yield invalid(path, url.scheme, f"'https' is the only allowed URL scheme{_FORM}")
    if not url.host:
        yield invalid(path, url.host, f"host must be specified{_FORM}")
    for value, what in (
        (url.user, "user information is not"),
        (url.fragment or None, "fragments are not"),
        (url.query or None, "query parameters are not"),
    ):
        if value is not None:
            yield invalid(path, value, f"{what} permitted in the URL")


def _service_errors(service: Object, path: str) -> Iterator[FieldError]:
    # Upstream hands over name and namespace the wrong way round.
    if not service.get("namespace"):
        yield required(child(path, "name"))
    if not service.get("name"):
        yield required(child(path, "namespace"))
    port = service.get("port", 0)
    if errors := names.is_port_num(port):
        yield invalid(child(path, "port"), port, "port is not valid: " + ", ".join(errors))
    text = service.get("path")
    if text:
        yield from _service_path_errors(text, child(path, "path"))


def _service_path_errors(text: str, path: str) -> Iterator[FieldError]:
    if text == "/":
        return
    if text == "//":
        yield invalid(path, text, "segment[0] may not be empty")
        return
    if not text.startswith("/"):
        yield invalid(path, text, "must start with a '/'")
    for number, step in enumerate(text[1:].removesuffix("/").split("/")):
        if not step:
            yield invalid(path, text, f"segment[{number}] may not be empty")
        for error in names.is_dns1123_subdomain(step) if step else ():
            yield invalid(path, text, f"segment[{number}]: {error}")


def _version_errors(
    versions: list[str] | None, path: str, *, accepted: bool
) -> Iterator[FieldError]:
    if not versions:
        yield required(path)
        return
    for number, version in enumerate(versions):
        if version in versions[:number]:
            yield invalid(index(path, number), version, "duplicate version")
            continue
        for error in names.is_dns1035_label(version):
            yield invalid(index(path, number), version, error)
    if accepted and not has_accepted_review_version(versions):
        yield invalid(path, versions, f"must include at least one of {', '.join(_REVIEW_VERSIONS)}")


def bundle_error(bundle: str | None) -> str:
    """Why a caBundle (base64 of PEM) holds no certificate, "" if it holds one or is empty."""
    if not bundle:
        return ""
    blocks = [
        (kind, der)
        for kind, body in _PEM.findall(base64.b64decode(bundle))
        if (der := _binary(body)) is not None
    ]
    problem = "no valid certificate authority data seen"
    for kind, der in blocks:
        if kind == b"CERTIFICATE":
            error = _certificate_error(der)
            if not error:
                return ""
            problem = f"failed to parse certificate: {error}"
            break
    if not blocks:
        problem = "unable to parse bytes as PEM block"
    return f"unable to load root certificates: {problem}"


def _binary(body: bytes) -> bytes | None:
    try:
        return base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error:
        return None


def _certificate_error(der: bytes) -> str:
    # Only for CRDs with conversion webhooks, and slow to import.
    from cryptography import x509

    try:
        x509.load_der_x509_certificate(der)
    except ValueError:
        return "x509: malformed certificate"
    return ""
