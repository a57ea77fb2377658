from __future__ import annotations

import pytest

from fakek8s.kinds.admissionregistration.urls import url_rules

FORM = "; desired format: https://host[/path]"


@pytest.mark.parametrize(
    ("url", "texts"),
    [
        ("https://h/p", []),
        ("HTTPS://h:443", []),
        ("https://[::1]:80/x", []),
        (
            "http://h",
            [f"""u: Invalid value: "http": 'https' is the only allowed URL scheme{FORM}"""],
        ),
        ("https://", [f'u: Invalid value: "": host must be specified{FORM}']),
        (
            "https://a:b@h",
            ['u: Invalid value: "a:b": user information is not permitted in the URL'],
        ),
        ("https://h?q", ['u: Invalid value: "q": query parameters are not permitted in the URL']),
        ("https://h#f", ['u: Invalid value: "f": fragments are not permitted in the URL']),
        (
            "https://h:x",
            [
                (
                    'u: Required value: url must be a valid URL: parse "https://h:x": '
                    f'invalid port ":x" after host{FORM}'
                )
            ],
        ),
        (
            "https://h/%zz",
            [
                (
                    'u: Required value: url must be a valid URL: parse "https://h/%zz": '
                    f'invalid URL escape "%zz"{FORM}'
                )
            ],
        ),
        (
            "://x",
            [
                (
                    'u: Required value: url must be a valid URL: parse "://x": '
                    f"missing protocol scheme{FORM}"
                )
            ],
        ),
    ],
)
def test_webhooks_have_plain_https_addresses(url: str, texts: list[str]) -> None:
    assert [error.text for error in url_rules(url, "u")] == texts
