"""OpenAPI documents in the protobuf form that clients without a JSON parser for them ask for.

Each message is a table: JSON name -> (field number, type), as the messages of gnostic's openapi.v2
and openapi.v3 packages have them. Types: `string`, `bool`, `int`, `double`, `any`, another table's
name, `[]T` for a list, `{}T` for a message of named values, `*T` for something with rules of its
own. Names that begin with `x-` are extensions and go into the field named so.
"""

from __future__ import annotations

from struct import pack
from typing import TYPE_CHECKING, Any, Final

import orjson

from fakek8s.machinery.wire.encode import number_text
from fakek8s.machinery.wire.protowrite import varint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Object = dict[str, Any]
Table = dict[str, tuple[int, str]]

_EXTENSION: Final = "x-"
#: What all kinds of limited values have in common, from the number of `default` on.
_LIMITS: Final = (
    ("default", "any"),
    ("maximum", "double"),
    ("exclusiveMaximum", "bool"),
    ("minimum", "double"),
    ("exclusiveMinimum", "bool"),
    ("maxLength", "int"),
    ("minLength", "int"),
    ("pattern", "string"),
    ("maxItems", "int"),
    ("minItems", "int"),
    ("uniqueItems", "bool"),
    ("enum", "[]any"),
    ("multipleOf", "double"),
)


def _numbered(first: int, *fields: tuple[str, str]) -> Table:
    return {name: (number, type) for number, (name, type) in enumerate(fields, first)}


def _located(*extra: tuple[str, str]) -> Table:
    """A parameter in the path, a header or the query (which also has `extra`)."""
    return _numbered(
        1,
        ("required", "bool"),
        ("in", "string"),
        ("description", "string"),
        ("name", "string"),
        *extra,
        ("type", "string"),
        ("format", "string"),
        ("items", "PrimitivesItems"),
        ("collectionFormat", "string"),
        *_LIMITS,
        (_EXTENSION, "any"),
    )


_INFO: Final = (("title", "string"), ("version", "string"), ("description", "string"))
_V2: Final[Mapping[str, Table]] = {
    "Document": {
        **_numbered(1, ("swagger", "string"), ("info", "Info"), ("host", "string")),
        **_numbered(4, ("basePath", "string"), ("schemes", "[]string")),
        **_numbered(6, ("consumes", "[]string"), ("produces", "[]string")),
        **_numbered(8, ("paths", "*Paths"), ("definitions", "{}Schema")),
        "parameters": (10, "{}*BareParameter"),
        **_numbered(12, ("security", "[]*Requirement"), ("securityDefinitions", "{}*Security")),
        _EXTENSION: (16, "any"),
    },
    "Info": {**_numbered(1, *_INFO), _EXTENSION: (7, "any")},
    "PathItem": {
        **_numbered(1, ("$ref", "string"), ("get", "Operation"), ("put", "Operation")),
        **_numbered(4, ("post", "Operation"), ("delete", "Operation"), ("options", "Operation")),
        **_numbered(7, ("head", "Operation"), ("patch", "Operation")),
        "parameters": (9, "[]*Parameter"),
        _EXTENSION: (10, "any"),
    },
    "Operation": {
        **_numbered(1, ("tags", "[]string"), ("summary", "string"), ("description", "string")),
        **_numbered(5, ("operationId", "string"), ("produces", "[]string")),
        **_numbered(7, ("consumes", "[]string"), ("parameters", "[]*Parameter")),
        **_numbered(9, ("responses", "*Responses"), ("schemes", "[]string")),
        **_numbered(11, ("deprecated", "bool"), ("security", "[]*Requirement")),
        _EXTENSION: (13, "any"),
    },
    "Reference": _numbered(1, ("$ref", "string"), ("description", "string")),
    "BodyParameter": {
        **_numbered(1, ("description", "string"), ("name", "string"), ("in", "string")),
        **_numbered(4, ("required", "bool"), ("schema", "Schema"), (_EXTENSION, "any")),
    },
    "path": _located(),
    "header": _located(),
    "query": _located(("allowEmptyValue", "bool")),
    "formData": _located(("allowEmptyValue", "bool")),
    "PrimitivesItems": _numbered(
        1,
        ("type", "string"),
        ("format", "string"),
        ("items", "PrimitivesItems"),
        ("collectionFormat", "string"),
        *_LIMITS,
        (_EXTENSION, "any"),
    ),
    "Response": {
        **_numbered(1, ("description", "string"), ("schema", "*SchemaItem")),
        _EXTENSION: (5, "any"),
    },
    "Schema": {
        **_numbered(1, ("$ref", "string"), ("format", "string"), ("title", "string")),
        **_numbered(4, ("description", "string"), ("default", "any"), ("multipleOf", "double")),
        **_numbered(7, ("maximum", "double"), ("exclusiveMaximum", "bool")),
        **_numbered(9, ("minimum", "double"), ("exclusiveMinimum", "bool"), ("maxLength", "int")),
        **_numbered(12, ("minLength", "int"), ("pattern", "string"), ("maxItems", "int")),
        **_numbered(15, ("minItems", "int"), ("uniqueItems", "bool"), ("maxProperties", "int")),
        **_numbered(18, ("minProperties", "int"), ("required", "[]string"), ("enum", "[]any")),
        **_numbered(21, ("additionalProperties", "*Additional"), ("type", "*Types")),
        **_numbered(23, ("items", "*Items"), ("allOf", "[]Schema"), ("properties", "{}Schema")),
        **_numbered(26, ("discriminator", "string"), ("readOnly", "bool")),
        **_numbered(30, ("example", "any"), (_EXTENSION, "any")),
    },
    "ApiKey": {
        **_numbered(1, ("type", "string"), ("name", "string"), ("in", "string")),
        **_numbered(4, ("description", "string"), (_EXTENSION, "any")),
    },
}
_V3: Final[Mapping[str, Table]] = {
    "Document": {
        **_numbered(1, ("openapi", "string"), ("info", "Info")),
        **_numbered(4, ("paths", "*Paths"), ("components", "Components")),
        **_numbered(6, ("security", "[]*Requirement")),
        _EXTENSION: (9, "any"),
    },
    "Info": {"title": (1, "string"), "description": (2, "string"), "version": (6, "string")},
    "Components": {
        **_numbered(1, ("schemas", "{}*Schema"), ("responses", "{}*Response")),
        **_numbered(3, ("parameters", "{}*Parameter")),
        "securitySchemes": (7, "{}*Scheme"),
        _EXTENSION: (10, "any"),
    },
    "PathItem": {
        **_numbered(1, ("$ref", "string"), ("summary", "string"), ("description", "string")),
        **_numbered(4, ("get", "Operation"), ("put", "Operation"), ("post", "Operation")),
        **_numbered(7, ("delete", "Operation"), ("options", "Operation"), ("head", "Operation")),
        **_numbered(10, ("patch", "Operation"), ("trace", "Operation")),
        "parameters": (13, "[]*Parameter"),
        _EXTENSION: (14, "any"),
    },
    "Operation": {
        **_numbered(1, ("tags", "[]string"), ("summary", "string"), ("description", "string")),
        **_numbered(5, ("operationId", "string"), ("parameters", "[]*Parameter")),
        **_numbered(7, ("requestBody", "*Body"), ("responses", "*Responses")),
        **_numbered(10, ("deprecated", "bool"), ("security", "[]*Requirement")),
        _EXTENSION: (13, "any"),
    },
    "Reference": _numbered(1, ("$ref", "string"), ("summary", "string"), ("description", "string")),
    "Parameter": {
        **_numbered(1, ("name", "string"), ("in", "string"), ("description", "string")),
        **_numbered(4, ("required", "bool"), ("deprecated", "bool"), ("allowEmptyValue", "bool")),
        **_numbered(7, ("style", "string"), ("explode", "bool"), ("allowReserved", "bool")),
        "schema": (10, "*Schema"),
        "content": (13, "{}MediaType"),
        _EXTENSION: (14, "any"),
    },
    "MediaType": {"schema": (1, "*Schema"), "example": (2, "any"), _EXTENSION: (5, "any")},
    "RequestBody": {
        **_numbered(1, ("description", "string"), ("content", "{}MediaType")),
        **_numbered(3, ("required", "bool"), (_EXTENSION, "any")),
    },
    "Response": {
        "description": (1, "string"),
        "content": (3, "{}MediaType"),
        _EXTENSION: (5, "any"),
    },
    "Schema": {
        **_numbered(1, ("nullable", "bool")),
        **_numbered(3, ("readOnly", "bool"), ("writeOnly", "bool")),
        **_numbered(7, ("example", "any"), ("deprecated", "bool"), ("title", "string")),
        **_numbered(10, ("multipleOf", "double"), ("maximum", "double")),
        **_numbered(12, ("exclusiveMaximum", "bool"), ("minimum", "double")),
        **_numbered(14, ("exclusiveMinimum", "bool"), ("maxLength", "int"), ("minLength", "int")),
        **_numbered(17, ("pattern", "string"), ("maxItems", "int"), ("minItems", "int")),
        **_numbered(20, ("uniqueItems", "bool"), ("maxProperties", "int")),
        **_numbered(22, ("minProperties", "int"), ("required", "[]string"), ("enum", "[]any")),
        **_numbered(25, ("type", "string"), ("allOf", "[]*Schema"), ("oneOf", "[]*Schema")),
        **_numbered(28, ("anyOf", "[]*Schema"), ("not", "Schema"), ("items", "*Items")),
        **_numbered(31, ("properties", "{}*Schema"), ("additionalProperties", "*Additional")),
        **_numbered(33, ("default", "*Default"), ("description", "string"), ("format", "string")),
        _EXTENSION: (36, "any"),
    },
    "Scheme": {
        **_numbered(1, ("type", "string"), ("description", "string"), ("name", "string")),
        **_numbered(4, ("in", "string"), ("scheme", "string"), ("bearerFormat", "string")),
    },
}


def _field(number: int, body: bytes) -> bytes:
    return b"".join((varint(number << 3 | 2), varint(len(body)), body))


def _any(value: Any) -> bytes:
    """gnostic's Any holds YAML, of which JSON is a part."""
    return _field(2, orjson.dumps(value, number_text) + b"\n")


class _Writer:
    """Writes the messages of one of the two packages."""

    def __init__(self, tables: Mapping[str, Table], special: Mapping[str, Any]) -> None:
        self._tables = tables
        self._special = special

    def message(self, name: str, value: Object) -> bytes:
        table = self._tables[name]
        parts: list[tuple[int, bytes]] = []
        for key, held in value.items():
            extension = key.startswith(_EXTENSION)
            known = table.get(_EXTENSION if extension else key)
            if known is None:
                continue
            number, type = known
            if extension:
                body = _field(1, key.encode()) + _field(2, _any(held))
                parts.append((number, _field(number, body)))
            else:
                parts.append((number, self.value(number, type, held)))
        parts.sort(key=lambda part: part[0])
        return b"".join([body for _, body in parts])

    def value(self, number: int, type: str, value: Any) -> bytes:
        """A field with its tag."""
        if type == "string":
            return _field(number, str(value).encode())
        if type == "bool":
            return varint(number << 3) + (b"\x01" if value else b"\x00")
        if type == "int":
            return varint(number << 3) + varint(int(value))
        if type == "double":
            return varint(number << 3 | 1) + pack("<d", float(value))
        if type.startswith("[]"):
            return b"".join([self.value(number, type[2:], item) for item in value])
        return _field(number, self.body(type, value))

    def body(self, type: str, value: Any) -> bytes:
        """A message without its tag."""
        if type == "any":
            return _any(value)
        if type.startswith("{}"):
            return self.named(1, type[2:], value)
        if type.startswith("*"):
            write: Callable[[_Writer, Any], bytes] = self._special[type[1:]]
            return write(self, value)
        return self.message(type, value)

    def named(self, number: int, type: str, values: Object) -> bytes:
        """Named values as a list of pairs."""
        return b"".join(
            [
                _field(number, _field(1, name.encode()) + _field(2, self.body(type, held)))
                for name, held in values.items()
            ]
        )


def _or_reference(type: str) -> Callable[[_Writer, Any], bytes]:
    """Field 1 is the thing itself, field 2 a reference to it."""

    def write(writer: _Writer, value: Object) -> bytes:
        if "$ref" in value:
            return _field(2, writer.message("Reference", value))
        return _field(1, writer.message(type, value))

    return write


def _requirement(writer: _Writer, value: Object) -> bytes:
    return b"".join(
        [
            _field(
                1,
                _field(1, name.encode())
                + _field(2, b"".join(_field(1, s.encode()) for s in scopes)),
            )
            for name, scopes in value.items()
        ]
    )


def _additional(type: str) -> Callable[[_Writer, Any], bytes]:
    def write(writer: _Writer, value: Any) -> bytes:
        if isinstance(value, bool):
            return writer.value(2, "bool", value)
        return _field(1, writer.body(type, value))

    return write


def _items(type: str) -> Callable[[_Writer, Any], bytes]:
    def write(writer: _Writer, value: Any) -> bytes:
        many = value if isinstance(value, list) else [value]
        return b"".join([_field(1, writer.body(type, item)) for item in many])

    return write


def _types(writer: _Writer, value: Any) -> bytes:
    many = value if isinstance(value, list) else [value]
    return b"".join([_field(1, item.encode()) for item in many])


#: Where a parameter is -> its field in NonBodyParameter.
_PLACES: Final = {"header": 1, "formData": 2, "query": 3, "path": 4}


def _parameter(writer: _Writer, value: Object) -> bytes:
    if "$ref" in value:
        return _field(2, writer.message("Reference", value))
    return _field(1, _bare_parameter(writer, value))


def _bare_parameter(writer: _Writer, value: Object) -> bytes:
    place = value["in"]
    if place == "body":
        return _field(1, writer.message("BodyParameter", value))
    return _field(2, _field(_PLACES[place], writer.message(place, value)))


def _default(writer: _Writer, value: Any) -> bytes:
    if isinstance(value, bool):
        return writer.value(2, "bool", value)
    if isinstance(value, (int, float)):
        return writer.value(1, "double", value)
    return writer.value(3, "string", value) if isinstance(value, str) else b""


def _v3_responses(writer: _Writer, value: Object) -> bytes:
    others = {code: held for code, held in value.items() if code != "default"}
    first = _field(1, writer.body("*Response", value["default"])) if "default" in value else b""
    return first + writer.named(2, "*Response", others)


_SPECIAL_V2: Final[Mapping[str, Callable[[_Writer, Any], bytes]]] = {
    "Paths": lambda writer, value: writer.named(2, "PathItem", value),
    "Responses": lambda writer, value: writer.named(1, "*ResponseValue", value),
    "ResponseValue": _or_reference("Response"),
    "SchemaItem": lambda writer, value: _field(1, writer.message("Schema", value)),
    "Requirement": _requirement,
    "Security": lambda writer, value: _field(2, writer.message("ApiKey", value)),
    "Additional": _additional("Schema"),
    "Items": _items("Schema"),
    "Types": _types,
    "Parameter": _parameter,
    "BareParameter": _bare_parameter,
}
_SPECIAL_V3: Final[Mapping[str, Callable[[_Writer, Any], bytes]]] = {
    "Paths": lambda writer, value: writer.named(1, "PathItem", value),
    "Responses": _v3_responses,
    "Response": _or_reference("Response"),
    "Schema": _or_reference("Schema"),
    "Parameter": _or_reference("Parameter"),
    "Body": _or_reference("RequestBody"),
    "Scheme": _or_reference("Scheme"),
    "Requirement": _requirement,
    "Additional": _additional("*Schema"),
    "Items": _items("*Schema"),
    "Default": _default,
}


def encode_v2(document: Object) -> bytes:
    """An openapi.v2.Document."""
    return _Writer(_V2, _SPECIAL_V2).message("Document", document)


def encode_v3(document: Object) -> bytes:
    """An openapi.v3.Document."""
    return _Writer(_V3, _SPECIAL_V3).message("Document", document)
