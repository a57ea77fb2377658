"""CustomResourceDefinitions as objects: kept and shown, but what they define is not served yet.

Their status therefore never says Established. Upstream: apiextensions-apiserver
pkg/registry/customresourcedefinition, pkg/apis/apiextensions/v1 defaults.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.shared import doors
from fakek8s.kinds.shared.metadata import first_generation
from fakek8s.machinery.causes import invalid
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]


def default_definition(obj: Object) -> None:
    """SetDefaults_CustomResourceDefinition."""
    spec = obj.setdefault("spec", {})
    names = spec.setdefault("names", {})
    kind = names.get("kind", "")
    if not names.get("singular"):
        names["singular"] = kind.lower()
    if not names.get("listKind") and kind:
        names["listKind"] = f"{kind}List"
    if spec.get("conversion") is None:
        spec["conversion"] = {"strategy": "None"}
    service = ((spec["conversion"].get("webhook") or {}).get("clientConfig") or {}).get("service")
    if service is not None and service.get("port") is None:
        service["port"] = 443
    status = obj.setdefault("status", {})
    if not status.get("storedVersions") and (stored := _storage_version(spec)):
        status["storedVersions"] = [stored]


def _storage_version(spec: Object) -> str:
    for version in spec.get("versions") or ():
        if version.get("storage"):
            return str(version.get("name", ""))
    return ""


def stored_versions(obj: Object, op: Operation) -> None:
    """A version that objects are stored in stays known."""
    stored = _storage_version(obj["spec"])
    known = obj["status"].get("storedVersions") or []
    if stored and stored not in known:
        obj["status"] = {**obj["status"], "storedVersions": [*known, stored]}


def name_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """The name is the resource and its group."""
    spec, name = obj["spec"], obj["metadata"].get("name", "")
    wanted = f"{spec.get('names', {}).get('plural', '')}.{spec.get('group', '')}"
    if name and name != wanted:
        text = 'must be spec.names.plural+"."+spec.group'
        yield invalid("metadata.name", name, text)


def definition_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, Scope, Versions, Created At, Group, Kind, ShortNames, Established."""
    spec, names = obj["spec"], obj["spec"].get("names") or {}
    served = [version for version in spec.get("versions") or () if version.get("served")]
    versions = sorted(
        f"{version.get('name', '')}{'(storage)' if version.get('storage') else ''}"
        for version in served
    )
    return [
        obj["metadata"].get("name", ""),
        spec.get("scope", ""),
        ",".join(versions),
        obj["metadata"].get("creationTimestamp"),
        spec.get("group", ""),
        names.get("kind", ""),
        ",".join(names.get("shortNames") or ()),
        any(
            condition.get("type") == "Established" and condition.get("status") == "True"
            for condition in (obj.get("status") or {}).get("conditions") or ()
        ),
    ]


KIND = Behaviour(
    group="apiextensions.k8s.io",
    plural="customresourcedefinitions",
    defaults=(default_definition,),
    name=subdomain_name,
    generation=True,
    main=doors.main(prepare=(first_generation, stored_versions), rules=(name_rules,)),
    status=Strategy(prepare=(doors.keeping("spec"),), resets=("spec",)),
    cells=definition_cells,
    allow_unconditional_update=False,
)
