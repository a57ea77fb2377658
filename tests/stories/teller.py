"""Tells stories of several managers of one object to a server, and checks what they expect.

A file holds a list of stories. Each is about one object (a ConfigMap if it does not say which) and
goes through steps; the first key of a step says who does what:

    alice applies: {data: {a: "1"}}         server-side apply; `forces` takes conflicts over
    bob updates: {data: {a: "2"}}           reads the object, lays this over it and writes it back
    bob merges: {data: {a: "2"}}            a merge patch; `patches`, a strategic one; `edits`, JSON
    bob creates: {data: {a: "2"}}           a plain create
    ctl applies status: {status: {...}}     any of them at a subresource
    two applies in autoscaling/v2: {...}    or in another version
    a second passes:                        so that time stamps may differ

The other keys of a step say what is to be seen after it:

    gives: {data: {a: "1", b: null}}        that much of the object; null for what is absent
    owners: {alice: data.a}                 all of managedFields, as below
    moved: [alice]                          whose time is another than it was a step before
    result: created | changed | unchanged   unchanged keeps the resourceVersion
    conflict: Apply failed with ...         the message of a 409; `fields` are its causes, sorted
    refused: 422 ...                        code and message of any other refusal

A manager is named for an apply at the object itself, else with more in parentheses:
`bob (update)`, `ctl (update status)`, `two (in autoscaling/v2)`. A set of fields is the text of
its paths, those with a common beginning in braces, where `.` is the beginning itself:

    data.a                                      {"f:data":{"f:a":{}}}
    data{. a b}                                 {"f:data":{".":{},"f:a":{},"f:b":{}}}
    spec.ports[port=80,protocol="TCP"]{. port}  {"f:spec":{"f:ports":{"k:{...}":{".":{},...}}}}
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any, Protocol

from fakek8s.machinery import mergepatch
from fakek8s.machinery.apply import element

if TYPE_CHECKING:
    from collections.abc import Mapping

Object = dict[str, Any]

_ACTION = re.compile(
    r"(?P<manager>\S+) (?P<verb>\w+)(?: (?P<subresource>status|scale))?(?: in (?P<version>\S+))?"
)
_TYPES = {
    "applies": "application/apply-patch+yaml",
    "forces": "application/apply-patch+yaml",
    "merges": "application/merge-patch+json",
    "patches": "application/strategic-merge-patch+json",
    "edits": "application/json-patch+json",
}
_JSON = "application/json"


class Server(Protocol):
    """Any server, as stories need it."""

    async def send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Any = None,
        content_type: str = "",
    ) -> tuple[int, Object]:
        """(HTTP code, the answer's object or Status)"""

    async def wait(self, seconds: float) -> None:
        """Until so much of the server's time has passed."""


class Teller:
    """One story at one server."""

    def __init__(self, server: Server, story: Object, namespace: str) -> None:
        self._server = server
        self._namespace = namespace
        self._name = "it"
        self.api_version, self._kind = story.get("object", "v1 ConfigMap").split()
        self._steps: list[Object] = story["steps"]
        self._live: Object = {}
        self._code = 0
        self._status: Object = {}

    async def tell(self) -> None:
        """Raises AssertionError where the server does not do as the story says."""
        for number, step in enumerate(self._steps, 1):
            action = next(iter(step))
            before = self._live
            await self._act(action, step[action])
            expected = {key: value for key, value in step.items() if key != action}
            if self._code >= 400 and not expected.keys() & {"conflict", "refused"}:
                raise AssertionError(f"step {number} ({action}): {self._status}")
            found = {key: self.seen(key, value, before) for key, value in expected.items()}
            assert found == expected, f"step {number} ({action})"

    async def end(self) -> None:
        """Removes the object."""
        await self._server.send("DELETE", self._path(""), {})

    def seen(self, what: str, wanted: Any, before: Object) -> Any:
        """What there is to see of one expectation, in its form."""
        if what == "gives":
            return _overlap(self._live, wanted)
        if what == "owners":
            return owners(self._live, self.api_version)
        if what == "moved":
            old, new = times(before), times(self._live)
            return [who for who, time in new.items() if who in old and old[who] != time]
        if what == "result":
            revisions = [
                obj.get("metadata", {}).get("resourceVersion") for obj in (before, self._live)
            ]
            if self._code == 201:
                return "created"
            return "unchanged" if revisions[0] == revisions[1] else "changed"
        if what == "conflict":
            return self._status.get("message") if self._code == 409 else self._code
        if what == "fields":
            causes = self._status.get("details", {}).get("causes", [])
            # Upstream's order is that of a Go map.
            return sorted(f"{cause['field']}: {cause['message']}" for cause in causes)
        assert what == "refused", what
        return f"{self._code} {self._status.get('message')}"

    async def _act(self, action: str, given: Any) -> None:
        if action == "a second passes":
            await self._server.wait(1.1)
            self._code = 0
            return
        found = _ACTION.fullmatch(action)
        assert found is not None, action
        manager, verb, subresource = found["manager"], found["verb"], found["subresource"] or ""
        version = found["version"] or self.api_version
        query = {"fieldManager": manager}
        if verb == "creates":
            body = self._object(given, version)
            sent = await self._server.send("POST", self._collection(version), query, body, _JSON)
        elif verb == "updates":
            _, live = await self._server.send("GET", self._path(subresource, version), {})
            body = mergepatch.apply(live, given)
            path = self._path(subresource, version)
            sent = await self._server.send("PUT", path, query, body, _JSON)
        else:
            if verb in ("applies", "forces"):
                given = self._object(given, version, scale=subresource == "scale")
            if verb == "forces":
                query["force"] = "true"
            path = self._path(subresource, version)
            sent = await self._server.send("PATCH", path, query, given, _TYPES[verb])
        self._code, self._status = sent
        _, self._live = await self._server.send("GET", self._path(""), {})

    def _object(self, parts: Object, version: str, *, scale: bool = False) -> Object:
        metadata = {"name": self._name, "namespace": self._namespace, **parts.get("metadata", {})}
        version, kind = ("autoscaling/v1", "Scale") if scale else (version, self._kind)
        return {"apiVersion": version, "kind": kind, **parts, "metadata": metadata}

    def _collection(self, version: str = "") -> str:
        version = version or self.api_version
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        return f"{root}/namespaces/{self._namespace}/{self._kind.lower()}s"

    def _path(self, subresource: str, version: str = "") -> str:
        path = f"{self._collection(version)}/{self._name}"
        return f"{path}/{subresource}" if subresource else path


def _overlap(found: Any, wanted: Any) -> Any:
    """As much of what was found as is wanted."""
    if isinstance(found, dict) and isinstance(wanted, dict) and wanted:
        return {name: _overlap(found.get(name), value) for name, value in wanted.items()}
    if isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        return [_overlap(one, other) for one, other in zip(found, wanted, strict=True)]
    return copy.deepcopy(found)


def _entries(obj: Object, api_version: str = "") -> dict[str, Object]:
    found = {}
    for entry in obj.get("metadata", {}).get("managedFields") or ():
        more = ["update"] if entry["operation"] == "Update" else []
        more += [entry["subresource"]] if entry.get("subresource") else []
        more += [f"in {entry['apiVersion']}"] if entry["apiVersion"] != api_version else []
        name = entry.get("manager", "") + (f" ({' '.join(more)})" if more else "")
        assert name not in found, name
        found[name] = entry
    return found


def owners(obj: Object, api_version: str) -> dict[str, str]:
    """What each manager owns, in the stories' notation."""
    found = _entries(obj, api_version)
    return {name: notation(entry["fieldsV1"]) for name, entry in found.items()}


def times(obj: Object) -> dict[str, str]:
    """Each manager's time stamp."""
    api_version = obj.get("apiVersion", "")
    return {name: entry.get("time", "") for name, entry in _entries(obj, api_version).items()}


def notation(fields: Object) -> str:
    """A set of fields as stories write it."""
    return " ".join(_bare(fields))


def _parts(node: Object) -> list[str]:
    return [step if step == "." else element.shown(step) + _inside(node[step]) for step in node]


def _inside(node: Object) -> str:
    parts = _parts(node)
    if not parts or (len(parts) == 1 and parts[0] != "."):
        return "".join(parts)
    return f"{{{' '.join(_bare(node))}}}"


def _bare(node: Object) -> list[str]:
    """The parts of a node, of which fields need no point."""
    return [part if part == "." else part.removeprefix(".") for part in _parts(node)]
