"""The `Kind` record: everything the engine may know about a resource, as one frozen value.

A built-in resource is a `Behaviour` declared in one file of `kinds/`, joined with the
recorded facts (names, verbs, wire type, schema) by the catalogue; a CustomResourceDefinition
is compiled to the same record at run time. The engine works from the record alone and never
asks which kind it has.

What runs when, for one write (the order is upstream's, apiserver pkg/registry):

    decode, defaults -> managed fields -> mutating admission -> begin (allocations)
    -> strategy.prepare -> strategy.rules (all causes collected) + object metadata rules
    -> strategy.warnings -> validating admission -> commit -> end of allocations

Hooks edit the object they are given in place: the engine hands them a private copy. They
must never edit `op.old` or what a Reader gives, which the store shares.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from fakek8s.auth.user import User
    from fakek8s.ids import Ids
    from fakek8s.machinery.causes import FieldError
    from fakek8s.machinery.schema import Schema

Object = dict[str, Any]
#: A URL's query, decoded.
Query = Mapping[str, Sequence[str]]


class Shape(Protocol):
    """How objects of one kind are read, put in order and written.

    Built-in kinds: `machinery.wire.WireType`; custom resources: their structural schema.
    """

    def canonical(self, obj: Object) -> Object:
        """The object in canonical form: upstream's field order and presence."""

    def as_stored(self, obj: Object, live: Object | None = None) -> Object:
        """`canonical`, of what upstream reads back once it has stored the object.

        `live`: the stored object that it replaces, whose parts it may share.
        """

    def empty(self) -> Object:
        """The empty object, as bookmarks show it; shared."""

    def read(
        self, value: Any, *, lax: bool = False, live: Object | None = None
    ) -> tuple[Object, list[str]]:
        """Parsed JSON as an object: (canonical object, strict errors); edits nothing.

        `lax` reads as upstream reads the results of strategic merges. `live`: the canonical
        object that the value was made of, and may share parts with. Raises DecodeError in the
        decoder's own words.
        """


class Reader(Protocol):
    """Read access to other objects for hooks and admission plugins (never to be edited)."""

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        """One object by its store resource (`pods`, `deployments.apps`)."""

    def list(self, resource: str, namespace: str = "") -> Sequence[Object]:
        """All objects of a resource, of one namespace or of all."""


class Writer(Protocol):
    """Writes by the system itself that belong to another write (an allocated IPAddress ...).

    They pass validation but neither authorization nor admission.
    """

    async def create(self, resource: str, namespace: str, obj: Object) -> Object:
        """Creates an object; raises APIError (409 AlreadyExists ...)."""

    async def update(self, resource: str, namespace: str, obj: Object) -> Object:
        """Replaces an object; raises APIError."""

    async def delete(self, resource: str, namespace: str, name: str) -> None:
        """Deletes an object at once; an absent one is no error."""


# Neither frozen nor by keyword alone, each of which would double what it takes to make one for each
# write; nobody edits it but for its notes.
@dataclass(slots=True)
class Operation:
    """One write as hooks, rules and admission plugins see it."""

    verb: str  # "create" | "update" | "delete"
    kind: Kind
    namespace: str
    name: str
    user: User
    now: datetime
    ids: Ids
    reader: Reader
    writer: Writer
    warn: Callable[[str], None]
    #: What the cluster was started with and kinds may need: "service_cidr", "node_port_range",
    #: "allow_privileged" ... (fakek8s.settings)
    settings: Mapping[str, Any]
    #: The request's verb as authorizers know it: "patch" too.
    asked: str = ""
    subresource: str = ""
    old: Object | None = None
    dry_run: bool = False
    options: Object = field(default_factory=dict)
    #: What hooks and admission plugins keep about this write from one of their calls to the next.
    notes: dict[str, Any] = field(default_factory=dict)
    #: Gives what the object was decoded from, parsed or not; see machinery.emptied.
    written: Callable[[], Any] | None = None


Prepare = Callable[[Object, Operation], None]
Rule = Callable[[Object, Operation], Iterable["FieldError"]]
Warn = Callable[[Object, Operation], Iterable[str]]
#: Names that are allowed: the messages of what is wrong with one; True = a generateName prefix.
NameRule = Callable[[str, bool], list[str]]
#: Called once with whether the write was committed; undoes or ends what `begin` reserved.
Finish = Callable[[bool], Awaitable[None]]
Begin = Callable[[Object, Operation], Awaitable[Finish | None]]
#: Whether the writer may write just this: (object, operation, the name in the request's path);
#: raises APIError.
Guard = Callable[[Object, Operation, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """How one door (the resource, its status, another subresource) treats a write.

    `op.verb` tells create from update and `op.old` is the stored object on updates; a rule
    that holds for one only asks there.
    """

    #: Asked right after mutating admission of all but the system's own writes: rights that hang
    #: on what is written (upstream's policy-based storage of roles and bindings).
    guard: Guard | None = None
    #: Resets and derived fields, before validation (PrepareForCreate / PrepareForUpdate).
    prepare: tuple[Prepare, ...] = ()
    #: All causes are collected (Validate / ValidateUpdate), then object metadata is checked.
    rules: tuple[Rule, ...] = ()
    warnings: tuple[Warn, ...] = ()
    #: Paths that this door resets and therefore never owns in managedFields, dotted:
    #: ("status",) on the main resource, ("spec", "metadata.ownerReferences") on a status.
    resets: tuple[str, ...] = ()
    #: Patterns of field elements ("*" for any) outside of which this door owns nothing; () for
    #: no such limit.
    owned: tuple[tuple[str, ...], ...] = ()
    #: Reserves what must be unique in the cluster (addresses, ports), in upstream's BeginCreate
    #: and BeginUpdate; returns what ends or undoes it.
    begin: Begin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Where a kind keeps its scale (dotted paths, the selector as a LabelSelector or a map)."""

    spec_replicas: str = "spec.replicas"
    status_replicas: str = "status.replicas"
    selector: Callable[[Object], str] | None = None
    #: An object without the number has no scale: custom resources have no default for it.
    required: bool = False


#: A subresource whose body is of another type (Binding, Eviction, TokenRequest): gets the
#: decoded body and the stored parent (None if absent), returns (HTTP code, answer).
Act = Callable[[Object, Operation, "Engine"], Awaitable[tuple[int, Object]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A POST subresource with a body of its own type (`pods/eviction`)."""

    act: Act
    #: The answer is the body, which therefore is defaulted, tracked and put in order like an
    #: object (TokenRequest).
    answers_body: bool = False
    defaults: tuple[Callable[[Object], None], ...] = ()
    #: Completes and checks the body in place, between mutating and validating admission.
    prepare: Callable[[Object, Operation], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """A subresource that connects to something running (`pods/exec`, `pods/log`, proxies).

    `connector` names the door's connector: "log", "exec", "attach", "portforward", "proxy".
    """

    connector: str
    #: A right that is needed beside that of the request's own verb ("create": to exec by GET).
    needs: str = ""
    #: (namespace, name in the URL, reader): the parent, where names hold ports; raises APIError.
    locate: Callable[[str, str, Reader], Object] | None = None
    #: Raises APIError where there is nothing to connect to; the door runs it once it has found the
    #: options good.
    check: Callable[[Object, Query, Reader], None] | None = None


Subresource = Strategy | Action | Connect


class Converts(Protocol):
    """Conversions between a kind's version and the stored one that may have to wait."""

    async def shown(self, stored: Sequence[Object]) -> list[Object]:
        """Stored objects in this version; raises APIError."""

    async def stored(self, obj: Object) -> Object:
        """An object of this version (to be edited) as it is stored; raises APIError."""

    async def converted(self, obj: Object, api_version: str) -> Object:
        """An object of any version in any other, by way of this one; raises APIError."""


class Engine(Protocol):
    """What an `Action` may do: guarded updates of the parent and system writes."""

    def kind(self, resource: str) -> Kind:
        """The kind that a store resource holds, for updates of other objects."""

    async def update(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        change: Callable[[Object], Object],
        op: Operation,
        *,
        tracked: str = "",
    ) -> Object:
        """The guaranteed-update loop without validation: change(private copy) -> new object.

        `tracked`: the subresource through which the server's own client writes, as a manager.
        """

    async def delete(
        self, kind: Kind, namespace: str, name: str, options: Object, op: Operation
    ) -> Object:
        """A delete as the API does it (grace, finalizers); `options` is a DeleteOptions."""


@dataclass(frozen=True, slots=True)
class Column:
    """One printed column, from the recorded tables."""

    name: str
    type: str
    format: str = ""
    priority: int = 0
    description: str = ""


#: The cells of one object's row, in the order of its columns; `now` gives ages.
Cells = Callable[[Object, datetime], list[Any]]


def no_rules(name: str, prefix: bool) -> list[str]:
    """A NameRule that allows every name that a path can hold."""
    return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What a file of `kinds/` declares about its resource, beside the recorded facts.

    A behaviour for one version alone (where versions differ) names it: `autoscaling/v1`.
    """

    group: str
    plural: str
    #: Versioned defaults, run right after decoding on every write (SetDefaults_ upstream).
    defaults: tuple[Callable[[Object], None], ...] = ()
    #: What of them is the time of the write, filled in before an update is compared with what was.
    timed_default: Callable[[Object, datetime], None] | None = None
    name: NameRule = no_rules
    #: False for the few kinds whose own checks leave metadata out, or look at it by rules of their
    #: own: the engine looks at it only when they found nothing.
    checks_metadata: bool = True
    main: Strategy = Strategy(resets=("status",))
    status: Strategy = Strategy()
    #: Whether the status door shows tables too: upstream's REST of it converts to them.
    status_tables: bool = True
    subresources: Mapping[str, Subresource] = field(default_factory=dict)
    #: Which changes bump metadata.generation on an update: True for those of anything but
    #: metadata and status, False if the kind has no generation at all.
    generation: bool = False
    #: Whether an empty list or map is another than none to the generation (reflect.DeepEqual).
    empty_is_change: bool = False
    cells: Cells | None = None
    #: The table of none has no rows instead of an empty list of them.
    null_rows: bool = False
    #: Annotations that stand for fields of upstream's internal type: tables and partial metadata,
    #: which are made from that, lack them.
    hidden_annotations: frozenset[str] = frozenset()
    #: TableRowConditions of an object's row ("Completed" of a pod that has ended).
    row_conditions: Callable[[Object], list[Object]] | None = None
    #: Says the same error as often as its rules do: upstream has no declarative validation here,
    #: which drops repeats.
    repeats_errors: bool = False
    #: Field labels beyond metadata.name and metadata.namespace, and how each is read.
    selectable: Mapping[str, Callable[[Object], str]] = field(default_factory=dict)
    #: What refuses others, with the {label} or the {quoted} one and the {version}.
    unselectable: str = "field label not supported: {label}"
    #: False where not even metadata.namespace is one of them.
    selects_namespace: bool = True
    #: Upstream's prefix in etcd where it is not the plural (SpecialDefaultResourcePrefixes).
    stored_under: str = ""
    allow_create_on_update: bool = False
    #: Applying the status of what is missing creates it.
    status_apply_creates: bool = False
    allow_unconditional_update: bool = True
    #: Upstream's CheckGracefulDelete: the grace in seconds for this deletion, None = at once.
    #: Gets the object, the requested seconds (None = unset).
    grace: Callable[[Object, int | None, Operation], int | None] | None = None
    #: Called on the object when a graceful deletion of 0 or forced deletion changes it further.
    orphan_by_default: bool = False
    garbage_collection: bool = True
    #: DELETE answers with the object itself instead of a Status (pods, services, namespaces ...).
    returns_deleted: bool = False
    #: May this update, which empties the finalizers of a deleted object, really remove it?
    delete_during_update: Callable[[Object, Object], bool] | None = None
    #: A deletion that is not a deletion (namespaces): edits the object in place instead; returns
    #: False when the object may go at once.
    before_delete: Callable[[Object, Operation], bool] | None = None
    #: How kinds that look at a deletion's preconditions themselves begin to refuse it.
    precondition_failed: str = ""
    after_delete: Callable[[Object, Operation], Awaitable[None]] | None = None
    #: What reads add to the stored object (the default of a node port ...), in place.
    decorate: Callable[[Object], None] | None = None
    scale: Scale | None = None
    #: The warning that every request for a deprecated API gets, "" for the others.
    deprecation: str = ""
    #: False where upstream keeps no watch cache (events): the texts of expired watches differ.
    watch_cache: bool = True
    #: Objects that need none of the store: reviews (`POST` answers at once), componentstatuses.
    virtual: Act | None = None
    #: Store resource and conversions when two APIs show one stored object (events, autoscalers).
    stored_as: str = ""
    from_stored: Callable[[Object], Object] | None = None
    to_stored: Callable[[Object], Object] | None = None
    #: Conversions that have to wait (webhooks); they stand before the two functions above.
    converts: Converts | None = None
    #: (object, apiVersion) -> (the object there, its schema) as managed fields see versions, those
    #: that are not served included; None for an unknown one. Unset: the served versions.
    conversions: Callable[[Object, str], tuple[Object, Schema] | None] | None = None
    #: The warning of a deletion that says nothing of dependents, where that is easily got wrong.
    delete_warning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One resource in one served version: names and verbs (facts), form, schema, behaviour."""

    group: str
    version: str
    kind: str
    list_kind: str
    plural: str
    singular: str
    namespaced: bool
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: frozenset[str]
    #: Verbs that discovery keeps quiet about, though they are served.
    hidden_verbs: frozenset[str] = frozenset()
    #: Subresource name -> (kind, group, version of its body; its verbs), from the facts.
    subresources: Mapping[str, SubresourceFacts] = field(default_factory=dict)
    columns: tuple[Column, ...]
    shape: Shape
    schema: Schema | None
    behaviour: Behaviour
    #: Key of the resource in the store: "pods", "deployments.apps".
    resource: str
    #: True for kinds compiled from a CustomResourceDefinition.
    custom: bool = False
    #: The version that objects are stored in, where several are served (custom resources).
    storage_version: str = ""
    #: What forms derived from stored objects are kept under: it changes whenever the same object
    #: would be shown otherwise. "" is the apiVersion, which does for built-in kinds.
    form: str = ""
    #: `v1` or `apps/v1`.
    api_version: str = field(init=False)

    def __post_init__(self) -> None:
        api_version = f"{self.group}/{self.version}" if self.group else self.version
        object.__setattr__(self, "api_version", api_version)

    @property
    def form_key(self) -> str:
        """The key of derived forms (`Entry.forms`)."""
        return self.form or self.api_version

    @property
    def stored_under(self) -> str:
        """Where upstream keeps the objects in etcd, below its own prefix."""
        if self.behaviour.stored_under:
            return self.behaviour.stored_under
        return f"{self.group}/{self.plural}" if self.custom else self.plural

    @property
    def stored_group(self) -> str:
        """The group of the stored form, which is the one that a 422 names."""
        return self.resource.partition(".")[2]


@dataclass(frozen=True, slots=True)
class SubresourceFacts:
    """What discovery says about a subresource."""

    kind: str
    group: str
    version: str
    verbs: frozenset[str]
