"""Resources themselves: which verbs each form of a path has, and what serves them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.machinery import meta
from fakek8s.registry import collection
from fakek8s.registry import create as creation
from fakek8s.registry import delete as deletion
from fakek8s.registry import list as listing
from fakek8s.registry import options as option_rules
from fakek8s.registry import watch as watching
from fakek8s.registry.managed import track
from fakek8s.registry.options import WriteOptions
from fakek8s.registry.select import predicate
from fakek8s.registry.system import ActionEngine
from fakek8s.server.answer import Answer
from fakek8s.server.job import Job
from fakek8s.store.types import Entry

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fakek8s.kind import Act

Object = dict[str, Any]


#: HTTP method -> verb, by the form of the path.
_NAMED = {"GET": "get", "HEAD": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_COLLECTION = {"GET": "list", "HEAD": "list", "POST": "create", "DELETE": "deletecollection"}
_EVERYWHERE = {"GET": "list", "HEAD": "list"}


class ResourceJob(Job):
    """A request for a resource itself."""

    __slots__ = ()

    async def serve(self) -> Answer:
        """The answer; raises APIError."""
        info, kind = self.info, self.kind
        if len(info.parts) > 2:
            raise errors.generic(404)
        named = len(info.parts) == 2
        itself = named and info.resource == "namespaces" and info.name == info.namespace
        if info.namespace and not kind.namespaced and not itself:
            raise errors.generic(404)
        everywhere = kind.namespaced and not info.within
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


def _by_hand(method: str, named: bool) -> str | None:
    """What custom resources make of methods that upstream's router keeps from built-in ones:
    customresource_handler goes by the verb alone. Raises APIError 400.
    """
    if named:
        return "create" if method == "POST" else None
    if method in ("PUT", "PATCH"):
        raise errors.bad_request("name must be provided")
    return None


_VERBS: dict[str, Callable[..., Awaitable[Answer]]] = {
    name: getattr(ResourceJob, name)
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
