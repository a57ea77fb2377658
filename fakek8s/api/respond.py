"""The chain's answers in the form that was negotiated: objects, lists, tables, partial metadata.

Source: apiserver pkg/endpoints/handlers/response.go (transformResponseObject).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.api import media
from fakek8s.api.codec import table
from fakek8s.api.codec.encode import NotMarshalable, custom_metadata
from fakek8s.api.reply import object_bytes
from fakek8s.kind import Behaviour, Column, Kind
from fakek8s.machinery.wire import scheme
from fakek8s.machinery.wire.jsontext import dump_pretty
from fakek8s.machinery.wire.yamltext import to_yaml
from fakek8s.registry.convert import shown_entry

if TYPE_CHECKING:
    from datetime import datetime

    from fakek8s.api.codec.encode import Encoder
    from fakek8s.api.negotiate import Convert, Form
    from fakek8s.registry.list import ListPage
    from fakek8s.server.answer import Answer
    from fakek8s.server.request import Query

Object = dict[str, Any]


def body_of(answer: Answer, form: Form, query: Query, encoder: Encoder, now: datetime) -> bytes:
    """The bytes of an object or a page; raises APIError 400 or 406."""
    try:
        if answer.page is not None:
            assert answer.kind is not None
            return _page(answer.kind, answer.page, form, query, encoder, now)
        return _object(answer, form, query, encoder, now)
    except NotMarshalable as error:
        raise errors.APIError(406, "NotAcceptable", str(error)) from None


def _object(answer: Answer, form: Form, query: Query, encoder: Encoder, now: datetime) -> bytes:
    obj, kind, entry = answer.object, answer.kind, answer.entry
    assert obj is not None
    if form.convert is not None:
        kind = kind or _nameless(obj, answer.scaled)
        return object_bytes(_converted(obj, kind, form.convert, query, now), form, encoder)
    if kind is None or entry is None or form.pretty or form.media == media.YAML:
        if kind is not None and kind.custom and form.media == media.PROTOBUF:
            raise unmarshalable()
        return object_bytes(obj, form, encoder)
    if form.media == media.PROTOBUF:
        return encoder.object_protobuf(kind, entry)
    return encoder.object_json(kind, entry)


def _page(
    kind: Kind, page: ListPage, form: Form, query: Query, encoder: Encoder, now: datetime
) -> bytes:
    if form.convert is not None:
        return object_bytes(_converted_page(kind, page, form.convert, query, now), form, encoder)
    if form.media == media.PROTOBUF:
        if kind.custom:
            raise unmarshalable(listing=True)
        return encoder.list_protobuf(kind, page.metadata, page.entries)
    if form.media == media.JSON and not form.pretty:
        return encoder.list_json(kind, page.metadata, page.entries)
    whole = list_object(kind, page)
    return to_yaml(whole) if form.media == media.YAML else dump_pretty(whole)


def list_object(kind: Kind, page: ListPage) -> Object:
    """A page as one object."""
    objects = [shown_entry(kind, entry) for entry in page.entries]
    if kind.custom:
        return {
            "apiVersion": kind.api_version,
            "items": objects,
            "kind": kind.list_kind,
            "metadata": custom_metadata(page.metadata),
        }
    items = [{k: v for k, v in o.items() if k not in ("kind", "apiVersion")} for o in objects]
    return {
        "kind": kind.list_kind,
        "apiVersion": kind.api_version,
        "metadata": page.metadata,
        "items": items,
    }


def unmarshalable(*, listing: bool = False) -> errors.APIError:
    """protobuf.errNotMarshalable for the type of custom resources."""
    name = "UnstructuredList" if listing else "Unstructured"
    return errors.APIError(
        406,
        "NotAcceptable",
        f"object *unstructured.{name} does not implement the protobuf marshalling interface "
        "and cannot be encoded to a protobuf message",
    )


def _is_status(obj: Object) -> bool:
    return obj.get("kind") == "Status" and obj.get("apiVersion") == "v1"


def _converted(obj: Object, kind: Kind, convert: Convert, query: Query, now: datetime) -> Object:
    include = table.check_include(query.get("includeObject")) if convert.kind == "Table" else ""
    if _is_status(obj):
        return obj
    api_version = convert.api_version
    if convert.kind == "PartialObjectMetadata":
        return table.partial(kind, obj, api_version)
    if convert.kind == "PartialObjectMetadataList":
        raise errors.APIError(
            406,
            "NotAcceptable",
            "you requested PartialObjectMetadataList, but the requested object is not a list "
            f"({_go_type(obj, kind)})",
        )
    return table.table(
        kind,
        [obj],
        table.object_metadata(obj),
        now,
        api_version=api_version,
        include=include,
    )


def _converted_page(
    kind: Kind, page: ListPage, convert: Convert, query: Query, now: datetime
) -> Object:
    include = table.check_include(query.get("includeObject")) if convert.kind == "Table" else ""
    if convert.kind == "PartialObjectMetadata":
        name = "unstructured.UnstructuredList"
        if not kind.custom:
            name = scheme.internal_type(kind.api_version, kind.list_kind)
        raise errors.APIError(
            406,
            "NotAcceptable",
            f"you requested PartialObjectMetadata, but the requested object is a list (*{name})",
        )
    objects = (shown_entry(kind, entry) for entry in page.entries)
    if convert.kind == "PartialObjectMetadataList":
        return table.partial_list(kind, objects, page.metadata, convert.api_version)
    return table.table(
        kind, objects, page.metadata, now, api_version=convert.api_version, include=include
    )


def _go_type(obj: Object, kind: Kind) -> str:
    if kind.custom:
        return "*unstructured.Unstructured"
    return "*" + scheme.internal_type(obj.get("apiVersion", ""), obj.get("kind", ""))


#: rest.NewDefaultTableConvertor.
_DEFAULT_COLUMNS = (Column("Name", "string", "name"), Column("Created At", "date"))


def _nameless(obj: Object, scaled: Kind | None) -> Kind:
    """A stand-in for an object that no resource keeps: a table's default columns."""
    if obj.get("kind") == "Scale":
        return _CUSTOM_SCALE if scaled is not None and scaled.custom else _SCALE
    return replace(_NAMELESS, kind=obj.get("kind", ""))


class _NoShape:
    def canonical(self, obj: Object) -> Object:
        return obj

    def as_stored(self, obj: Object, live: Object | None = None) -> Object:
        return obj

    def empty(self) -> Object:
        return {}

    def read(
        self, value: Any, *, lax: bool = False, live: Object | None = None
    ) -> tuple[Object, list[str]]:
        return value, []


_NAMELESS = Kind(
    group="",
    version="v1",
    kind="",
    list_kind="",
    plural="",
    singular="",
    namespaced=True,
    verbs=frozenset(),
    columns=_DEFAULT_COLUMNS,
    shape=_NoShape(),
    schema=None,
    behaviour=Behaviour(group="", plural=""),
    resource="",
)


def _scale_cells(obj: Object, now: datetime) -> list[Any]:
    """printScale: Name, Desired, Available, Age."""
    metadata = obj["metadata"]
    return [
        metadata.get("name", ""),
        obj["spec"].get("replicas", 0),
        obj["status"].get("replicas", 0),
        table.age(metadata.get("creationTimestamp"), now),
    ]


_SCALE = replace(
    _NAMELESS,
    kind="Scale",
    columns=(
        Column("Name", "string"),
        Column("Desired", "integer"),
        Column("Available", "integer"),
        Column("Age", "string"),
    ),
    behaviour=Behaviour(group="", plural="", cells=_scale_cells),
)


def _custom_scale_cells(obj: Object, now: datetime) -> list[Any]:
    """A custom resource's scale, printed by paths, which do not find what is left out."""
    name, _, available, age = _scale_cells(obj, now)
    return [name, obj["spec"].get("replicas"), available, age]


#: getScaleColumnsForVersion (apiextensions-apiserver).
_CUSTOM_SCALE = replace(
    _SCALE,
    columns=(Column("Name", "string", "name"), *_SCALE.columns[1:3], Column("Age", "date")),
    behaviour=Behaviour(group="", plural="", cells=_custom_scale_cells),
)
