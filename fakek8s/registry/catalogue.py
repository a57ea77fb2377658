"""The catalogue: every resource that is served, each as a `Kind` record, found by its path.

Built from recorded discovery, tables, types and schemas joined with the declared behaviours.
Records are made on first use: most clusters touch a dozen of the seventy kinds. It never
looks inside a behaviour.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Column, Kind, SubresourceFacts
from fakek8s.machinery.wire.canonical import canonical, stored, zero
from fakek8s.machinery.wire.decode import decode_changed, decode_value
from fakek8s.machinery.wire.unstructured import from_unstructured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from fakek8s.machinery.schema import Schema
    from fakek8s.machinery.wire.types import WireType

Object = dict[str, Any]
Path = tuple[str, str, str]  # group, version, plural


_VERSION = re.compile(r"v([1-9][0-9]*)(?:(alpha|beta)([1-9][0-9]*))?")
_STABILITY = {None: 0, "beta": 1, "alpha": 2}


def version_priority(name: str) -> tuple[int, int, int, str]:
    """Sorts versions, preferred first: v2, v1, v1beta1, v1alpha1, then others by name
    (apimachinery pkg/version CompareKubeAwareVersionStrings)."""
    match = _VERSION.fullmatch(name)
    if match is None:
        return 3, 0, 0, name
    major, stability, minor = match.groups()
    return _STABILITY[stability], -int(major), -int(minor or 0), name


#: The groups of the servers beside the main one, which store with a codec of their own.
_STORED_IN_JSON = frozenset({"apiextensions.k8s.io", "apiregistration.k8s.io"})


class BuiltinShape:
    """`kind.Shape` of a built-in kind: its Go type."""

    __slots__ = ("_empty", "_in_json", "_type_meta", "type")

    def __init__(self, wire_type: WireType, api_version: str, kind: str) -> None:
        self.type = wire_type
        self._type_meta = {"kind": kind, "apiVersion": api_version}
        self._empty: Object | None = None
        self._in_json = api_version.partition("/")[0] in _STORED_IN_JSON

    def canonical(self, obj: Object) -> Object:
        return canonical(obj, self.type)

    def as_stored(self, obj: Object, live: Object | None = None) -> Object:
        return canonical(obj, self.type) if self._in_json else stored(obj, self.type, live)

    def read(
        self, value: Any, *, lax: bool = False, live: Object | None = None
    ) -> tuple[Object, list[str]]:
        if live is not None:
            made = decode_changed(value, live, self.type)
            if made is not None:
                return made, []
        decoded = (from_unstructured if lax else decode_value)(value, self.type)
        return decoded.object, list(decoded.strict_errors)

    def empty(self) -> Object:
        if self._empty is None:
            self._empty = {**self._type_meta, **zero(self.type)}
        return self._empty


class Catalogue:
    """All kinds by (group, version, plural); `generation` counts changes to the set."""

    def __init__(
        self,
        discovery: Mapping[str, Any],
        tables: Mapping[str, Any],
        wire_type: Callable[[str, str], WireType | None],
        schema: Callable[[str, str], Schema | None],
        behaviours: Iterable[Behaviour],
    ) -> None:
        """`discovery`: legacy documents by path. `tables`: columns by collection path.
        `wire_type` and `schema`: of an (apiVersion, kind)."""
        self.generation = 0
        self._tables = tables
        self._wire_type = wire_type
        self._schema = schema
        self._behaviours = {(b.group, b.plural): b for b in behaviours}
        self._facts: dict[Path, Object] = {}
        self._subresources: dict[Path, dict[str, SubresourceFacts]] = {}
        self._kinds: dict[Path, Kind] = {}
        self._resources: dict[str, Kind] = {}
        self._groups: dict[str, list[str]] = {}
        self._paths: dict[str, list[Path]] = {}
        self._read(discovery)

    def _read(self, discovery: Mapping[str, Any]) -> None:
        self._groups = {"": ["v1"]}
        for group in discovery["/apis"]["groups"]:
            self._groups[group["name"]] = [v["version"] for v in group["versions"]]
        for group_name, versions in self._groups.items():
            for version in versions:
                path = f"/apis/{group_name}/{version}" if group_name else f"/api/{version}"
                for fact in discovery[path]["resources"]:
                    self._read_resource(group_name, version, fact)

    def _read_resource(self, group: str, version: str, fact: Object) -> None:
        plural, _, subresource = fact["name"].partition("/")
        path = (group, version, plural)
        if not subresource:
            self._facts[path] = fact
            self._paths.setdefault(self._resource(path), []).append(path)
            return
        self._subresources.setdefault(path, {})[subresource] = SubresourceFacts(
            fact["kind"],
            fact.get("group", group if "version" not in fact else ""),
            fact.get("version", version),
            frozenset(fact["verbs"]),
        )

    def find(self, group: str, version: str, plural: str) -> Kind | None:
        """The kind at a path, or None."""
        path = (group, version, plural)
        kind = self._kinds.get(path)
        if kind is None and (fact := self._facts.get(path)) is not None:
            kind = self._kinds[path] = self._make(path, fact)
        return kind

    def kinds(self) -> Iterator[Kind]:
        """Every kind in every served version, in discovery's order."""
        for path in list(self._facts):
            kind = self.find(*path)
            assert kind is not None
            yield kind
        yield from (kind for path, kind in list(self._kinds.items()) if path not in self._facts)

    def groups(self) -> dict[str, list[str]]:
        """Served versions by group, preferred first; the core group is ""."""
        return self._groups

    def by_resource(self, resource: str) -> Kind:
        """The kind whose stored form a store resource holds ("pods", "deployments.apps")."""
        known = self._resources.get(resource)
        if known is None:
            versions = list(self.versions_of(resource).values())
            plain = [kind for kind in versions if kind.behaviour.from_stored is None]
            known = (plain or versions)[0]
            self._resources[resource] = known
        return known

    def versions_of(self, resource: str) -> dict[str, Kind]:
        """All kinds that show a store resource's objects, by apiVersion, preferred first."""
        found = [self.find(*path) for path in self._paths.get(resource, ())]
        return {kind.api_version: kind for kind in found if kind is not None}

    def by_kind(self, api_version: str, kind: str) -> Kind | None:
        """The kind that objects of this apiVersion and kind belong to."""
        group, _, version = api_version.rpartition("/")
        for path, fact in self._facts.items():
            if path[0] == group and path[1] == version and fact["kind"] == kind:
                return self.find(*path)
        for found in self._kinds.values():
            if found.api_version == api_version and found.kind == kind:
                return found
        return None

    def scale_kind(self) -> Kind:
        """A record for Scale objects: no resource of its own, but patches need its schema."""
        return self.body_kind("autoscaling/v1", "Scale")

    def body_kind(self, api_version: str, name: str) -> Kind:
        """A record for what only subresources show (Scale, TokenRequest)."""
        wire_type = self._wire_type(api_version, name)
        assert wire_type is not None
        group, _, version = api_version.rpartition("/")
        singular = name.lower()
        return Kind(
            group=group,
            version=version,
            kind=name,
            list_kind="",
            plural=f"{singular}s",
            singular=singular,
            namespaced=True,
            verbs=frozenset(),
            columns=(),
            shape=BuiltinShape(wire_type, api_version, name),
            schema=self._schema(api_version, name),
            behaviour=Behaviour(group=group, plural=f"{singular}s"),
            resource="",
        )

    def add(self, kind: Kind) -> None:
        """Serves a further kind (a CustomResourceDefinition's version) from now on."""
        path = (kind.group, kind.version, kind.plural)
        self._kinds[path] = kind
        paths = self._paths.setdefault(kind.resource, [])
        if path not in paths:
            paths.append(path)
        versions = self._groups.setdefault(kind.group, [])
        if kind.version not in versions:
            versions.append(kind.version)
            if not any(known[0] == kind.group for known in self._facts):
                versions.sort(key=version_priority)
        self._resources.pop(kind.resource, None)
        self.generation += 1

    def remove(self, kind: Kind) -> None:
        """Serves a kind no more."""
        path = (kind.group, kind.version, kind.plural)
        self._kinds.pop(path, None)
        self._paths[kind.resource].remove(path)
        self._resources.pop(kind.resource, None)
        if not any(p[:2] == (kind.group, kind.version) for p in (*self._facts, *self._kinds)):
            self._groups[kind.group].remove(kind.version)
            if not self._groups[kind.group]:
                del self._groups[kind.group]
        self.generation += 1

    def _behaviour(self, path: Path) -> Behaviour | None:
        group, version, plural = path
        for_version = self._behaviours.get((f"{group}/{version}", plural))
        return for_version or self._behaviours.get((group, plural))

    def _resource(self, path: Path) -> str:
        """The store's name of the resource at a path."""
        behaviour = self._behaviour(path)
        if behaviour is not None and behaviour.stored_as:
            return behaviour.stored_as
        group, _, plural = path
        return f"{plural}.{group}" if group else plural

    def _make(self, path: Path, fact: Object) -> Kind:
        group, version, plural = path
        api_version = f"{group}/{version}" if group else version
        name = fact["kind"]
        wire_type = self._wire_type(api_version, name)
        assert wire_type is not None, path
        prefix = f"/apis/{api_version}" if group else f"/api/{version}"
        behaviour = self._behaviour(path) or Behaviour(group=group, plural=plural)
        return Kind(
            group=group,
            version=version,
            kind=name,
            list_kind=f"{name}List",
            plural=plural,
            singular=fact["singularName"],
            namespaced=fact["namespaced"],
            short_names=tuple(fact.get("shortNames", ())),
            categories=tuple(fact.get("categories", ())),
            verbs=frozenset(fact["verbs"]),
            subresources=self._subresources.get(path, {}),
            columns=tuple(
                Column(c["name"], c["type"], c["format"], c["priority"])
                for c in self._tables.get(f"{prefix}/{plural}", ())
            ),
            shape=BuiltinShape(wire_type, api_version, name),
            schema=self._schema(api_version, name),
            behaviour=behaviour,
            resource=self._resource(path),
        )
