"""URLs as Go reads them."""

from __future__ import annotations

import pytest

from fakek8s.machinery.structural import gourl


def test_the_parts_of_a_url_are_found() -> None:
    url = gourl.parse("HTTPS://user:pw@example.com:8443/a/b?c=d#e")
    assert (url.scheme, url.user, url.host) == ("https", "user:pw", "example.com:8443")
    assert (url.path, url.query, url.fragment) == ("/a/b", "c=d", "e")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (":x", "missing protocol scheme"),
        ("https://a b", 'invalid character " " in host name'),
        ("https://a:port/", 'invalid port ":port" after host'),
        ("https://[::1", "missing ']' in host"),
        ("%zz", 'invalid URL escape "%zz"'),
        ("a\nb", "net/url: invalid control character in URL"),
    ],
)
def test_what_is_no_url_is_explained_in_go_s_words(text: str, problem: str) -> None:
    with pytest.raises(gourl.URLError, match="parse ") as error:
        gourl.parse(text)
    assert str(error.value).endswith(f": {problem}")


@pytest.mark.parametrize("text", ["", "x", "a b", "::not"])
def test_a_request_uri_is_absolute_or_a_path(text: str) -> None:
    with pytest.raises(gourl.URLError):
        gourl.parse_request(text)
    assert gourl.parse_request("/x y").path == "/x y"
