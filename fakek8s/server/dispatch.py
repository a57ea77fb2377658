"""From a resolved request to the verb that serves it; knows which verbs each path form has."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.kind import Action, Connect
from fakek8s.machinery import meta
from fakek8s.registry import apply, collection, convert, get, patch, scale, update
from fakek8s.registry import create as creation
from fakek8s.registry import delete as deletion
from fakek8s.registry import list as listing
from fakek8s.registry import options as option_rules
from fakek8s.registry import watch as watching
from fakek8s.registry.context import Caller
from fakek8s.registry.managed import manager_of, track
from fakek8s.registry.options import WriteOptions
from fakek8s.registry.select import predicate
from fakek8s.registry.system import ActionEngine
from fakek8s.server.answer import Answer
from fakek8s.server.connection import connect_options
from fakek8s.server.rights import attributes_of
from fakek8s.store.types import Entry

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fakek8s.auth.authorizer import Authorizer
    from fakek8s.auth.user import User
    from fakek8s.kind import Act, Kind, Operation, SubresourceFacts
    from fakek8s.registry.context import Registry
    from fakek8s.registry.patch import Decode
    from fakek8s.server.request import Body, Request

Object = dict[str, Any]

#: Since when a connection may need more than the request's verb
#: (AuthorizePodWebsocketUpgradeCreatePermission).
_NEEDS_SINCE = 35


class Dispatcher:
    """Serves authorized resource requests from one registry."""

    __slots__ = ("_authorizer", "_registry")

    def __init__(self, registry: Registry, authorizer: Authorizer) -> None:
        """The authorizer is for rights that turn out to be needed on the way."""
        self._registry = registry
        self._authorizer = authorizer

    async def serve(self, request: Request, user: User) -> Answer:
        """The answer; raises APIError, 404 and 405 for what is not served included."""
        info = request.info
        kind = self._registry.catalogue.find(info.group, info.version, info.resource)
        if kind is None or len(info.parts) == 0:
            raise errors.generic(404)
        deprecation = kind.behaviour.deprecation
        warnings: list[str] = [deprecation] if deprecation else []
        job = _Job(self._registry, self._authorizer, request, kind, user, warnings)
        try:
            answer = await (job.subresource() if info.subresource else job.main())
        except errors.APIError as error:
            # Upstream's router refuses a method before anything is warned of.
            routed = error.code == 405 and not error.details
            error.warnings = [] if routed else list(dict.fromkeys(warnings))
            raise
        if warnings:
            answer.warnings.extend(dict.fromkeys(warnings))
        return answer


def decoder(kind: Kind, content_type: str) -> Decode:
    """How patched values are read: strategic merges and applies by upstream's other, laxer way."""
    lax = content_type in (patch.STRATEGIC, option_rules.APPLY)

    def decode(value: Any, live: Object | None = None) -> tuple[Object, list[str]]:
        return kind.shape.read(value, lax=lax, live=live)

    return decode


class _Job:
    """One request being served: what all its steps need."""

    __slots__ = ("authorizer", "body", "caller", "info", "kind", "query", "registry", "user")

    def __init__(
        self,
        registry: Registry,
        authorizer: Authorizer,
        request: Request,
        kind: Kind,
        user: User,
        warnings: list[str],
    ) -> None:
        self.registry = registry
        self.authorizer = authorizer
        self.info = request.info
        self.query = request.query
        self.body: Body | None = request.body
        self.kind = kind
        self.user = user
        first = request.query.get("fieldManager")
        self.caller = Caller(
            user=user,
            manager=manager_of(first[0] if first else "", request.user_agent),
            warn=warnings.append,
            verb=request.info.verb,
            check_create=None if authorizer.trusts(user) else self.check_create,
        )

    def check_create(self) -> None:
        """Raises APIError 403 unless the user may create what the request updates."""
        self.authorizer.require(replace(attributes_of(self.user, self.info), verb="create"))

    # The resource itself

    async def main(self) -> Answer:
        info, kind = self.info, self.kind
        if len(info.parts) > 2:
            raise errors.generic(404)
        named = len(info.parts) == 2
        itself = named and info.resource == "namespaces" and info.name == info.namespace
        if info.namespace and not kind.namespaced and not itself:
            raise errors.generic(404)
        everywhere = kind.namespaced and not info.namespace
        if everywhere and named and info.verb != "watch":
            raise errors.generic(404)
        served = _NAMED if named else _EVERYWHERE if everywhere else _COLLECTION
        verb = served.get(info.method)
        if verb is None and kind.custom:
            verb = _by_hand(info.method, named)
        if verb not in kind.verbs and kind.verbs.isdisjoint(served.values()):
            raise errors.generic(404)
        if verb is None and kind.custom:  # no router has looked at the method (crdHandler)
            if not named:
                raise errors.bad_request("name must be provided")
            verb = "create" if info.method == "POST" else None
        if verb is None:
            raise errors.generic(405)
        if info.verb == "watch":
            if verb not in ("get", "list"):
                raise errors.generic(405)
            verb = "watch"
        if verb == "list" and "list" not in kind.verbs:
            verb = "get" if "get" in kind.verbs else verb
        if verb == "watch" and verb not in kind.verbs and "list" in kind.verbs:
            raise errors.method_not_supported(kind.plural, kind.group, "watch")
        if verb not in kind.verbs and not (verb == "create" and kind.behaviour.virtual):
            raise errors.generic(405)
        if kind.behaviour.virtual is not None and verb in ("get", "list"):
            return await self.read_virtual(kind.behaviour.virtual, verb)
        return await _VERBS[verb](self)

    async def read_virtual(self, virtual: Act, verb: str) -> Answer:
        """One or all of what is made up on the spot, selected like stored objects."""
        op = replace(
            creation.operation(
                self.registry, self.kind, "", self.info.name, WriteOptions(), self.caller
            ),
            verb=verb,
            name=self.info.name if verb == "get" else "",
        )
        engine = ActionEngine(self.registry, self.caller, WriteOptions())
        _, found = await virtual({}, op, engine)
        if verb == "get":
            return Answer(kind=self.kind, object=found)
        options = option_rules.list_options(self.query, self.kind, watch=False)
        selected = predicate(self.kind, options)
        entries = [
            Entry(self.kind.resource, obj["metadata"]["name"], obj, 0, 0)
            for obj in found["items"]
            if selected is None or selected(obj)
        ]
        page = listing.ListPage(entries=entries, metadata=found["metadata"])
        return Answer(kind=self.kind, page=page)

    async def converted(self) -> None:
        """Waits for the conversion of the object that is asked for, if it has to be waited for."""
        if self.kind.behaviour.converts is not None:
            entry = self.registry.entry(self.kind, self.info.namespace, self.info.name)
            if entry is not None:
                await convert.ready(self.kind, (entry,))

    async def get(self) -> Answer:
        await self.converted()
        version = self.query.get("resourceVersion", [""])[0]
        obj, entry = get.get(self.registry, self.kind, self.info.namespace, self.info.name, version)
        return Answer(kind=self.kind, object=obj, entry=entry)

    async def list(self) -> Answer:
        options = option_rules.list_options(self.query, self.kind, watch=False)
        page = await listing.list_page(self.registry, self.kind, self.info.namespace, options)
        return Answer(kind=self.kind, page=page)

    async def watch(self) -> Answer:
        options = option_rules.list_options(self.query, self.kind, watch=True)
        name = self.info.name if len(self.info.parts) == 2 else ""
        events = watching.watch(self.registry, self.kind, self.info.namespace, options, name)
        return Answer(kind=self.kind, watch=events)

    async def create(self) -> Answer:
        options = option_rules.write_options(self.query, "CreateOptions")
        kind = self.kind
        obj = self.decode(kind.api_version, kind.kind, options)
        if kind.behaviour.virtual is not None:
            now = self.registry.clock.now()
            meta.wipe_system_fields(obj.setdefault("metadata", {}))
            creation.ensure_namespace(obj, self.info.namespace if kind.namespaced else "")
            track(self.registry.catalogue, kind, None, obj, self.caller.manager, now)
            return await self.act(kind.behaviour.virtual, obj, options)
        found, entry = await creation.create(
            self.registry, kind, self.info.namespace, obj, options, self.caller
        )
        return Answer(code=201, kind=kind, object=found, entry=entry)

    async def update(self, subresource: str = "") -> Answer:
        options = option_rules.write_options(self.query, "UpdateOptions")
        kind = self.kind
        obj = self.decode(kind.api_version, kind.kind, options)
        code, found, entry = await update.replace(
            self.registry,
            kind,
            self.info.namespace,
            self.info.name,
            obj,
            options,
            self.caller,
            subresource=subresource,
        )
        return Answer(code=code, kind=kind, object=found, entry=entry)

    async def patch(self, subresource: str = "") -> Answer:
        kind, body = self.kind, self.body
        assert body is not None
        patch.check_type(kind, body.content_type)
        raw = body.raw()
        options = option_rules.write_options(self.query, "PatchOptions", body.content_type)
        code, found, entry = await patch.patch(
            self.registry,
            kind,
            self.info.namespace,
            self.info.name,
            body.content_type,
            raw,
            decoder(kind, body.content_type),
            options,
            self.caller,
            subresource=subresource,
        )
        return Answer(code=code, kind=kind, object=found, entry=entry)

    def delete_options(self) -> Object:
        if self.body is not None and not self.body.empty:
            return self.body.decode_options("DeleteOptions")
        return option_rules.delete_options(self.query)

    async def delete(self) -> Answer:
        code, obj, kind, entry = await deletion.delete(
            self.registry,
            self.kind,
            self.info.namespace,
            self.info.name,
            self.warn_of_deletion(self.delete_options()),
            self.caller,
        )
        return Answer(code=code, kind=kind, object=obj, entry=entry)

    def warn_of_deletion(self, options: Object) -> Object:
        """The delete options, with the kind's warning if they leave dependents to its default."""
        text = self.kind.behaviour.delete_warning
        says = options.get("propagationPolicy"), options.get("orphanDependents")
        if text and says == (None, None):
            self.caller.warn(text)
        return options

    async def deletecollection(self) -> Answer:
        options = option_rules.list_options(self.query, self.kind, watch=False)
        page = await collection.delete_collection(
            self.registry,
            self.kind,
            self.info.namespace,
            self.warn_of_deletion(self.delete_options()),
            options,
            self.caller,
        )
        return Answer(kind=self.kind, page=page)

    def decode(self, api_version: str, kind: str, options: WriteOptions) -> Object:
        """The body as an object; unknown and repeated fields as fieldValidation says."""
        assert self.body is not None
        decoded = self.body.decode(api_version, kind, strict=options.field_validation == "Strict")
        if options.field_validation != "Ignore":
            for text in decoded.strict_errors:
                self.caller.warn(text)
        return decoded.object

    # Subresources

    async def subresource(self) -> Answer:
        info, kind = self.info, self.kind
        facts = kind.subresources.get(info.subresource)
        if facts is None or kind.namespaced != bool(
            info.namespace and info.resource != "namespaces"
        ):
            raise errors.generic(404)
        verb = _SUBRESOURCE.get(info.method, "")
        if verb not in facts.verbs and kind.custom:
            raise errors.method_not_supported(kind.plural, kind.group, info.verb)
        if verb not in facts.verbs:
            raise errors.generic(405)
        declared = kind.behaviour.subresources.get(info.subresource)
        if isinstance(declared, Connect):
            return await self.connect(declared, facts)
        if isinstance(declared, Action):
            return await self.action(declared, facts)
        if info.subresource == "scale" and kind.behaviour.scale is not None:
            return await self.scale(verb)
        if declared is None and info.subresource != "status":
            raise errors.not_implemented(f"{kind.plural}/{info.subresource}")
        if verb == "get":
            return await self.get()
        return await _VERBS[verb](self, info.subresource)

    async def connect(self, declared: Connect, facts: SubresourceFacts) -> Answer:
        """Raises APIError 403 where a further verb is needed (ensureAuthorizedForVerb)."""
        info, verb = self.info, declared.needs
        if verb not in ("", info.verb) and self.authorizer.minor >= _NEEDS_SINCE:
            asked = replace(attributes_of(self.user, info), verb=verb)
            allowed, reason = self.authorizer.decide(asked)
            if not allowed:
                raise errors.forbidden(info.resource, info.group, info.name, reason)
        if "create" in facts.verbs:
            await self.admit_connection(facts)
        reader, check = self.registry.reader, declared.check
        if declared.locate is not None:
            obj = declared.locate(info.namespace, info.name, reader)
        else:
            obj, _ = get.get(self.registry, self.kind, info.namespace, info.name)
        return Answer(
            kind=self.kind,
            object=obj,
            connector=declared.connector,
            connect_check=partial(check, obj, self.query, reader) if check else None,
        )

    async def admit_connection(self, facts: SubresourceFacts) -> None:
        """What opens a channel is admitted like a write; raises APIError."""
        info = self.info
        version = f"{facts.group}/{facts.version}" if facts.group else facts.version
        obj = connect_options(version, facts.kind, self.query, info.parts[3:])
        op = creation.operation(
            self.registry,
            self.kind,
            info.namespace,
            info.name,
            WriteOptions(),
            self.caller,
            subresource=info.subresource,
        )
        op = replace(op, verb="connect", options={})
        await self.registry.admission.mutate(obj, op)
        await self.registry.admission.validate(obj, op)

    async def action(self, declared: Action, facts: SubresourceFacts) -> Answer:
        options = option_rules.write_options(self.query, "CreateOptions")
        version = f"{facts.group}/{facts.version}" if facts.group else facts.version
        obj = self.decode(version, facts.kind, options)
        obj.setdefault("metadata", {})
        creation.ensure_namespace(obj, self.info.namespace if self.kind.namespaced else "")
        if not declared.answers_body:
            return await self.act(declared.act, obj, options, declared.prepare)
        for default in declared.defaults:
            default(obj)
        catalogue, now = self.registry.catalogue, self.registry.clock.now()
        kind = catalogue.body_kind(version, facts.kind)
        manager, subresource = self.caller.manager, self.info.subresource
        track(catalogue, kind, None, obj, manager, now, subresource=subresource)
        answer = await self.act(declared.act, obj, options, declared.prepare)
        assert answer.object is not None
        return replace(answer, object=kind.shape.canonical(answer.object))

    async def act(
        self,
        act: Act,
        obj: Object,
        options: WriteOptions,
        prepare: Callable[[Object, Operation], None] | None = None,
    ) -> Answer:
        info, kind = self.info, self.kind
        entry = self.registry.entry(kind, info.namespace, info.name) if info.name else None
        op = creation.operation(
            self.registry,
            kind,
            info.namespace,
            info.name or obj.get("metadata", {}).get("name", ""),
            options,
            self.caller,
            subresource=info.subresource,
            old=convert.shown_entry(kind, entry) if entry else None,
        )
        await self.registry.admission.mutate(obj, op)
        if prepare is not None:
            prepare(obj, op)
        await self.registry.admission.validate(obj, op)
        engine = ActionEngine(self.registry, self.caller, options)
        code, found = await act(obj, op, engine)
        return Answer(code=code, object=found)

    async def scale(self, verb: str) -> Answer:
        info, kind = self.info, self.kind
        if verb == "get":
            await self.converted()
            return Answer(object=scale.get(self.registry, kind, info.namespace, info.name))
        assert self.body is not None
        tracked, expected_uid = False, ""
        if verb == "update":
            options = option_rules.write_options(self.query, "UpdateOptions")
            wanted = self.decode("autoscaling/v1", "Scale", options)
            wanted.setdefault("metadata", {})
            creation.ensure_namespace(wanted, info.namespace)
            update.check_body_name(wanted, info.name, info.namespace)
            change = _constant(wanted)
            expected_uid = wanted["metadata"].get("uid", "")
        else:
            content_type = self.body.content_type
            patch.check_type(kind, content_type)
            raw = self.body.raw()
            options = option_rules.write_options(self.query, "PatchOptions", content_type)
            scale_kind = self.registry.catalogue.scale_kind()
            decode = decoder(scale_kind, content_type)
            if content_type == option_rules.APPLY:
                tracked = True
                change = apply.configuration(
                    self.registry,
                    scale_kind,
                    raw,
                    decode,
                    options,
                    self.caller,
                    "scale",
                    inconvertible=scale.inconvertible(kind),
                )
            else:
                change = patch.mechanism(
                    self.registry, scale_kind, content_type, raw, decode, options, self.caller
                )
        found = await scale.change(
            self.registry,
            kind,
            info.namespace,
            info.name,
            change,
            options,
            self.caller,
            tracked=tracked,
            expected_uid=expected_uid,
        )
        return Answer(object=found)


def _by_hand(method: str, named: bool) -> str | None:
    """What custom resources make of methods that upstream's router keeps from built-in ones:
    customresource_handler goes by the verb alone. Raises APIError 400.
    """
    if named:
        return "create" if method == "POST" else None
    if method in ("PUT", "PATCH"):
        raise errors.bad_request("name must be provided")
    return None


def _constant(obj: Object) -> Callable[[Object], Object]:
    """The change that a PUT is: whatever was there, this."""
    return lambda live: obj


#: HTTP method -> verb, by the form of the path.
_NAMED = {"GET": "get", "HEAD": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_COLLECTION = {"GET": "list", "HEAD": "list", "POST": "create", "DELETE": "deletecollection"}
_EVERYWHERE = {"GET": "list", "HEAD": "list"}
_SUBRESOURCE = {
    "GET": "get",
    "HEAD": "get",
    "POST": "create",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}
_VERBS: dict[str, Callable[..., Awaitable[Answer]]] = {
    name: getattr(_Job, name)
    for name in (
        "get",
        "list",
        "watch",
        "create",
        "update",
        "patch",
        "delete",
        "deletecollection",
    )
}
