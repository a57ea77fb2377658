"""Addresses of webhooks, as Go's net/url reads them.

Upstream: apiserver pkg/util/webhook ValidateWebhookURL and ValidateWebhookService.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fakek8s.machinery import names
from fakek8s.machinery.causes import invalid, required
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_FORM = "; desired format: https://host[/path]"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PORT = re.compile(r"(:[0-9]*)?")
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}", re.DOTALL)
_ASCII_ESCAPE = re.compile("%(?!25)[0-7][0-9A-Fa-f]")  # hosts may only hide what is not ASCII
_USER = re.compile(r"[A-Za-z0-9._:~!$&'()*+,;=%@-]*")
_BAD_HOST = re.compile(r"[ #/?@\\^`{|}]")


class URLError(ValueError):
    """The text is no URL; the message is Go's."""


class URL:
    """The parts of a URL that are asked for."""

    __slots__ = ("fragment", "host", "query", "scheme", "user")

    def __init__(self, text: str) -> None:
        """Raises URLError."""
        self.scheme = self.host = self.query = self.fragment = ""
        self.user: str | None = None
        rest, _, self.fragment = text.partition("#")
        try:
            self._read(rest)
            _check_escapes(self.fragment)
        except URLError as error:
            shown = text if str(error).startswith("invalid URL escape") else rest
            raise URLError(f"parse {quote(shown)}: {error}") from None

    def _read(self, text: str) -> None:
        if any(ord(char) < 0x20 or ord(char) == 0x7F for char in text):
            raise URLError("net/url: invalid control character in URL")
        if text.startswith(":"):
            raise URLError("missing protocol scheme")
        rest = text
        if match := _SCHEME.match(text):
            self.scheme, rest = match[1].lower(), text[match.end() :]
        rest, _, self.query = rest.partition("?")
        if not rest.startswith("/"):
            if self.scheme:
                return
            if ":" in rest.partition("/")[0]:
                raise URLError("first path segment in URL cannot contain colon")
        if rest.startswith("//") and (self.scheme or not rest.startswith("///")):
            authority, slash, path = rest[2:].partition("/")
            self._read_authority(authority)
            rest = slash + path
        _check_escapes(rest)

    def _read_authority(self, authority: str) -> None:
        user, at, host = authority.rpartition("@")
        self.host = _host(host)
        if at:
            if not _USER.fullmatch(user):
                raise URLError("net/url: invalid userinfo")
            self.user = user.replace("@", "%40")


def _host(host: str) -> str:
    if host.startswith("["):
        address, bracket, port = host.rpartition("]")
        if not bracket:
            raise URLError("missing ']' in host")
        if not _PORT.fullmatch(port):
            raise URLError(f"invalid port {quote(port)} after host")
        return f"{address}]{port}"
    colon = host.rfind(":")
    if colon >= 0 and not _PORT.fullmatch(host[colon:]):
        raise URLError(f"invalid port {quote(host[colon:])} after host")
    _check_escapes(host)
    if wrong := _ASCII_ESCAPE.search(host):
        raise URLError(f"invalid URL escape {quote(wrong[0])}")
    if wrong := _BAD_HOST.search(host):
        raise URLError(f"invalid character {quote(wrong[0])} in host name")
    return host


def _check_escapes(text: str) -> None:
    if wrong := _ESCAPE.search(text):
        raise URLError(f"invalid URL escape {quote(wrong[0])}")


def url_rules(text: str, path: str) -> Iterator[FieldError]:
    """ValidateWebhookURL."""
    try:
        url = URL(text)
    except URLError as error:
        yield required(path, f"url must be a valid URL: {error}{_FORM}")
        return
    if url.scheme != "https":
        yield invalid(path, url.scheme, f"'https' is the only allowed URL scheme{_FORM}")
    if not url.host:
        yield invalid(path, url.host, f"host must be specified{_FORM}")
    if url.user is not None:
        yield invalid(path, url.user, "user information is not permitted in the URL")
    if url.fragment:
        yield invalid(path, url.fragment, "fragments are not permitted in the URL")
    if url.query:
        yield invalid(path, url.query, "query parameters are not permitted in the URL")


def service_rules(service: Object, path: str) -> Iterator[FieldError]:
    """ValidateWebhookService; its callers hand it name and namespace the wrong way round."""
    if not service.get("namespace"):
        yield required(f"{path}.name")
    if not service.get("name"):
        yield required(f"{path}.namespace")
    port = service.get("port", 0)
    if wrong := names.is_port_num(port):
        yield invalid(f"{path}.port", port, f"port is not valid: {', '.join(wrong)}")
    if service.get("path") is not None:
        yield from _path_rules(service["path"], f"{path}.path")


def _path_rules(text: str, path: str) -> Iterator[FieldError]:
    if text in ("", "/"):
        return
    if text == "//":
        yield invalid(path, text, "segment[0] may not be empty")
        return
    if not text.startswith("/"):
        yield invalid(path, text, "must start with a '/'")
    for number, step in enumerate(text[1:].removesuffix("/").split("/")):
        if not step:
            yield invalid(path, text, f"segment[{number}] may not be empty")
            continue
        for message in names.is_dns1123_subdomain(step):
            yield invalid(path, text, f"segment[{number}]: {message}")


def client_rules(config: Object, path: str) -> Iterator[FieldError]:
    """A webhook is called by its URL or by its service."""
    url, service = config.get("url"), config.get("service")
    if (url is None) == (service is None):
        yield required(path, "exactly one of url or service is required")
    elif url is not None:
        yield from url_rules(url, f"{path}.url")
    else:
        yield from service_rules(service or {}, f"{path}.service")
