"""What the Go API types say about the wire: fields, order, emptiness, protobuf numbers.

It refuses to know values: decoding, encoding and protobuf read these records.
Facts come from reflection over upstream's structs (see openapi/README.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

INTS: Final = frozenset(
    ("int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64")
)
FLOATS: Final = frozenset(("float32", "float64"))

_META = "k8s.io/apimachinery/pkg/apis/meta/v1."
_CRD = "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/"

# Structs whose JSON is not that of their fields: upstream gives them MarshalJSON and UnmarshalJSON.
SPECIALS: Final[dict[str, str]] = {
    _META + "Time": "Time",
    _META + "MicroTime": "MicroTime",
    _META + "Duration": "Duration",
    _META + "FieldsV1": "FieldsV1",
    "k8s.io/apimachinery/pkg/api/resource.Quantity": "Quantity",
    "k8s.io/apimachinery/pkg/util/intstr.IntOrString": "IntOrString",
    "k8s.io/apimachinery/pkg/runtime.RawExtension": "RawExtension",
    **{
        f"{_CRD}{version}.{name}": name
        for version in ("v1", "v1beta1")
        for name in (
            "JSON",
            "JSONSchemaPropsOrBool",
            "JSONSchemaPropsOrArray",
            "JSONSchemaPropsOrStringArray",
        )
    },
}


#: An empty list of managed fields asks to stop tracking; one of scaling policies is no reason for
#: the default ones; one of CIDRs is shown in the error that it is.
_TELLING = frozenset(("managedFields", "policies", "cidrs"))


def _short(full: str) -> str:
    """`k8s.io/api/core/v1.Pod` as reflect.Type.String writes it: `v1.Pod`."""
    return full.rpartition("/")[2]


class GoType:
    """One node of a Go type expression.

    kind: "string", "bool", "int32" ... "float64", "bytes", "any", "pointer", "slice", "map" or
    "struct". text: as reflect.Type.String gives it (`[]v1.Container`), for error messages.
    named: the full Go name when the type has one (`k8s.io/api/core/v1.PodPhase`), else "".
    elem: of a pointer, slice or map. key: of a map. struct: the WireType, resolved on first use.
    """

    __slots__ = ("_types", "elem", "key", "kind", "named", "text")

    def __init__(
        self,
        kind: str,
        text: str,
        *,
        named: str = "",
        elem: GoType | None = None,
        key: GoType | None = None,
        types: WireTypes | None = None,
    ) -> None:
        self.kind = kind
        self.text = text
        self.named = named
        self.elem = elem
        self.key = key
        self._types = types

    @property
    def struct(self) -> WireType:
        """The struct of a "struct" node."""
        assert self._types is not None
        found = self._types.get(self.named)
        assert found is not None, self.named
        return found

    def __repr__(self) -> str:
        return f"GoType({self.text})"


class FieldType:
    """One field of a Go struct.

    json: the name on the wire ("" for an embedded struct whose fields are inlined, "-" for none).
    number, wire: the protobuf field number and wire type ("bytes,opt", "varint,rep" ...), 0 and ""
    if none. embedded: the struct's fields are inlined in JSON; in protobuf it is a message of its
    own. through: for a flattened field, the embedded fields that lead to it, outermost first.
    """

    __slots__ = (
        "embedded",
        "go",
        "json",
        "number",
        "omitempty",
        "omitzero",
        "through",
        "type",
        "wire",
    )

    def __init__(
        self,
        *,
        json: str,
        go: str,
        type: GoType,
        omitempty: bool = False,
        omitzero: bool = False,
        embedded: bool = False,
        number: int = 0,
        wire: str = "",
        through: tuple[FieldType, ...] = (),
    ) -> None:
        self.json = json
        self.go = go
        self.type = type
        self.omitempty = omitempty
        self.omitzero = omitzero
        self.embedded = embedded
        self.number = number
        self.wire = wire
        self.through = through

    @property
    def keeps_empty(self) -> bool:
        """Whether an empty list says something else than none, though neither is written."""
        return self.json in _TELLING

    def under(self, outer: FieldType) -> FieldType:
        """This field as seen from the struct that embeds its owner by `outer`."""
        return FieldType(
            json=self.json,
            go=self.go,
            type=self.type,
            omitempty=self.omitempty,
            omitzero=self.omitzero,
            number=self.number,
            wire=self.wire,
            through=(outer, *self.through),
        )

    def __repr__(self) -> str:
        return f"FieldType({self.go} {self.type.text} {self.json!r})"


class WireType:
    """A Go struct.

    name: full Go name (`k8s.io/api/core/v1.Pod`). short: `Pod`. text: `v1.Pod`.
    members: its Go fields as declared (protobuf's view). fields: its JSON fields in the order that
    encoding/json writes them, embedded structs flattened. special: a name out of SPECIALS' values
    if its JSON is its own, else "". decoded, zeroed ...: see `cache`, where the compilers of decode
    and canonical keep what they made of this type.
    """

    __slots__ = ("_fields", "cache", "members", "name", "short", "special", "text")

    def __init__(self, name: str, members: tuple[FieldType, ...]) -> None:
        self.name = name
        self.text = _short(name)
        self.short = name.rpartition(".")[2]
        self.members = members
        self.special = SPECIALS.get(name, "")
        self.cache: dict[str, Any] = {}
        self._fields: tuple[FieldType, ...] | None = None

    @property
    def fields(self) -> tuple[FieldType, ...]:
        """JSON fields, flattened; of fields with one name the shallowest wins (encoding/json
        typeFields).
        """
        if self._fields is None:
            flat: list[FieldType] = []
            for member in self.members:
                if member.json == "-":
                    continue
                if member.embedded:
                    flat.extend(f.under(member) for f in member.type.struct.fields)
                else:
                    flat.append(member)
            depth: dict[str, int] = {}
            for field in flat:
                level = len(field.through)
                depth[field.json] = min(level, depth.get(field.json, level))
            self._fields = tuple(f for f in flat if len(f.through) == depth[f.json])
        return self._fields

    def field(self, json: str) -> FieldType | None:
        """The JSON field of that name."""
        index = self.cache.get("by_json")
        if index is None:
            index = self.cache["by_json"] = {f.json: f for f in self.fields}
        found: FieldType | None = index.get(json)
        return found

    def __repr__(self) -> str:
        return f"WireType({self.name})"


class WireTypes:
    """All types of one Kubernetes version, compiled from the `gotypes` facts on demand."""

    def __init__(self, gotypes: Mapping[str, Any]) -> None:
        self._kinds: Mapping[str, str] = gotypes["kinds"]
        self._facts: Mapping[str, Any] = gotypes["types"]
        self._structs: dict[str, WireType] = {}
        self._expressions: dict[str, GoType] = {}

    def of_kind(self, api_version: str, kind: str) -> WireType | None:
        """The type of objects that say `apiVersion: apps/v1`, `kind: Deployment`."""
        name = self._kinds.get(f"{api_version}/{kind}")
        return None if name is None else self.get(name)

    def get(self, name: str) -> WireType | None:
        """The struct with that full Go name; None if there is none of that name."""
        known = self._structs.get(name)
        if known is not None:
            return known
        fact = self._facts.get(name)
        if fact is None or "fields" not in fact:
            return None
        package = name.rpartition(".")[0]
        made = WireType(name, tuple(self._member(f, package) for f in fact["fields"]))
        self._structs[name] = made
        return made

    def _member(self, fact: Mapping[str, Any], package: str) -> FieldType:
        expression = self.parse(fact["type"], fact.get("named", ""))
        if fact["type"] == "map[string][]string":
            expression = self._map_of_lists(fact["json"], package)
        json = fact.get("json", "")
        # Some versions tag embedded structs with ",inline", later ones don't.
        embedded = (
            not json
            and expression.kind == "struct"
            and expression.named.rpartition(".")[2] == fact["go"]
        )
        return FieldType(
            json="" if embedded else json or fact["go"],
            go=fact["go"],
            type=expression,
            omitempty=bool(fact.get("omitempty")),
            omitzero=bool(fact.get("omitzero")),
            embedded=embedded,
            number=fact.get("number", 0),
            wire=fact.get("wire", ""),
        )

    def _map_of_lists(self, json: str, package: str) -> GoType:
        """Protobuf has no map of lists, so each package names those lists."""
        short = "AttestationValue" if json == "attestations" else "ExtraValue"
        key, elem = self.parse("string"), self.parse("[]string", f"{package}.{short}")
        return GoType("map", f"map[string]{elem.text}", key=key, elem=elem)

    def parse(self, expression: str, named: str = "") -> GoType:
        """The tree of a Go type expression; `named` is the full name of a named slice or map."""
        key = f"{named}={expression}" if named else expression
        known = self._expressions.get(key)
        if known is None:
            known = self._expressions[key] = self._parse(expression, named)
        return known

    def _parse(self, expression: str, named: str) -> GoType:
        if expression.startswith("*"):
            elem = self.parse(expression[1:])
            return GoType("pointer", f"*{elem.text}", elem=elem)
        if expression == "[]uint8":
            return GoType("bytes", _short(named) if named else expression, named=named)
        if expression.startswith("[]"):
            elem = self.parse(expression[2:])
            text = _short(named) if named else f"[]{elem.text}"
            return GoType("slice", text, named=named, elem=elem)
        if expression.startswith("map["):
            inner, _, rest = expression[4:].partition("]")
            key, elem = self.parse(inner), self.parse(rest)
            text = _short(named) if named else f"map[{key.text}]{elem.text}"
            return GoType("map", text, named=named, key=key, elem=elem)
        if expression == "interface {}":
            return GoType("any", expression)
        fact = self._facts.get(expression)
        if fact is None:
            return GoType(expression if "." not in expression else "any", _short(expression))
        if "fields" in fact:
            return GoType("struct", _short(expression), named=expression, types=self)
        underlying = fact["underlying"]
        kind = "any" if underlying == "interface" else underlying
        return GoType(kind, _short(expression), named=expression)
