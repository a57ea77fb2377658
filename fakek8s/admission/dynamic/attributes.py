"""What webhooks and policies are told about a write (admission.Attributes upstream).

The body may be of another type than the resource (Scale, Eviction, Binding); what is changed in
it is carried back to the object that is being written.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from fakek8s import errors
from fakek8s.admission.engine import registry_of
from fakek8s.machinery.clone import clone
from fakek8s.machinery.wire import scheme
from fakek8s.machinery.wire.decode import DecodeError
from fakek8s.registry.scale import scale_of

if TYPE_CHECKING:
    from fakek8s.auth.user import User
    from fakek8s.kind import Kind, Operation
    from fakek8s.machinery.schema import Schema

Object = dict[str, Any]

_OPERATIONS = {"create": "CREATE", "update": "UPDATE", "delete": "DELETE", "connect": "CONNECT"}


class GVK(NamedTuple):
    """A kind with group and version."""

    group: str
    version: str
    kind: str

    def __str__(self) -> str:
        """schema.GroupVersionKind.String."""
        return f"{self.group}/{self.version}, Kind={self.kind}"


class GVR(NamedTuple):
    """A resource with group and version."""

    group: str
    version: str
    resource: str

    def __str__(self) -> str:
        """schema.GroupVersionResource.String."""
        return f"{self.group}/{self.version}, Resource={self.resource}"


def api_version(of: GVK | GVR) -> str:
    """`v1` or `apps/v1`."""
    return f"{of.group}/{of.version}" if of.group else of.version


class Attributes:
    """One write. object, old: in the version of the request, never to be edited."""

    __slots__ = (
        "_written", "kind", "name", "namespace", "object", "old", "op", "operation", "resource",
    )  # fmt: skip

    def __init__(self, obj: Object | None, op: Operation, *, final: bool) -> None:
        """`final`: the object is as it will be stored, a generated name included."""
        kind = op.kind
        self.op = op
        self._written = obj
        self.operation = _OPERATIONS[op.verb]
        self.resource = GVR(kind.group, kind.version, kind.plural)
        self.kind = body_kind(kind, op.subresource)
        self.name = op.name
        metadata = (obj or {}).get("metadata") or {}
        if final and not self.name:
            self.name = metadata.get("name", "")
        # The namespace of a namespace is itself.
        self.namespace = op.namespace
        if self.resource == ("", "v1", "namespaces"):
            self.namespace = self.name
        self.object = None if obj is None else self._shown(obj)
        self.old = None if op.old is None or self.is_action else self._shown(op.old)

    @property
    def subresource(self) -> str:
        return self.op.subresource

    @property
    def user(self) -> User:
        return self.op.user

    @property
    def options(self) -> Object:
        """The options of the request: those of an apply that are of no other write left out."""
        options = self.op.options
        if self.op.verb == "delete":
            typed = {"kind": "DeleteOptions", "apiVersion": "meta.k8s.io/v1"}
            return typed | {name: options[name] for name in options if name not in typed}
        return {name: value for name, value in options.items() if name != "force"}

    @property
    def is_scale(self) -> bool:
        """Whether the body is the Scale of the object."""
        return self.op.subresource == "scale" and self.op.kind.behaviour.scale is not None

    @property
    def is_action(self) -> bool:
        """Whether the body is of a type of its own."""
        own = (self.op.kind.group, self.op.kind.version, self.op.kind.kind)
        return self.kind != own and not self.is_scale

    def _shown(self, obj: Object) -> Object:
        if self.is_scale:
            return scale_of(self.op.kind, obj)
        typed = {"kind": self.kind.kind, "apiVersion": api_version(self.kind), **obj}
        return typed if self.is_action else self.op.kind.shape.canonical(typed)

    def write(self, obj: Object) -> None:
        """Carries a changed object (in the version of the request) into what is written."""
        written = self._written
        assert written is not None
        if self.is_scale:
            scale = self.op.kind.behaviour.scale
            assert scale is not None
            *parents, last = scale.spec_replicas.split(".")
            target = written
            for step in parents:
                target = target.setdefault(step, {})
            target[last] = (obj.get("spec") or {}).get("replicas") or 0
        else:
            written.clear()
            written.update(clone(obj))
        self.object = obj

    def forbidden(self, why: str) -> errors.APIError:
        """admission.NewForbidden."""
        metadata = (self.object or {}).get("metadata") or {}
        name = self.name or metadata.get("name") or metadata.get("generateName") or "Unknown"
        return errors.forbidden(self.resource.resource, self.resource.group, name, why)


def body_kind(kind: Kind, subresource: str) -> GVK:
    """The kind of what is sent to a resource or a subresource."""
    facts = kind.subresources.get(subresource) if subresource else None
    if facts is None:
        return GVK(kind.group, kind.version, kind.kind)
    return GVK(facts.group, facts.version, facts.kind)


class WrongType(Exception):
    """A change made an object of another type that is known; the message is upstream's."""

    def __init__(self, api_version: str, kind: str, wanted: GVK) -> None:
        found = f"{scheme.version_of(api_version)}.{kind}"
        internal = scheme.internal_type(wanted.group and f"{wanted.group}/", wanted.kind)
        super().__init__(f"converting ({found}) to ({internal}): unknown conversion")
        self.api_version = api_version
        self.found = found


class Versioned:
    """A write in one version. object: replaced, never edited; dirty: it was since it was made."""

    __slots__ = ("attributes", "dirty", "kind", "object", "old", "record")

    def __init__(self, attributes: Attributes, kind: GVK, record: Kind) -> None:
        """`record`: the resource in that version. Raises APIError."""
        self.attributes = attributes
        self.kind = attributes.kind
        self.record = attributes.op.kind
        self.object = attributes.object
        self.old = attributes.old
        self.dirty = False
        self.convert(kind, record)

    def convert(self, kind: GVK, record: Kind) -> None:
        """Goes on in another version (ConvertVersionedAttributes)."""
        if kind == self.kind:
            return
        source = self.record
        self.old = None if self.old is None else _converted(self.old, source, record)
        self.object = None if self.object is None else _converted(self.object, source, record)
        self.kind, self.record = kind, record
        self.finish_conversion()

    def finish_conversion(self) -> None:
        """What is converted counts as unchanged, once the changes are carried back."""
        if self.dirty:
            self.carry_back()
        self.dirty = False

    def carry_back(self) -> None:
        """Writes the changed object in the version of the request."""
        assert self.object is not None
        own = self.attributes.op.kind
        found = self.object
        if self.record is not own:
            found = _converted(found, self.record, own)
        self.attributes.write(found)

    def update(self, obj: Object) -> None:
        """Replaces the object by a changed one, in this version."""
        self.object = obj
        self.dirty = True

    @property
    def schema(self) -> Schema | None:
        """The schema of the object, None for bodies of subresources, of which nobody knows one."""
        attributes = self.attributes
        return None if attributes.is_scale or attributes.is_action else self.record.schema

    def decode(self, value: Any, *, lax: bool = False) -> tuple[Object, list[str]]:
        """A changed object as its type reads it, defaulted: (object, what strict reading finds).

        `lax`: as the results of merges are read. Raises DecodeError, WrongType.
        """
        if self.attributes.is_scale or self.attributes.is_action:
            return value, []
        if self.record.custom:
            # Nothing is known of what has no Go type but that it has metadata.
            if not isinstance(value, dict) or not isinstance(value.get("metadata", {}), dict):
                raise DecodeError("system metadata was not initialized")
            obj, _ = self.record.shape.read(value)
            return self.defaulted(obj), []
        self._check_kind(value)
        obj, strict = self.record.shape.read(value, lax=lax)
        return self.defaulted(obj), strict

    def _check_kind(self, value: Any) -> None:
        """A change may not make another kind of an object; raises DecodeError, WrongType."""
        if not isinstance(value, dict):
            raise DecodeError("couldn't get version/kind; json parse error")
        version, kind = value.get("apiVersion") or "", value.get("kind") or ""
        if (version, kind) == (api_version(self.kind), self.kind.kind) or not version or not kind:
            return
        other = registry_of(self.attributes.op).catalogue.by_kind(version, kind)
        if other is None:
            raise DecodeError(scheme.not_registered(version, kind))
        other.shape.read(value)
        raise WrongType(version, kind, self.attributes.kind)

    def defaulted(self, obj: Object) -> Object:
        """The object with its version's defaults, in canonical form; edits it."""
        if self.attributes.is_scale or self.attributes.is_action:
            return obj
        obj.setdefault("metadata", {})
        for default in self.record.behaviour.defaults:
            default(obj)
        return self.record.shape.canonical(obj)


def _converted(obj: Object, source: Kind, target: Kind) -> Object:
    if source is target:
        return obj
    copy = clone(obj)
    if source.custom and source.behaviour.conversions is not None:
        converted = source.behaviour.conversions(copy, target.api_version)
        if converted is not None:
            return target.shape.canonical(converted[0])
    if source.behaviour.to_stored is not None:
        copy = source.behaviour.to_stored(copy)
    if target.behaviour.from_stored is not None:
        found = target.behaviour.from_stored(copy)
    else:
        found = {**copy, "apiVersion": target.api_version, "kind": target.kind}
    return target.shape.canonical(found)


def without_name(op: Operation) -> Operation:
    """The operation as a deletion of many: none of its objects is named."""
    return replace(op, name="")
