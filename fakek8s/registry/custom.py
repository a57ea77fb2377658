"""Custom resources: one version of a CustomResourceDefinition, compiled to a `Kind`.

What the record's hooks do is upstream's one strategy for all custom resources (apiextensions
pkg/registry/customresource and pkg/apiserver/customresource_handler.go). Schemas are compiled
when the first object needs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from fakek8s import errors
from fakek8s.kind import Behaviour, Column, Kind, Scale, Strategy, SubresourceFacts
from fakek8s.machinery import cel, meta
from fakek8s.machinery.clone import clone
from fakek8s.machinery.jsonpath import JSONPathError, JSONPathSyntaxError, compile_path, text_of
from fakek8s.machinery.rules import subdomain_name
from fakek8s.machinery.schema import structural
from fakek8s.machinery.structural.columns import PrinterColumns
from fakek8s.machinery.structural.conditions import is_true
from fakek8s.machinery.structural.embedded import CoerceError
from fakek8s.machinery.structural.failure import shown
from fakek8s.machinery.structural.resource import ResourceRules, finalizer_warnings
from fakek8s.machinery.structural.schema import CompiledSchema
from fakek8s.machinery.structural.walk import every
from fakek8s.machinery.wire.canonical import sorted_copy
from fakek8s.machinery.wire.decode import DecodeError, go_number
from fakek8s.registry.catalogue import version_priority
from fakek8s.registry.conversion import WebhookConverter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError
    from fakek8s.machinery.cel.rules import Rules
    from fakek8s.machinery.schema import Definitions, Schema
    from fakek8s.machinery.structural.rules import CompiledRule, RuleEvaluator
    from fakek8s.machinery.wire.types import WireType
    from fakek8s.registry.conversion import Post

Object = dict[str, Any]

_VERBS = frozenset(
    ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")
)
#: What a terminating definition no longer says it serves.
_HIDDEN = frozenset(("patch", "create", "update"))
_SUBRESOURCE_VERBS = frozenset(("get", "patch", "update"))
_TERMINATING = "create not allowed while custom resource definition is terminating"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What definitions and compiling need of a release."""

    object_meta: WireType
    definitions: Definitions
    rules: LazyRules


class LazyRules:
    """CEL rules' compiler and evaluators; the engine is loaded when a schema has rules."""

    __slots__ = ("_rules",)

    def __init__(self) -> None:
        self._rules: Rules | None = None

    def _loaded(self) -> Rules:
        if self._rules is None:
            self._rules = cel.schema_rules()
        return self._rules

    def compile(
        self, schema: Object, *, resource_root: bool, known: frozenset[str]
    ) -> Sequence[CompiledRule]:
        """RuleCompiler.compile."""
        return self._loaded().compile(schema, resource_root=resource_root, known=known)

    def __call__(self, schema: Object, *, resource_root: bool) -> RuleEvaluator | None:
        """RuleEvaluators."""
        if not any("x-kubernetes-validations" in held for held in every(schema)):
            return None
        return self._loaded().evaluator(schema, resource_root=resource_root)


#: What other groups' objects are read by: only their metadata is looked at.
_ANYTHING: Final = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def storage_version(crd: Object) -> str:
    """The version that objects are stored in."""
    return next(str(v["name"]) for v in crd["spec"]["versions"] if v.get("storage"))


def resource_of(crd: Object) -> str:
    """The definition's resource in the store."""
    return f"{crd['spec']['names']['plural']}.{crd['spec']['group']}"


def kinds_of(crd: Object, tools: Tools, post: Post, uid: Callable[[], str]) -> list[Kind]:
    """A record for each served version of an established definition.

    `post` calls its conversion webhook, `uid` names each call.
    """
    custom = CustomResource(crd, tools, post, uid)
    return [custom.kind(v) for v in crd["spec"]["versions"] if v.get("served")]


class CustomResource:
    """One definition at one moment: its versions' schemas and the way between them."""

    def __init__(self, crd: Object, tools: Tools, post: Post, uid: Callable[[], str]) -> None:
        self.crd = crd
        self.tools = tools
        self.spec: Object = crd["spec"]
        self.group: str = self.spec["group"]
        self.storage = storage_version(crd)
        self.terminating = bool(crd["metadata"].get("deletionTimestamp")) or is_true(
            crd, "Terminating"
        )
        #: The forms that reads derive from stored objects hold for this state of the schemas.
        self.form = f"{crd['metadata']['uid']}/{crd['metadata'].get('generation', 0)}"
        self.versions = {v["name"]: Version(self, v) for v in self.spec["versions"]}
        conversion = self.spec.get("conversion") or {}
        self.webhook = (
            WebhookConverter(conversion.get("webhook") or {}, post, uid)
            if conversion.get("strategy") == "Webhook"
            else None
        )

    def kind(self, version: Object) -> Kind:
        """The record of one version."""
        accepted, made = self.crd["status"]["acceptedNames"], self.versions[version["name"]]
        columns = PrinterColumns(version.get("additionalPrinterColumns"))
        return Kind(
            group=self.group,
            version=version["name"],
            kind=accepted["kind"],
            list_kind=accepted.get("listKind", ""),
            plural=accepted["plural"],
            singular=accepted.get("singular", ""),
            namespaced=self.spec["scope"] == "Namespaced",
            short_names=tuple(accepted.get("shortNames") or ()),
            categories=tuple(accepted.get("categories") or ()),
            verbs=_VERBS,
            hidden_verbs=_HIDDEN if self.terminating else frozenset(),
            subresources=made.subresource_facts(accepted["kind"]),
            columns=tuple(
                Column(c.name, c.type, c.format, c.priority, c.description) for c in columns.headers
            ),
            shape=made,
            schema=made.merge_schema,
            behaviour=made.behaviour(columns),
            resource=resource_of(self.crd),
            custom=True,
            form=f"{self.group}/{version['name']} {self.form}",
            storage_version=self.storage,
        )

    def read_stored(self, stored: Object, target: Version) -> Object:
        """A stored object in a version: as it was stored, converted, pruned."""
        obj = self.read(stored)
        if obj["apiVersion"] == target.api_version:
            return obj
        return target.pruned({**obj, "apiVersion": target.api_version})

    def read(self, stored: Object) -> Object:
        """A copy of a stored object, pruned and defaulted by the version it was stored in.

        Upstream: crdConversionRESTOptionsGetter, whose decoder drops what can't be read.
        """
        obj = clone(stored)
        own = self.versions.get(obj["apiVersion"].rpartition("/")[2])
        if own is not None:
            own.schema.decode(obj, stored=True)
            own.schema.default(obj)
        if not obj["metadata"].get("generation"):
            obj["metadata"]["generation"] = 1
        return obj


class Version:
    """One version: `kind.Shape` of its objects, and what its strategies do."""

    def __init__(self, resource: CustomResource, raw: Object) -> None:
        self.resource = resource
        self.raw = raw
        self.api_version = f"{resource.group}/{raw['name']}"
        self.name: str = resource.spec["names"]["kind"]
        self.openapi: Object = (raw.get("schema") or {}).get("openAPIV3Schema") or {}
        self.subresources: Object = raw.get("subresources") or {}

    @cached_property
    def schema(self) -> CompiledSchema:
        """The schema; compiled when it is first asked, which most versions never are."""
        return CompiledSchema(self.openapi, self.resource.tools.object_meta)

    def default(self, obj: Object) -> None:
        """Fills the schema's defaults in, in place."""
        self.schema.default(obj)

    def pruned(self, obj: Object) -> Object:
        """The object itself, coerced."""
        self.schema.coerce(obj)
        return obj

    # The shape

    def canonical(self, obj: Object) -> Object:
        """Sorted keys, as Go writes maps."""
        found = sorted_copy(obj)
        assert isinstance(found, dict)
        return found

    def as_stored(self, obj: Object, live: Object | None = None) -> Object:
        """The same: JSON loses nothing."""
        return self.canonical(obj)

    def empty(self) -> Object:
        return {"apiVersion": self.api_version, "kind": self.name, "metadata": {}}

    def read(
        self, value: Any, *, lax: bool = False, live: Object | None = None
    ) -> tuple[Object, list[str]]:
        """A parsed body coerced, and its unknown fields (unstructuredSchemaCoercer).

        lax: what an apply made, which upstream decodes no more: what does not fit is left to
        validation.
        """
        value = clone(value)
        try:
            schema = self._schema_of(value.get("apiVersion", self.api_version))
            unknown = schema.decode(value, strict=True, shallow=lax)
        except CoerceError as error:
            raise DecodeError(str(error)) from None
        return value, [f'unknown field "{path}"' for path in unknown]

    def _schema_of(self, api_version: str) -> CompiledSchema:
        """That of the version which an object says it is of, as far as it has one."""
        if api_version == self.api_version:
            return self.schema
        group, _, name = api_version.rpartition("/")
        if group != self.resource.group:
            return CompiledSchema(_ANYTHING, self.resource.tools.object_meta)
        version = self.resource.versions.get(name)
        return version.schema if version else CompiledSchema({}, self.resource.tools.object_meta)

    @cached_property
    def merge_schema(self) -> Schema:
        """The schema as apply sees it."""
        return structural(self.openapi, self.resource.tools.definitions)

    @cached_property
    def cel_rules(self) -> RuleEvaluator | None:
        """The schema's CEL rules, if it has any."""
        return self.resource.tools.rules(self.openapi, resource_root=True)

    @cached_property
    def rules(self) -> ResourceRules:
        """What objects of the version are judged by."""
        return ResourceRules(
            self.schema,
            api_version=self.api_version,
            kind=self.name,
            scale=self.subresources.get("scale"),
            rules=self.cel_rules,
        )

    # The record's parts

    def subresource_facts(self, kind: str) -> dict[str, SubresourceFacts]:
        """What discovery says of status and scale."""
        found = {}
        if self.subresources.get("status") is not None:
            group, version = self.resource.group, self.raw["name"]
            found["status"] = SubresourceFacts(kind, group, version, _SUBRESOURCE_VERBS)
        if self.subresources.get("scale") is not None:
            found["scale"] = SubresourceFacts("Scale", "autoscaling", "v1", _SUBRESOURCE_VERBS)
        return found

    def behaviour(self, columns: PrinterColumns) -> Behaviour:
        """The strategies of the version."""
        with_status = self.subresources.get("status") is not None
        return Behaviour(
            group=self.resource.group,
            plural=self.resource.spec["names"]["plural"],
            defaults=(self.default,),
            name=subdomain_name,
            main=Strategy(
                prepare=(self.prepare,),
                rules=(self.check,),
                warnings=(_finalizers,),
                resets=("status",) if with_status else (),
            ),
            status=Strategy(
                prepare=(only_status,),
                rules=(self.check_status,),
                resets=("metadata", "spec"),
            ),
            cells=columns.cells,
            selectable=dict(map(_selectable, self.raw.get("selectableFields") or ())),
            allow_unconditional_update=False,
            scale=self._scale(),
            deprecation=self._deprecation(),
            from_stored=self.from_stored,
            to_stored=self.to_stored,
            converts=None if self.resource.webhook is None else self,
            conversions=self.conversion if len(self.resource.versions) > 1 else None,
        )

    def _deprecation(self) -> str:
        if not self.raw.get("deprecated"):
            return ""
        text: str | None = self.raw.get("deprecationWarning")
        if text is not None:
            return text
        group, own = self.resource.group, version_priority(self.raw["name"])
        better = sorted(
            priority
            for name, version in self.resource.versions.items()
            if version.raw.get("served")
            and not version.raw.get("deprecated")
            and (priority := version_priority(name)) < own
        )
        use = f"; use {group}/{better[0][-1]} {self.name}" if better else ""
        return f"{self.api_version} {self.name} is deprecated{use}"

    def _scale(self) -> Scale | None:
        declared = self.subresources.get("scale")
        if declared is None:
            return None
        selector = declared.get("labelSelectorPath", "").removeprefix(".")

        def selected(obj: Object) -> str:
            value: Any = obj
            for step in selector.split(".") if selector else ():
                value = value.get(step) if isinstance(value, dict) else None
            return value if selector and isinstance(value, str) else ""

        return Scale(
            spec_replicas=declared["specReplicasPath"].removeprefix("."),
            status_replicas=declared["statusReplicasPath"].removeprefix("."),
            selector=selected,
            required=True,
        )

    def from_stored(self, stored: Object) -> Object:
        """The object as reads show it."""
        return self.resource.read_stored(stored, self)

    def to_stored(self, obj: Object) -> Object:
        """The object in the version that is stored."""
        if self.raw["name"] == self.resource.storage:
            return obj
        storage = self.resource.versions[self.resource.storage]
        return storage.pruned({**clone(obj), "apiVersion": storage.api_version})

    async def shown(self, stored: Sequence[Object]) -> list[Object]:
        """`Converts.shown`, all in one call."""
        found = [self.resource.read(obj) for obj in stored]
        others = [n for n, obj in enumerate(found) if obj["apiVersion"] != self.api_version]
        if others:
            assert self.resource.webhook is not None
            converted = await self.resource.webhook.convert(
                [found[n] for n in others], self.api_version
            )
            for number, obj in zip(others, converted, strict=True):
                found[number] = self.pruned(obj)
        return found

    async def stored(self, obj: Object) -> Object:
        """`Converts.stored`."""
        if self.raw["name"] == self.resource.storage:
            return obj
        storage = self.resource.versions[self.resource.storage]
        assert self.resource.webhook is not None
        (found,) = await self.resource.webhook.convert([obj], storage.api_version)
        return storage.pruned(found)

    async def converted(self, obj: Object, api_version: str) -> Object:
        """`Converts.converted`; nothing is pruned."""
        assert self.resource.webhook is not None
        for version in (self.api_version, api_version):
            if obj["apiVersion"] != version:
                (obj,) = await self.resource.webhook.convert([obj], version)
        return obj

    def conversion(self, obj: Object, api_version: str) -> tuple[Object, Schema] | None:
        """`Behaviour.conversions`: nothing is pruned, so a field that the other version does not
        know makes the managed fields stay as they are, as upstream's do."""
        group, _, name = api_version.rpartition("/")
        target = self.resource.versions.get(name)
        if target is None or group != self.resource.group:
            return None
        if obj.get("apiVersion", api_version) != api_version:
            obj = {**clone(obj), "apiVersion": api_version}
        return obj, target.merge_schema

    def prepare(self, obj: Object, op: Operation) -> None:
        """Drops a status that has a door of its own; counts generations."""
        metadata = obj["metadata"]
        with_status = self.subresources.get("status") is not None
        if op.old is None:
            if self.resource.terminating:
                raise errors.forbidden(
                    op.kind.plural, op.kind.group, metadata.get("name", ""), _TERMINATING
                )
            if with_status:
                obj.pop("status", None)
            metadata["generation"] = 1
            return
        if with_status:
            if "status" in op.old:
                obj["status"] = op.old["status"]
            else:
                obj.pop("status", None)
        before = {k: v for k, v in op.old.items() if k != "metadata"}
        after = {k: v for k, v in obj.items() if k != "metadata"}
        # What is stored as 2 and written as 2.0 has changed: its type did.
        if before != after or _has_whole_float(after):
            metadata["generation"] = op.old["metadata"].get("generation", 0) + 1

    def check(self, obj: Object, op: Operation) -> list[FieldError]:
        """The schema's rules and the CEL rules."""
        if op.old is None:
            # That an object is refused for its metadata may leave the CEL rules out.
            metadata = self._metadata(obj) if self.cel_rules is not None else []
            return self.rules.create(obj, metadata)
        found, old = _changed_metadata(obj, op.old), op.old
        return _warning(op, lambda warnings: self.rules.update(obj, old, warnings, found))

    def check_status(self, obj: Object, op: Operation) -> list[FieldError]:
        """The same for the status alone."""
        old = op.old or {}
        found = _changed_metadata(obj, old)
        return _warning(op, lambda warnings: self.rules.update_status(obj, old, warnings, found))

    def _metadata(self, obj: Object) -> list[FieldError]:
        namespaced = self.resource.spec["scope"] == "Namespaced"
        rules = meta.object_meta_rules(obj["metadata"], "metadata", namespaced, subdomain_name)
        return list(rules)


def _changed_metadata(obj: Object, old: Object) -> list[FieldError]:
    """What the strategy of updates finds in metadata, once each."""
    rules = meta.object_meta_update_rules(obj["metadata"], old["metadata"], "metadata")
    return list(dict.fromkeys(rules))


def only_status(obj: Object, op: Operation) -> None:
    """A status write changes the status alone; in place."""
    assert op.old is not None
    status, metadata = obj.get("status"), obj["metadata"]
    had = "status" in obj
    obj.clear()
    obj.update(clone(op.old))
    if had:
        obj["status"] = status
    else:
        obj.pop("status", None)
    if "managedFields" in metadata:
        obj["metadata"]["managedFields"] = metadata["managedFields"]
    else:
        obj["metadata"].pop("managedFields", None)


def _warning(op: Operation, check: Callable[[list[str]], list[FieldError]]) -> list[FieldError]:
    """The causes; what is only to be warned of is sent."""
    warnings: list[str] = []
    found = check(warnings)
    for text in warnings:
        op.warn(text)
    return found


def _finalizers(obj: Object, op: Operation) -> list[str]:
    return finalizer_warnings(obj, op.old)


def _has_whole_float(value: Any) -> bool:
    if value.__class__ is dict:
        return any(map(_has_whole_float, value.values()))
    if value.__class__ is list:
        return any(map(_has_whole_float, value))
    return value.__class__ is float and go_number(value).__class__ is int


def _selectable(field: Object) -> tuple[str, Callable[[Object], str]]:
    """(field label, how it is read); what can't be read is empty."""
    path = field["jsonPath"]
    try:
        compiled = compile_path(path)
    except JSONPathSyntaxError:
        return path.removeprefix("."), lambda obj: ""

    def value(obj: Object) -> str:
        try:
            found = compiled.find(obj)
        except JSONPathError:
            return ""
        if not found or not found[0] or found[0][0] is None:
            return ""
        return text_of(shown(found[0][0]))

    return path.removeprefix("."), value
