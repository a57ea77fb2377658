"""APIServices: which server serves a group's version: this one, or one behind a Service.

Upstream: kube-aggregator pkg/registry/apiservice, pkg/apis/apiregistration/validation.
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour
from fakek8s.kinds.shared import cells, doors
from fakek8s.kinds.shared.status import WRITABLE, status
from fakek8s.machinery import meta, names
from fakek8s.machinery.causes import invalid, not_supported, required
from fakek8s.machinery.printing import quote
from fakek8s.machinery.timestamps import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_STATUSES = ("True", "False", "Unknown")
_MOST_GROUP_PRIORITY, _MOST_VERSION_PRIORITY = 20000, 1000


def default_port(obj: Object) -> None:
    """SetDefaults_ServiceReference."""
    service = obj.setdefault("spec", {}).get("service")
    if service is not None and service.get("port") is None:
        service["port"] = 443


def available_at_once(obj: Object, op: Operation) -> None:
    """What this server itself serves is there (NewLocalAvailableAPIServiceCondition)."""
    if op.old is None and obj["spec"].get("service") is None:
        obj["status"] = {
            "conditions": [
                {
                    "type": "Available",
                    "status": "True",
                    "lastTransitionTime": format_time(op.now),
                    "reason": "Local",
                    "message": "Local APIServices are always available",
                }
            ]
        }


def metadata_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateAPIServiceUpdate looks at metadata by the rules of updates and of creates."""
    metadata = obj["metadata"]
    if op.old is not None:
        old = op.old["metadata"]
        yield from dict.fromkeys(meta.object_meta_update_rules(metadata, old, "metadata"))
    spec = obj["spec"]
    wanted = f"{spec.get('version', '')}.{spec.get('group', '')}"

    def name_rule(name: str, prefix: bool) -> list[str]:
        if wrong := names.is_path_segment_name(name):
            return wrong
        return [] if name == wanted else [f'must be `spec.version+"."+spec.group`: {quote(wanted)}']

    yield from dict.fromkeys(meta.object_meta_rules(metadata, "metadata", False, name_rule))


def status_metadata_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateAPIServiceStatusUpdate, of metadata."""
    if op.old is not None:
        rules = meta.object_meta_update_rules(obj["metadata"], op.old["metadata"], "metadata")
        yield from dict.fromkeys(rules)


def spec_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateAPIService."""
    spec = obj["spec"]
    group, version = spec.get("group", ""), spec.get("version", "")
    if not group and version != "v1":
        text = "only v1 may have an empty group and it better be legacy kube"
        yield required("spec.group", text)
    for message in names.is_dns1123_subdomain(group) if group else ():
        yield invalid("spec.group", group, message)
    for message in names.is_dns1035_label(version):
        yield invalid("spec.version", version, message)
    for name, most in (
        ("groupPriorityMinimum", _MOST_GROUP_PRIORITY),
        ("versionPriority", _MOST_VERSION_PRIORITY),
    ):
        priority = spec.get(name, 0)
        if not 0 < priority <= most:
            yield invalid(f"spec.{name}", priority, f"must be positive and less than {most}")
    bundle, insecure = spec.get("caBundle") or "", spec.get("insecureSkipTLSVerify", False)
    service = spec.get("service")
    if service is None:
        if bundle:
            shown = f"{len(b64decode(bundle))} bytes"
            yield invalid("spec.caBundle", shown, "local APIServices may not have a caBundle")
        if insecure:
            text = "local APIServices may not have insecureSkipTLSVerify"
            yield invalid("spec.insecureSkipTLSVerify", insecure, text)
        return
    for name in ("namespace", "name"):
        if not service.get(name):
            yield required(f"spec.service.{name}")
    port = service.get("port", 0)
    if wrong := names.is_port_num(port):
        yield invalid("spec.service.port", port, f"port is not valid: {', '.join(wrong)}")
    if insecure and bundle:
        text = "may not be true if caBundle is present"
        yield invalid("spec.insecureSkipTLSVerify", insecure, text)


def status_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateAPIServiceStatus."""
    for number, condition in enumerate((obj.get("status") or {}).get("conditions") or ()):
        status = condition.get("status", "")
        if status not in _STATUSES:
            yield not_supported(f"status.conditions[{number}].status", status, _STATUSES)


def service_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, Service, Available, Age."""
    service, shown = obj["spec"].get("service"), "Local"
    if service is not None:
        shown = f"{service.get('namespace', '')}/{service.get('name', '')}"
    return [obj["metadata"].get("name", ""), shown, _available(obj), cells.age(obj, now)]


def _available(obj: Object) -> str:
    for condition in (obj.get("status") or {}).get("conditions") or ():
        if condition.get("type") == "Available":
            status, reason = condition.get("status", ""), condition.get("reason", "")
            return f"{status} ({reason})" if status != "True" and reason else str(status)
    return "Unknown"


KIND = Behaviour(
    group="apiregistration.k8s.io",
    plural="apiservices",
    stored_under="apiregistration.k8s.io/apiservices",
    repeats_errors=True,
    checks_metadata=False,
    defaults=(default_port,),
    main=doors.main(prepare=(available_at_once,), rules=(metadata_rules, spec_rules)),
    status_tables=False,
    status=status(rules=(status_metadata_rules, status_rules), keeps=WRITABLE),
    cells=service_cells,
    allow_unconditional_update=False,
)
