"""How OpenAPI becomes `Schema` nodes: k8s.io/kube-openapi/pkg/schemaconv (ToSchemaFromOpenAPI).

Each definition is converted when somebody first looks into it. OpenAPI v3 documents and v2
definitions both work; only v3 states the defaults that keys of list maps may take.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fakek8s.machinery.schema.node import UNSET, Field, Schema

if TYPE_CHECKING:
    from collections.abc import Mapping

_QUANTITY: Final = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_RAW: Final = "io.k8s.apimachinery.pkg.runtime.RawExtension"
_OBJECT_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
#: What every object has.
_OBJECT: Final[Mapping[str, Any]] = {
    "apiVersion": {"type": "string"},
    "kind": {"type": "string"},
    "metadata": {"$ref": _OBJECT_META},
}
_GVK: Final = "x-kubernetes-group-version-kind"
_PRESERVE: Final = "x-kubernetes-preserve-unknown-fields"
_TYPED_STRINGS: Final = frozenset(("", "byte"))


class SchemaError(ValueError):
    """A definition that can't be converted, or a name that isn't defined."""


def merged(documents: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """All schemas of a server's OpenAPI v3 documents (`{path: document}`), by name.

    A schema that several documents carry is the same in all, but for the kinds it is used as.
    """
    found: dict[str, Any] = {}
    for document in documents.values():
        components = document.get("components") or {}
        for name, schema in (components.get("schemas") or {}).items():
            found.setdefault(name, schema)
    return found


def compile(definitions: Mapping[str, Any], ref: str) -> Schema:
    """The schema of one definition; for several of the same document keep a `Definitions`."""
    return Definitions(definitions).named(ref)


class Definitions:
    """The schemas of a set of definitions, by name and by kind, each compiled once.

    definitions: name -> OpenAPI schema (v3 `components.schemas`, see `merged`, or v2
    `definitions`).
    """

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._named: dict[str, Schema] = {}
        self._kinds: dict[tuple[str, str, str], str] | None = None
        #: Anything at all, owned as one (`__untyped_atomic_` upstream).
        self.untyped = Schema("untyped", _fill_untyped)
        #: Anything at all: maps by their keys, lists as one (`__untyped_deduced_`).
        self.deduced = Schema("deduced", self._fill_deduced)

    def named(self, name: str) -> Schema:
        """The schema of a definition; raises SchemaError if there is none."""
        schema = self._named.get(name)
        if schema is None:
            if name not in self._definitions:
                raise SchemaError(f"no definition {name}")
            schema = self._named[name] = self._named_schema(name)
        return schema

    def _named_schema(self, name: str) -> Schema:
        if name == _QUANTITY:
            return Schema(name, self._fill_quantity)
        if name == _RAW:
            return Schema(name, _fill_untyped)
        facts = self._definitions[name]
        return Schema(name, lambda node: self._fill(node, facts, preserve=False))

    def of_kind(self, group: str, version: str, kind: str) -> Schema | None:
        """The schema of a kind, or None if no definition says it is that kind's."""
        if self._kinds is None:
            self._kinds = {
                (gvk["group"], gvk["version"], gvk["kind"]): name
                for name, facts in self._definitions.items()
                for gvk in facts.get(_GVK, ())
            }
        name = self._kinds.get((group, version, kind))
        return None if name is None else self.named(name)

    def inlined(self, facts: Mapping[str, Any], *, preserve: bool = False) -> Schema:
        """The schema of a node that stands inside another, a reference included."""
        ref = _reference(facts)
        if not ref:
            return Schema("", lambda node: self._fill(node, facts, preserve=preserve))
        target = self.named(ref)
        map_type = facts.get("x-kubernetes-map-type")
        if map_type is None:
            return target

        def override(node: Schema) -> None:
            target.copy_to(node)
            node.map_atomic = map_type == "atomic"

        return Schema(ref, override)

    def _fill_quantity(self, node: Schema) -> None:
        node.scalar = "untyped"
        node.facts = self._definitions[_QUANTITY]

    def _fill_deduced(self, node: Schema) -> None:
        node.scalar = "untyped"
        node.fields = {}
        node.element = node
        node.items = self.untyped

    def _fill(self, node: Schema, facts: Mapping[str, Any], *, preserve: bool) -> None:
        preserve = preserve or facts.get(_PRESERVE) is True
        node.facts = facts
        node.type = kind = facts.get("type", "")
        node.required = tuple(facts.get("required", ()))
        if kind in ("", "object"):
            self._fill_map(node, facts, preserve)
        if kind in ("", "array"):
            self._fill_list(node, facts, preserve)
        if kind not in ("object", "array"):
            node.scalar = _scalar(kind, facts.get("format", ""))

    def _fill_map(self, node: Schema, facts: Mapping[str, Any], preserve: bool) -> None:
        node.map_atomic = facts.get("x-kubernetes-map-type") == "atomic"
        properties: Mapping[str, Any] = facts.get("properties") or {}
        if facts.get("x-kubernetes-embedded-resource") is True:
            properties = {**properties, **_OBJECT}
        required = node.required
        node.fields = {
            name: Field(
                name,
                self.inlined(member, preserve=preserve),
                default=member.get("default", UNSET),
                required=name in required,
                patch_strategy=member.get("x-kubernetes-patch-strategy", ""),
                patch_merge_key=member.get("x-kubernetes-patch-merge-key", ""),
            )
            for name, member in properties.items()
        }
        other = facts.get("additionalProperties")
        if other is None:
            node.element = self.deduced if preserve or not properties else None
        elif isinstance(other, bool):
            node.element = self.deduced if other else None
        else:
            node.element = self.inlined(other, preserve=preserve)

    def _fill_list(self, node: Schema, facts: Mapping[str, Any], preserve: bool) -> None:
        items = facts.get("items")
        node.items = self.untyped if items is None else self.inlined(items, preserve=preserve)
        node.list_type, names = _list_type(facts)
        if names:
            fields = node.items.fields or {}
            node.keys = tuple(
                (name, fields[name].default if name in fields else UNSET) for name in sorted(names)
            )


def _fill_untyped(node: Schema) -> None:
    node.scalar = "untyped"
    node.fields = {}
    node.element = node
    node.map_atomic = True
    node.items = node


def _reference(facts: Mapping[str, Any]) -> str:
    """The name a node refers to; v3 wraps a reference that carries more in an `allOf` of one."""
    ref: str = facts.get("$ref", "")
    if not ref:
        wrapped = facts.get("allOf", ())
        if len(wrapped) == 1:
            ref = wrapped[0].get("$ref", "")
    return ref.rpartition("/")[2]


def _scalar(kind: str, form: str) -> str:
    if kind in ("integer", "number"):
        return "numeric"
    if kind == "string":
        return "string" if form in _TYPED_STRINGS else "untyped"
    return "boolean" if kind == "boolean" else "untyped"


def _list_type(facts: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """`(list type, keys)`; lists without a list type follow their patch strategy."""
    declared = facts.get("x-kubernetes-list-type")
    if declared == "map":
        return "map", tuple(facts.get("x-kubernetes-list-map-keys", ()))
    if declared is not None:
        return declared, ()
    if facts.get("x-kubernetes-patch-strategy") in ("merge", "merge,retainKeys"):
        key = facts.get("x-kubernetes-patch-merge-key")
        return ("map", (key,)) if key else ("set", ())
    return "atomic", ()


def structural(schema: Mapping[str, Any], definitions: Definitions) -> Schema:
    """The schema of a custom resource, from `openAPIV3Schema` of its version.

    Metadata is ObjectMeta whatever the author declared; apiVersion and kind are strings (so in
    embedded resources too: addEmbeddedProperties upstream). Without
    a schema everything but metadata is deduced from the values.
    """
    properties = {**(schema.get("properties") or {}), **_OBJECT}
    facts = {**schema, "type": "object", "properties": properties}
    if not schema.get("properties"):
        facts[_PRESERVE] = True
    return definitions.inlined(facts)
