"""URLs as Go's net/url reads them: what is one, and the message about what isn't."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from fakek8s.machinery.printing import quote

__all__ = ["URL", "URLError", "parse", "parse_request"]

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):", re.ASCII)
_CONTROL: Final = re.compile("[\x00-\x1f\x7f]")
_PORT: Final = re.compile(r"(:[0-9]*)?", re.ASCII)
_ESCAPE: Final = re.compile("%(?:[0-9A-Fa-f]{2})?")
_USER: Final = re.compile(r"[A-Za-z0-9._:~!$&'()*+,;=%@-]*", re.ASCII)
_HOST_BAD: Final = re.compile(r"[\x00-\x20/?#@\\^`{|}\x7f]")


class URLError(ValueError):
    """The text is no URL; the message is Go's (`parse "x": invalid URI for request`)."""


@dataclass(frozen=True, slots=True)
class URL:
    """The parts that rules ask about; `user` is None without user information."""

    scheme: str = ""
    user: str | None = None
    host: str = ""
    path: str = ""
    query: str = ""
    fragment: str = ""


def parse(text: str) -> URL:
    """url.Parse; raises URLError."""
    before, _, fragment = text.partition("#")
    made = _parse(before, text, request=False)
    _unescape(fragment, text)
    return URL(made.scheme, made.user, made.host, made.path, made.query, fragment)


def parse_request(text: str) -> URL:
    """url.ParseRequestURI: absolute, or a path from the root; raises URLError."""
    return _parse(text, text, request=True)


def _fail(whole: str, problem: str) -> URLError:
    return URLError(f"parse {quote(whole)}: {problem}")


def _unescape(text: str, whole: str) -> None:
    for match in _ESCAPE.finditer(text):
        if len(match[0]) == 1:
            bad = text[match.start() : match.start() + 3]
            raise _fail(whole, f"invalid URL escape {quote(bad)}")


def _parse(text: str, whole: str, *, request: bool) -> URL:
    if _CONTROL.search(text):
        raise _fail(whole, "net/url: invalid control character in URL")
    if not text and request:
        raise _fail(whole, "empty url")
    if text == "*":
        return URL(path="*")
    if text.startswith(":"):
        raise _fail(whole, "missing protocol scheme")
    match = _SCHEME.match(text)
    scheme = match[1].lower() if match else ""
    rest, _, query = (text[match.end() :] if match else text).partition("?")
    if not rest.startswith("/"):
        if scheme:
            return URL(scheme=scheme, query=query)
        if request:
            raise _fail(whole, "invalid URI for request")
        if ":" in rest.partition("/")[0]:
            raise _fail(whole, "first path segment in URL cannot contain colon")
    user, host = None, ""
    if (scheme or (not request and not rest.startswith("///"))) and rest.startswith("//"):
        authority, slash, path = rest[2:].partition("/")
        rest = slash + path
        user, host = _authority(scheme, authority, whole)
    _unescape(rest, whole)
    return URL(scheme, user, host, rest, query)


def _authority(scheme: str, authority: str, whole: str) -> tuple[str | None, str]:
    before, at, host = authority.rpartition("@")
    _check_host(scheme, host, whole)
    if not at:
        return None, host
    if not _USER.fullmatch(before):
        raise _fail(whole, "net/url: invalid userinfo")
    _unescape(before, whole)
    return before, host


def _check_host(scheme: str, host: str, whole: str) -> None:
    name, port = host, ""
    if (opening := host.rfind("[")) > 0:
        raise _fail(whole, "invalid IP-literal")
    if opening == 0:
        closing = host.rfind("]")
        if closing < 0:
            raise _fail(whole, "missing ']' in host")
        name, port = host[1:closing], host[closing + 1 :]
    elif ":" in host:
        # Only http and https are strict about a second colon.
        strict = scheme in ("http", "https")
        port = host[host.find(":") if strict else host.rfind(":") :]
    if not _PORT.fullmatch(port):
        raise _fail(whole, f"invalid port {quote(port)} after host")
    _check_host_characters(host, whole)
    if opening == 0:
        _check_literal(name.partition("%25")[0], whole)


def _check_host_characters(host: str, whole: str) -> None:
    if bad := _HOST_BAD.search(host):
        raise _fail(whole, f"invalid character {quote(bad[0])} in host name")
    for escape in _ESCAPE.finditer(host):
        code = escape[0][1:]
        if not code:
            raise _fail(whole, f"invalid URL escape {quote(host[escape.start() :][:3])}")
        if int(code[0], 16) < 8 and code != "25":
            raise _fail(whole, f"invalid URL escape {quote('%' + code)}")


def _check_literal(name: str, whole: str) -> None:
    try:
        ipaddress.IPv6Address(name)
    except ValueError:
        raise _fail(whole, "invalid IP-literal") from None
