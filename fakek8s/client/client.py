"""A client of the API without HTTP: the same chain, nothing encoded.

Authorization, admission, conflicts and managed fields apply to it as to any other client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from fakek8s.auth.user import LOOPBACK
from fakek8s.machinery.clone import clone
from fakek8s.machinery.wire import jsontext
from fakek8s.registry.convert import shown_entry
from fakek8s.server.request import Decoded, Request, parse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from fakek8s.auth.user import User
    from fakek8s.kind import Kind
    from fakek8s.server.answer import Answer
    from fakek8s.server.server import Server

Object = dict[str, Any]
#: What a watch hands out at once: (ADDED | MODIFIED | DELETED | ERROR, object) each.
Batch = list[tuple[str, Object]]

PATCHES = {
    "json": "application/json-patch+json",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}
_APPLY = "application/apply-patch+yaml"


class ObjectBody:
    """`server.request.Body` of an object that is there already."""

    __slots__ = ("_value", "content_type")

    def __init__(self, value: Any, content_type: str = "application/json") -> None:
        self._value = value
        self.content_type = content_type

    @property
    def empty(self) -> bool:
        """True without a value."""
        return self._value is None

    def decode(self, api_version: str, kind: str, *, strict: bool) -> Decoded:
        """A private copy of the object under the type of the path."""
        obj = {"kind": kind, "apiVersion": api_version, **clone(self._value)}
        return Decoded(object=obj, api_version=api_version, kind=kind)

    def decode_options(self, kind: str) -> Object:
        """A private copy of the options."""
        found: Object = clone(self._value)
        return found

    def raw(self) -> bytes:
        """The value as JSON, for patches."""
        return jsontext.dump(self._value)


class Client:
    """Verbs on resources, which are named as in the store: `pods`, `deployments.apps`.

    Objects that come back are shared: clone before editing. All verbs raise APIError.
    """

    def __init__(self, server: Server, user: User = LOOPBACK, user_agent: str = "fakek8s") -> None:
        """`user_agent` up to the first slash is the field manager of writes."""
        self._server = server
        self._user = user
        self._agent = user_agent

    def as_user(self, user: User, user_agent: str = "") -> Client:
        """The same client under another name."""
        return Client(self._server, user, user_agent or self._agent)

    def kind(self, resource: str) -> Kind:
        """The kind of a resource in its preferred version."""
        return self._server.catalogue.by_resource(resource)

    def kinds(self) -> Iterator[Kind]:
        """Every kind that is served, in discovery's order."""
        return self._server.catalogue.kinds()

    async def request(
        self,
        method: str,
        resource: str | Kind,
        namespace: str = "",
        name: str = "",
        subresource: str = "",
        *,
        body: ObjectBody | None = None,
        query: dict[str, list[str]] | None = None,
    ) -> Answer:
        """Any request on a resource, as the HTTP door would hand it in.

        `resource` is the store's name of it (then its preferred version is asked) or a kind.
        """
        if self._server.definitions.stale:
            await self._server.definitions.current()
        kind = self.kind(resource) if isinstance(resource, str) else resource
        parts = ["apis", kind.group, kind.version] if kind.group else ["api", kind.version]
        if namespace and kind.namespaced:
            parts += ["namespaces", namespace]
        parts.append(kind.plural)
        parts += [part for part in (name, subresource) if part]
        query = query or {}
        info = parse(method, parts, "/" + "/".join(parts), query)
        return await self._server.handle(
            Request(info=info, user=self._user, query=query, user_agent=self._agent, body=body)
        )

    async def get(self, resource: str, namespace: str, name: str) -> Object:
        """One object; 404 if it is not there."""
        return _object(await self.request("GET", resource, namespace, name))

    async def list(
        self, resource: str, namespace: str = "", *, labels: str = "", fields: str = ""
    ) -> tuple[list[Object], str]:
        """(items, resourceVersion to watch from)."""
        answer = await self.request("GET", resource, namespace, query=_selectors(labels, fields))
        assert answer.page is not None
        assert answer.kind is not None
        assert answer.kind is not None
        version: str = answer.page.metadata["resourceVersion"]
        shown = [shown_entry(answer.kind, entry) for entry in answer.page.entries]
        return shown, version

    async def watch(
        self,
        resource: str,
        namespace: str = "",
        *,
        resource_version: str = "",
        labels: str = "",
        fields: str = "",
    ) -> AsyncIterator[Batch]:
        """Batches of events until closed or timed out."""
        query = _selectors(labels, fields)
        query["watch"] = ["true"]
        if resource_version:
            query["resourceVersion"] = [resource_version]
        answer = await self.request("GET", resource, namespace, query=query)
        assert answer.watch is not None
        assert answer.kind is not None
        assert answer.kind is not None
        try:
            async for batch in answer.watch:
                yield [
                    (
                        event.type,
                        shown_entry(answer.kind, event.entry)
                        if event.entry
                        else event.object or {},
                    )
                    for event in batch
                ]
        finally:
            await answer.watch.aclose()  # type: ignore[attr-defined]

    async def create(self, resource: str, namespace: str, obj: Object) -> Object:
        """Creates; gives the stored object."""
        return _object(await self.request("POST", resource, namespace, body=ObjectBody(obj)))

    async def create_subresource(
        self, resource: str, namespace: str, name: str, subresource: str, obj: Object
    ) -> Object:
        """POST to a subresource: `binding`, `eviction`, `token`."""
        return _object(
            await self.request("POST", resource, namespace, name, subresource, body=ObjectBody(obj))
        )

    async def update(self, resource: str, obj: Object, subresource: str = "") -> Object:
        """Replaces an object (or its `status`); a resourceVersion in it is a lock."""
        metadata = obj["metadata"]
        return _object(
            await self.request(
                "PUT",
                resource,
                metadata.get("namespace", ""),
                metadata["name"],
                subresource,
                body=ObjectBody(obj),
            )
        )

    async def patch(
        self,
        resource: str,
        namespace: str,
        name: str,
        patch: Any,
        *,
        form: Literal["json", "merge", "strategic"] = "merge",
        subresource: str = "",
    ) -> Object:
        """Patches an object; `form` names the patch type."""
        body = ObjectBody(patch, PATCHES[form])
        return _object(
            await self.request("PATCH", resource, namespace, name, subresource, body=body)
        )

    async def apply(
        self,
        resource: str,
        namespace: str,
        name: str,
        config: Object,
        *,
        manager: str,
        subresource: str = "",
    ) -> Object:
        """Server-side apply, by force; `config` need not name its type."""
        kind = self.kind(resource)
        typed = {"kind": kind.kind, "apiVersion": kind.api_version, **config}
        query = {"fieldManager": [manager], "force": ["true"]}
        body = ObjectBody(typed, _APPLY)
        return _object(
            await self.request(
                "PATCH", resource, namespace, name, subresource, body=body, query=query
            )
        )

    async def delete(
        self,
        resource: str,
        namespace: str,
        name: str,
        *,
        grace_seconds: int | None = None,
        propagation: str = "",
        uid: str = "",
    ) -> Object:
        """Deletes; gives the object or a Status. `uid` is a precondition."""
        options: Object = {}
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        if propagation:
            options["propagationPolicy"] = propagation
        if uid:
            options["preconditions"] = {"uid": uid}
        body = ObjectBody(options) if options else None
        return _object(await self.request("DELETE", resource, namespace, name, body=body))

    async def delete_collection(
        self, resource: str, namespace: str, *, labels: str = "", fields: str = ""
    ) -> None:
        """Deletes all objects of a namespace that the selectors select."""
        await self.request("DELETE", resource, namespace, query=_selectors(labels, fields))


def _object(answer: Answer) -> Object:
    assert answer.object is not None
    return answer.object


def _selectors(labels: str, fields: str) -> dict[str, list[str]]:
    query: dict[str, list[str]] = {}
    if labels:
        query["labelSelector"] = [labels]
    if fields:
        query["fieldSelector"] = [fields]
    return query
