"""Image names: what they must look like, and which program's they are.

Source: github.com/distribution/reference; pkg/kubelet/images.
"""

from __future__ import annotations

import re

from fakek8s.kubelet.runtime import ImageError

_HOST = (
    r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*)"
)
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?:(?P<host>{_HOST}(?::[0-9]+)?)/)?(?P<path>{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?"
    r"(?:@(?P<digest>[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-fA-F]{32,}))?"
)


def check_reference(image: str) -> str:
    """The full name with host and tag: `docker.io/library/nginx:latest`. Raises ImageError."""
    match = _REFERENCE.fullmatch(image)
    if match is None:
        raise ImageError(
            "InvalidImageName",
            f'Failed to apply default image tag "{image}": couldn\'t parse image name "{image}": '
            "invalid reference format",
        )
    host, path = match["host"], match["path"]
    if host is not None and "." not in host and ":" not in host and host != "localhost":
        host, path = None, f"{host}/{path}"
    if host in (None, "index.docker.io"):
        host = "docker.io"
    if host == "docker.io" and "/" not in path:
        path = f"library/{path}"
    name = f"{host}/{path}"
    if match["tag"]:
        name += f":{match['tag']}"
    elif not match["digest"]:
        name += ":latest"
    return f"{name}@{match['digest']}" if match["digest"] else name


def repository(image: str) -> str:
    """An image's name without tag and digest: `docker.io/library/nginx`. Raises ImageError."""
    name = check_reference(image).partition("@")[0]
    head, _, tail = name.rpartition("/")
    return f"{head}/{tail.partition(':')[0]}"


def shown(image: str) -> str:
    """The image as a container's status names it: with host and tag."""
    try:
        return check_reference(image)
    except ImageError:
        return image
