"""The media types that the API speaks."""

from __future__ import annotations

from typing import Final

JSON: Final = "application/json"
YAML: Final = "application/yaml"
PROTOBUF: Final = "application/vnd.kubernetes.protobuf"
#: In upstream's order, which is also the order of preference for `*/*`.
ALL: Final = (JSON, YAML, PROTOBUF)
#: Those in which a watch can be written.
STREAM: Final = (f"{JSON};stream=watch", f"{PROTOBUF};stream=watch")
TEXT: Final = "text/plain; charset=utf-8"


def bare(content_type: str) -> str:
    """A Content-Type without its parameters, as mime.ParseMediaType gives it; "" if malformed."""
    media = content_type.partition(";")[0].strip().lower()
    kind, slash, subtype = media.partition("/")
    if not kind or " " in media or (slash and not subtype):
        return ""
    return media
