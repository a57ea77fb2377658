"""Stories of several writers of one object, as structured-merge-diff's fixtures tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.apply import apply, update_managed_fields

if TYPE_CHECKING:
    from fakek8s.machinery.schema import Schema

API_VERSION = "sea.example.com/v1"
KIND = "Ship"


class Story:
    """One object over time; each write is a second later than the one before."""

    def __init__(self, schema: Schema, *, reset: tuple[str, ...] = ("status",)) -> None:
        self.schema = schema
        self.reset = reset
        self.live: dict[str, Any] | None = None
        self.second = 0

    def now(self) -> str:
        self.second += 1
        return f"2030-01-01T00:00:{self.second:02d}Z"

    def object(self, spec: Any, **parts: Any) -> dict[str, Any]:
        metadata = {"name": "s", "uid": "u", **parts.pop("metadata", {})}
        return {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "metadata": metadata,
            "spec": spec,
            **parts,
        }

    def write(
        self, manager: str, spec: Any, *, entries: Any = "kept", subresource: str = "", **parts: Any
    ) -> None:
        """A create or update that sends the entries it read, or others."""
        new = self.object(spec, **parts)
        sent = self.entries if entries == "kept" else entries
        if sent is not None:
            new["metadata"]["managedFields"] = sent
        found = update_managed_fields(
            self.live,
            new,
            schema=self.schema,
            manager=manager,
            api_version=API_VERSION,
            now=self.now(),
            subresource=subresource,
            reset=("spec",) if subresource == "status" else self.reset,
        )
        self.keep(new, found)

    def apply(
        self, manager: str, spec: Any, *, force: bool = False, subresource: str = "", **parts: Any
    ) -> bool:
        """An apply; tells whether it changed the object."""
        config = self.object(spec, **parts)
        del config["metadata"]["uid"]
        result = apply(
            self.live,
            config,
            schema=self.schema,
            manager=manager,
            api_version=API_VERSION,
            kind=KIND,
            now=self.now(),
            force=force,
            subresource=subresource,
            reset=("spec",) if subresource == "status" else self.reset,
        )
        new = {**result.object, "metadata": {"uid": "u", **result.object["metadata"]}}
        self.keep(new, result.managed_fields)
        return result.changed

    def keep(self, new: dict[str, Any], entries: list[dict[str, Any]] | None) -> None:
        metadata = {k: v for k, v in new["metadata"].items() if k != "managedFields"}
        if entries is not None:
            metadata["managedFields"] = entries
        self.live = {**new, "metadata": metadata}

    @property
    def entries(self) -> list[dict[str, Any]] | None:
        return None if self.live is None else self.live["metadata"].get("managedFields")

    @property
    def spec(self) -> Any:
        assert self.live is not None
        return self.live["spec"]

    @property
    def owners(self) -> dict[str, Any]:
        """`manager operation[/subresource]` -> what it owns of the spec (or all else)."""
        found: dict[str, Any] = {}
        for entry in self.entries or ():
            name = f"{entry['manager']} {entry['operation']}"
            if entry.get("subresource"):
                name += "/" + entry["subresource"]
            fields = entry["fieldsV1"]
            found[name] = fields["f:spec"] if list(fields) == ["f:spec"] else fields
        return found

    @property
    def times(self) -> dict[str, str]:
        return {e["manager"]: e.get("time", "")[-3:-1] for e in self.entries or ()}
