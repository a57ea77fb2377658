"""Accept headers to what is written: media type, prettiness, and which form of the object.

Sources: apiserver pkg/endpoints/handlers/negotiation/negotiate.go, munnerz/goautoneg (ParseAccept),
and go-restful's coarser check, which runs first (route.go, matchesAccept).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from fakek8s import errors
from fakek8s.api import media

if TYPE_CHECKING:
    from collections.abc import Sequence

META: Final = "meta.k8s.io"
META_VERSIONS: Final = ("v1", "v1beta1")
_BROWSERS: Final = ("curl", "Wget", "Mozilla/5.0")
_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_CACHED = 256


@dataclass(frozen=True, slots=True)
class Convert:
    """The form that a client asked an object to be given: `as=Table;g=meta.k8s.io;v=v1`."""

    kind: str
    group: str
    version: str

    @property
    def api_version(self) -> str:
        """`meta.k8s.io/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version


@dataclass(frozen=True, slots=True)
class Form:
    """How an answer is written."""

    media: str = media.JSON
    pretty: bool = False
    convert: Convert | None = None
    profile: str = ""


PLAIN: Final = Form()


@dataclass(frozen=True, slots=True)
class _Clause:
    type: str
    subtype: str
    quality: float
    params: dict[str, str]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def parse_accept(header: str) -> list[_Clause]:
    """The clauses of an Accept header, best first, in goautoneg's order."""
    found: list[_Clause] = []
    for part in header.split(","):
        head, _, rest = part.strip(" ").partition(";")
        kind, slash, subtype = head.partition("/")
        kind = kind.strip(" ")
        if not slash or not subtype:
            if kind != "*":
                continue
            subtype = "*"
        elif "/" in subtype:
            continue
        quality = 1.0
        params: dict[str, str] = {}
        for pair in rest.split(";") if rest else ():
            name, _, value = pair.partition("=")
            if not value or "=" in value:
                continue
            name = name.strip(" ")
            if name == "q":
                quality = _number(value)
            else:
                params[name] = value.strip(" ")
        found.append(_Clause(kind, subtype.strip(" "), quality, params))
    # goautoneg's order is no proper order, so its sort must be repeated step by step: sort.Sort
    # is an insertion sort for the dozen clauses at most that any client sends.
    for i in range(1, len(found)):
        j = i
        while j > 0 and _less(found[j], found[j - 1]):
            found[j], found[j - 1] = found[j - 1], found[j]
            j -= 1
    return found


def _less(a: _Clause, b: _Clause) -> bool:
    return (
        a.quality > b.quality
        or (a.type != "*" and b.type == "*")
        or (a.subtype != "*" and b.subtype == "*")
    )


@lru_cache(maxsize=_CACHED)
def routable(header: str, produces: tuple[str, ...]) -> bool:
    """go-restful's check, before any handler runs: exact names or `*/*`, nothing in between."""
    if not header:
        return True
    names = [part.partition(";")[0].strip(" ") for part in header.split(",")]
    return any(name == "*/*" or name in produces for name in names)


def unroutable(produces: Sequence[str]) -> errors.APIError:
    """go-restful's 406."""
    available = ", ".join(produces)
    return errors.not_acceptable(f"406: Not Acceptable\n\nAvailable representations: {available}")


def unacceptable(accepted: Sequence[str] = media.ALL) -> errors.APIError:
    """negotiation.NewNotAcceptableError."""
    text = f"only the following media types are accepted: {', '.join(accepted)}"
    return errors.APIError(406, "NotAcceptable", text)


def allows_nothing(media_type: str, convert: Convert | None) -> bool:
    """EndpointRestrictions of errors and documents: no form but their own."""
    return convert is None


def allows_objects(media_type: str, convert: Convert | None) -> bool:
    """Those of resources (handlers.RequestScope): tables and metadata too."""
    if convert is None:
        return True
    if convert.group != META or convert.version not in META_VERSIONS:
        return False
    if convert.kind == "Table":
        return media_type in (media.JSON, media.YAML)
    return convert.kind in ("PartialObjectMetadata", "PartialObjectMetadataList")


def allows_untabled(media_type: str, convert: Convert | None) -> bool:
    """Those of what has no table convertor: reviews, bindings and the like."""
    return allows_objects(media_type, convert) and (convert is None or convert.kind != "Table")


def allows_custom(media_type: str, convert: Convert | None) -> bool:
    """Those of custom resources: no protobuf but for metadata."""
    if convert is None:
        return media_type in (media.JSON, media.YAML)
    return allows_objects(media_type, convert)


def allows_aggregated(media_type: str, convert: Convert | None) -> bool:
    """Those of aggregated discovery."""
    return (
        convert is not None
        and convert.group == "apidiscovery.k8s.io"
        and convert.version in ("v2", "v2beta1")
        and convert.kind == "APIGroupDiscoveryList"
    )


class Negotiator:
    """Negotiation with a memory: a client sends the same header with every request."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[tuple[str, object], Form | None] = {}

    def form(
        self,
        header: str,
        allows: object = allows_objects,
        *,
        pretty: str | None = None,
        user_agent: str = "",
    ) -> Form | None:
        """What to write, or None if nothing that the client accepts can be written.

        `pretty`: the query parameter, None if there is none.
        """
        if not header:
            found: Form | None = PLAIN
        else:
            key = (header, allows)
            try:
                found = self._known[key]
            except KeyError:
                if len(self._known) >= _CACHED:
                    self._known.clear()
                found = self._known[key] = _negotiate(header, allows)
        if found is None or found.pretty:
            return found
        wanted = pretty in _TRUE if pretty else user_agent.startswith(_BROWSERS)
        return replace(found, pretty=True) if wanted else found


def _negotiate(header: str, allows: object) -> Form | None:
    assert callable(allows)
    for clause in parse_accept(header):
        for accepted in media.ALL:
            kind, _, subtype = accepted.partition("/")
            if clause.type not in (kind, "*") or clause.subtype not in (subtype, "*"):
                continue
            if clause.type == "*" and clause.subtype != "*":
                continue
            params = clause.params
            stream = params.get("stream", "")
            if stream and (stream != "watch" or accepted == media.YAML):
                continue
            if params.get("sv", "v1") != "v1":
                continue
            convert = None
            if "as" in params or "g" in params or "v" in params:
                get = params.get
                convert = Convert(get("as", ""), get("g", ""), get("v", ""))
            if not allows(accepted, convert):
                continue
            return Form(accepted, params.get("pretty") == "1", convert, params.get("profile", ""))
    return None
