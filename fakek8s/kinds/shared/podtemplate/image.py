"""Image references: which tag one names, as far as defaults need to know.

Upstream: pkg/util/parsers ParseImageName over distribution/reference.
"""

from __future__ import annotations

import re
from functools import lru_cache

_DOMAIN_PART = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = rf"(?:{_DOMAIN_PART}(?:\.{_DOMAIN_PART})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_NAME = rf"(?:{_DOMAIN}/)?{_COMPONENT}(?:/{_COMPONENT})*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
_REFERENCE = re.compile(rf"({_NAME})(?::({_TAG}))?(?:@({_DIGEST}))?")
_IDENTIFIER = re.compile(r"[a-f0-9]{64}")
_DIGEST_LENGTH = {"sha256": 64, "sha384": 96, "sha512": 128}
_NAME_LIMIT = 255


def _split_domain(image: str) -> tuple[str, str]:
    domain, slash, rest = image.partition("/")
    if not slash:
        domain, rest = "docker.io", image
    elif domain == "index.docker.io":
        domain = "docker.io"
    elif not (domain == "localhost" or "." in domain or ":" in domain or domain.lower() != domain):
        domain, rest = "docker.io", image
    if domain == "docker.io" and "/" not in rest:
        rest = f"library/{rest}"
    return domain, rest


@lru_cache(maxsize=4096)
def image_tag(image: str) -> str:
    """The tag of an image reference: `latest` without tag and digest, "" if it doesn't parse."""
    if _IDENTIFIER.fullmatch(image):
        return ""
    domain, rest = _split_domain(image)
    remote = rest.partition(":")[0]
    if remote.lower() != remote:
        return ""
    match = _REFERENCE.fullmatch(f"{domain}/{rest}")
    if match is None or len(match[1]) > _NAME_LIMIT:
        return ""
    digest = match[3]
    if digest:
        algorithm, _, value = digest.partition(":")
        if _DIGEST_LENGTH.get(algorithm) != len(value) or value.lower() != value:
            return ""
        return match[2] or ""
    return match[2] or "latest"
