"""Subresources: the status of an object, its scale, actions and connections."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.kind import Action, Connect
from fakek8s.registry import apply, get, patch, scale, update
from fakek8s.registry import create as creation
from fakek8s.registry import options as option_rules
from fakek8s.registry.managed import track
from fakek8s.registry.options import WriteOptions
from fakek8s.server.answer import Answer
from fakek8s.server.connection import connect_options
from fakek8s.server.job import Job, decoder
from fakek8s.server.request import METHOD_VERBS
from fakek8s.server.rights import attributes_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.kind import SubresourceFacts

Object = dict[str, Any]

#: Since when a connection may need more than the request's verb
#: (AuthorizePodWebsocketUpgradeCreatePermission).
_NEEDS_SINCE = 35


class SubresourceJob(Job):
    """A request for a subresource."""

    __slots__ = ()

    async def serve(self) -> Answer:
        """The answer; raises APIError."""
        info, kind = self.info, self.kind
        facts = kind.subresources.get(info.subresource)
        if facts is None or kind.namespaced != bool(
            info.namespace and info.resource != "namespaces"
        ):
            raise errors.generic(404)
        verb = METHOD_VERBS.get(info.method, "")
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
        return await (self.update if verb == "update" else self.patch)(info.subresource)

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

    async def scale(self, verb: str) -> Answer:
        info, kind = self.info, self.kind
        if verb == "get":
            await self.converted()
            found = scale.get(self.registry, kind, info.namespace, info.name)
            return Answer(object=found, scaled=kind)
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
        return Answer(object=found, scaled=kind)


def _constant(obj: Object) -> Callable[[Object], Object]:
    """The change that a PUT is: whatever was there, this."""
    return lambda live: obj
