"""Discovery: the documents that tell clients which groups, versions and resources there are.

Built-in kinds are as recorded, put into upstream's field order; custom kinds are as the
apiextensions server describes them; the order is that of the registered APIServices. Documents are
made when first asked for and again when the catalogue has changed.
Sources: apiserver pkg/endpoints/discovery, kube-aggregator pkg/apiserver/handler_apis.go,
apiextensions-apiserver pkg/apiserver/customresource_discovery_controller.go.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.wire.canonical import canonical
from fakek8s.machinery.wire.jsontext import dump
from fakek8s.registry.catalogue import version_priority

if TYPE_CHECKING:
    from fakek8s.api.registration import Registration
    from fakek8s.facts import Facts
    from fakek8s.kind import Kind
    from fakek8s.machinery.wire.types import WireTypes
    from fakek8s.registry.catalogue import Catalogue

Object = dict[str, Any]

_VERBS: Final = (
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "create",
    "update",
    "watch",
)
#: Go's field order of the types of apidiscovery.k8s.io; a type of a resource has its own.
_ORDER: Final = (
    "kind",
    "apiVersion",
    "metadata",
    "name",
    "creationTimestamp",
    "items",
    "versions",
    "version",
    "resources",
    "resource",
    "subresource",
    "responseKind",
    "scope",
    "singularResource",
    "acceptedTypes",
    "verbs",
    "shortNames",
    "categories",
    "subresources",
    "freshness",
)
#: The aggregator's own group, which needs no APIService and comes first.
_OWN: Final = "apiregistration.k8s.io"
_RANK: Final = {name: rank for rank, name in enumerate(_ORDER)}
_TYPES: Final = ("responseKind", "acceptedTypes")


def _ordered(value: Any) -> Any:
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    if not isinstance(value, dict):
        return value
    made: Object = {}
    for name in sorted(value, key=lambda n: _RANK.get(n, len(_ORDER))):
        held = value[name]
        made[name] = held if name in _TYPES else _ordered(held)
    return made


def storage_version_hash(group: str, version: str, kind: str) -> str:
    """discovery.StorageVersionHash."""
    digest = hashlib.sha256(f"{group}/{version}/{kind}".encode()).digest()
    return base64.b64encode(digest[:8]).decode()


class Discovery:
    """The documents of one server."""

    def __init__(
        self,
        catalogue: Catalogue,
        registration: Registration,
        facts: Facts,
        types: WireTypes,
        address: str,
    ) -> None:
        """`address`: the `host:port` at which clients reach the server."""
        self._catalogue = catalogue
        self._registration = registration
        self._facts = facts
        self._types = types
        self._address = address
        self._made_at = (catalogue.generation, registration.groups())
        self._documents: dict[str, Object | None] = {}
        self._aggregated: dict[tuple[str, str], tuple[Object, str]] = {}

    def _refresh(self) -> None:
        generation, registered = self._made_at
        now = self._catalogue.generation, self._registration.groups()
        if generation != now[0] or registered is not now[1]:
            self._made_at = now
            self._documents.clear()
            self._aggregated.clear()

    def is_built_in(self, group: str) -> bool:
        """Whether a group is of the server itself, not of CustomResourceDefinitions."""
        return not group or group in self._built_in_groups()

    def _built_in_groups(self) -> dict[str, Object]:
        found = self._documents.get("groups")
        if found is None:
            groups = self._facts.discovery_legacy["/apis"]["groups"]
            found = self._documents["groups"] = {g["name"]: g for g in groups}
        return found

    # Legacy

    def document(self, path: str) -> Object | None:
        """The document of `/api`, `/apis`, `/api/v1`, `/apis/G` or `/apis/G/V`; None if there
        is none."""
        self._refresh()
        if path not in self._documents:
            self._documents[path] = self._make(path)
        return self._documents[path]

    def _make(self, path: str) -> Object | None:
        legacy = self._facts.discovery_legacy
        if path == "/api":
            found = dict(legacy[path])
            found["serverAddressByClientCIDRs"] = [
                {"clientCIDR": "0.0.0.0/0", "serverAddress": self._address}
            ]
            return self._canonical(found, "APIVersions")
        if path == "/apis":
            groups = [self._group(group) for group in self._groups()]
            return self._canonical({**legacy[path], "groups": groups}, "APIGroupList")
        if path in legacy:
            return self._canonical(legacy[path], "APIResourceList")
        parts = path.split("/")[2:]
        if len(parts) == 1:
            return self._group_document(parts[0])
        group, version = parts
        kinds = [k for k in self._custom_kinds(group) if k.version == version]
        return self._resources(group, version, kinds) if kinds else None

    def _canonical(self, document: Object, kind: str) -> Object:
        wire = self._types.of_kind("v1", kind)
        assert wire is not None
        head = {"kind": kind}
        if "apiVersion" in document:
            head["apiVersion"] = document["apiVersion"]
        return canonical({**head, **document}, wire)

    def _group_document(self, group: str) -> Object | None:
        if group not in self._groups():
            return None
        entry = self._group(group)
        return self._canonical({"kind": "APIGroup", "apiVersion": "v1", **entry}, "APIGroup")

    def _groups(self) -> list[str]:
        """All groups, preferred ones first; definitions are not registered at once."""
        return list(dict.fromkeys([_OWN, *self._registration.groups(), *self._custom_groups()]))

    def _group(self, group: str) -> Object:
        versions = [
            {"groupVersion": f"{group}/{version}", "version": version}
            for version in self._versions(group)
        ]
        return {"name": group, "versions": versions, "preferredVersion": versions[0]}

    def _versions(self, group: str) -> list[str]:
        if group == _OWN:
            return self._catalogue.groups()[group]
        served = {kind.version for kind in self._custom_kinds(group)}
        found = list(self._registration.groups().get(group, ()))
        found += sorted(served.difference(found), key=version_priority)
        return found

    # Custom kinds

    def _custom_groups(self) -> list[str]:
        groups = self._catalogue.groups()
        return sorted(g for g in groups if not self.is_built_in(g) and self._custom_kinds(g))

    def _custom_kinds(self, group: str) -> list[Kind]:
        return [k for k in self._catalogue.kinds() if k.custom and k.group == group]

    def _resources(self, group: str, version: str, kinds: list[Kind]) -> Object:
        resources: list[Object] = []
        for kind in kinds:
            main: Object = {
                "name": kind.plural,
                "singularName": kind.singular,
                "namespaced": kind.namespaced,
                "kind": kind.kind,
                "verbs": _verbs(kind),
            }
            if kind.short_names:
                main["shortNames"] = list(kind.short_names)
            if kind.categories:
                main["categories"] = list(kind.categories)
            stored = kind.storage_version or version
            main["storageVersionHash"] = storage_version_hash(group, stored, kind.kind)
            resources.append(main)
            resources += (_subresource(kind, name) for name in _subresources(kind))
        return {
            "kind": "APIResourceList",
            "apiVersion": "v1",
            "groupVersion": f"{group}/{version}",
            "resources": resources,
        }

    # Aggregated

    def speaks(self, version: str) -> bool:
        """Whether aggregated discovery is served in a version: v2beta1 ended with 1.33."""
        return version == "v2" or int(self._facts.minor.partition(".")[2]) < 33

    def aggregated(self, path: str, version: str) -> tuple[Object, str]:
        """The APIGroupDiscoveryList of `/api` or `/apis`, and its hash."""
        self._refresh()
        found = self._aggregated.get((path, version))
        if found is None:
            document = dict(self._facts.discovery_aggregated[path])
            items = document["items"]
            if path == "/apis":
                items = self._aggregated_groups(items)
            document = _ordered(
                {
                    "kind": "APIGroupDiscoveryList",
                    "apiVersion": f"apidiscovery.k8s.io/{version}",
                    "metadata": {},
                    "items": items,
                }
            )
            digest = hashlib.sha512(dump(document)).hexdigest().upper()
            found = self._aggregated[path, version] = (document, digest)
        return found

    def _aggregated_groups(self, recorded: list[Object]) -> list[Object]:
        built_in = {item["metadata"]["name"]: item for item in recorded}
        groups = (group for group in self._groups() if group != _OWN)
        found = [built_in[_OWN]]
        for group in self._registration.by_priority(groups):
            known = {v["version"]: v for v in built_in.get(group, {"versions": ()})["versions"]}
            versions = [
                version
                for name in self._versions(group)
                if (version := known.get(name) or self._aggregated_version(group, name))
            ]
            if versions:
                found.append({"metadata": {"name": group}, "versions": versions})
        return found

    def _aggregated_version(self, group: str, version: str) -> Object | None:
        """A version of custom kinds, or one that nobody has heard of from another server."""
        resources = [
            _aggregated_resource(kind)
            for kind in self._custom_kinds(group)
            if kind.version == version
        ]
        if resources:
            return {"version": version, "resources": resources, "freshness": "Current"}
        if self._registration.is_remote(group, version):
            return {"version": version, "freshness": "Stale"}
        return None


def _verbs(kind: Kind) -> list[str]:
    return [verb for verb in _VERBS if verb in kind.verbs and verb not in kind.hidden_verbs]


def _subresources(kind: Kind) -> list[str]:
    return [name for name in ("status", "scale") if name in kind.subresources]


def _subresource(kind: Kind, name: str) -> Object:
    made: Object = {
        "name": f"{kind.plural}/{name}",
        "singularName": "",
        "namespaced": kind.namespaced,
    }
    if name == "scale":
        made |= {"group": "autoscaling", "version": "v1"}
    made["kind"] = "Scale" if name == "scale" else kind.kind
    made["verbs"] = ["get", "patch", "update"]
    return made


def _aggregated_resource(kind: Kind) -> Object:
    own = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    made: Object = {
        "resource": kind.plural,
        "responseKind": own,
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": _verbs(kind),
    }
    if kind.short_names:
        made["shortNames"] = list(kind.short_names)
    if kind.categories:
        made["categories"] = list(kind.categories)
    subresources = [
        {
            "subresource": name,
            "responseKind": {"group": "autoscaling", "version": "v1", "kind": "Scale"}
            if name == "scale"
            else own,
            "verbs": ["get", "patch", "update"],
        }
        for name in _subresources(kind)
    ]
    if subresources:
        made["subresources"] = subresources
    return made
