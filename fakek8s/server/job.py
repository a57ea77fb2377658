"""One request being served: what it is about, and the verbs that objects and subresources share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fakek8s.registry import convert, get, patch, update
from fakek8s.registry import create as creation
from fakek8s.registry import options as option_rules
from fakek8s.registry.context import Caller
from fakek8s.registry.managed import manager_of
from fakek8s.registry.system import ActionEngine
from fakek8s.server.answer import Answer
from fakek8s.server.rights import attributes_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.auth.authorizer import Authorizer
    from fakek8s.auth.user import User
    from fakek8s.kind import Act, Kind, Operation
    from fakek8s.registry.context import Registry
    from fakek8s.registry.options import WriteOptions
    from fakek8s.registry.patch import Decode
    from fakek8s.server.request import Body, Request

Object = dict[str, Any]


def decoder(kind: Kind, content_type: str) -> Decode:
    """How patched values are read: strategic merges and applies by upstream's other, laxer way."""
    lax = content_type in (patch.STRATEGIC, option_rules.APPLY)

    def decode(value: Any, live: Object | None = None) -> tuple[Object, list[str]]:
        return kind.shape.read(value, lax=lax, live=live)

    return decode


class Job:
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
            user,
            manager_of(first[0] if first else "", request.user_agent),
            warnings.append,
            request.info.verb,
            None if authorizer.trusts(user) else self.check_create,
        )

    def check_create(self) -> None:
        """Raises APIError 403 unless the user may create what the request updates."""
        self.authorizer.require(replace(attributes_of(self.user, self.info), verb="create"))

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

    def decode(self, api_version: str, kind: str, options: WriteOptions) -> Object:
        """The body as an object; unknown and repeated fields as fieldValidation says."""
        assert self.body is not None
        self.caller.written = self.body.raw
        decoded = self.body.decode(api_version, kind, strict=options.field_validation == "Strict")
        if options.field_validation != "Ignore":
            for text in decoded.strict_errors:
                self.caller.warn(text)
        if decoded.refusal is not None:
            raise decoded.refusal
        return decoded.object

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
