"""Where the recorded facts about Kubernetes versions are, and how they load.

The only module that knows the files: `fakek8s/_openapi/VERSION` in an installed wheel,
`openapi/VERSION` beside the package in a checkout. openapi/README.md says what each file holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

DEFAULT_VERSION = "1.37"


class FactsNotFound(LookupError):
    """No facts are recorded for the version that was asked for, or none are installed."""


def _root() -> Path:
    package = Path(__file__).parent
    for folder in (package / "_openapi", package.parent / "openapi"):
        if folder.is_dir():
            return folder
    raise FactsNotFound(f"no folder of facts beside {package}")


def _minor(name: str) -> int:
    return int(name.partition(".")[2])


def available() -> list[str]:
    """The recorded versions, oldest first: `["1.32", ...]`."""
    found = [p.name for p in _root().iterdir() if p.name[:1].isdigit() and p.is_dir()]
    return sorted(found, key=_minor)


@dataclass(frozen=True)
class Facts:
    """What one Kubernetes version says about itself. Each part is read on first use and then
    shared: don't edit it.

    minor: "1.37". folder: where the files are.
    """

    minor: str
    folder: Path

    def _load(self, name: str) -> Any:
        # Both imports are for those who load: importing this module must cost nothing.
        import zlib

        import orjson

        packed = (self.folder / f"{name}.json.gz").read_bytes()
        return orjson.loads(zlib.decompress(packed, wbits=31))

    @cached_property
    def version(self) -> dict[str, str]:
        """The document of /version."""
        found: dict[str, str] = self._load("version")
        return found

    @cached_property
    def _discovery(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self._load("discovery")
        return found

    @property
    def discovery_legacy(self) -> dict[str, Any]:
        """The unaggregated discovery documents by path: /api, /apis, /api/v1, /apis/apps/v1 ..."""
        return self._discovery["legacy"]

    @property
    def discovery_aggregated(self) -> dict[str, Any]:
        """The APIGroupDiscoveryList of /api and of /apis."""
        return self._discovery["aggregated"]

    @cached_property
    def gotypes(self) -> dict[str, Any]:
        """`{"kinds": {"apps/v1/Deployment": type name}, "types": {type name: fields}}`, for
        machinery.wire.types.
        """
        found: dict[str, Any] = self._load("gotypes")
        return found

    @cached_property
    def openapi_v2(self) -> dict[str, Any]:
        """The Swagger document, without descriptions."""
        found: dict[str, Any] = self._load("openapi_v2")
        return found

    @cached_property
    def openapi_v3(self) -> dict[str, dict[str, Any]]:
        """The OpenAPI v3 documents by path ("apis/apps/v1"), without descriptions."""
        found: dict[str, dict[str, Any]] = self._load("openapi_v3")
        return found

    @cached_property
    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """Printed columns by collection path ("/api/v1/pods"): name, type, format, priority."""
        found: dict[str, list[dict[str, Any]]] = self._load("tables")
        return found

    @cached_property
    def bootstrap(self) -> dict[str, list[dict[str, Any]]]:
        """The objects that a fresh server makes for itself, by collection path."""
        found: dict[str, list[dict[str, Any]]] = self._load("bootstrap")
        return found


def load_facts(minor: str = DEFAULT_VERSION) -> Facts:
    """The facts of one version; FactsNotFound if it isn't among `available()`."""
    folder = _root() / minor
    if not (folder / "version.json.gz").is_file():
        raise FactsNotFound(
            f"no facts about Kubernetes {minor}; there are {', '.join(available())}"
        )
    return Facts(minor, folder)
