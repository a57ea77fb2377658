"""CSIDrivers: what a storage driver needs and can do.

Upstream: pkg/registry/storage/csidriver, pkg/apis/storage/validation ValidateCSIDriver,
pkg/apis/storage/v1 SetDefaults_CSIDriver, pkg/printers/internalversion printCSIDriver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.shared import cells
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.kinds.shared.podtemplate.projected import token_lifetime_rules
from fakek8s.machinery.causes import duplicate, invalid, not_supported
from fakek8s.machinery.rules import immutable, subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_DEFAULTS: tuple[tuple[str, Any], ...] = (
    ("attachRequired", True),
    ("podInfoOnMount", False),
    ("storageCapacity", False),
    ("fsGroupPolicy", "ReadWriteOnceWithFSType"),
    ("requiresRepublish", False),
    ("seLinuxMount", False),
    ("preventPodSchedulingIfMissing", False),
)
_GROUP_POLICIES = ("File", "None", "ReadWriteOnceWithFSType")
_MODES = ("Persistent", "Ephemeral")
_LEAST_PERIOD = 10  # seconds
_TOKENS_IN_ATTRIBUTES = (
    "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to "
    "prevent possible logging of tokens in volume attributes"
)


def default_spec(obj: Object) -> None:
    """SetDefaults_CSIDriver."""
    spec = obj.setdefault("spec", {})
    for name, value in _DEFAULTS:
        if spec.get(name) is None:
            spec[name] = value
    if not spec.get("volumeLifecycleModes"):
        spec["volumeLifecycleModes"] = ["Persistent"]


def spec_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """validateCSIDriverSpec."""
    spec = obj["spec"]
    policy = spec.get("fsGroupPolicy")
    if policy is not None and policy not in _GROUP_POLICIES:
        yield not_supported("spec.fsGroupPolicy", policy, _GROUP_POLICIES)
    requests = spec.get("tokenRequests") or []
    yield from _token_rules(requests, "spec.tokenRequests")
    for mode in spec.get("volumeLifecycleModes") or ():
        if mode not in _MODES:
            yield not_supported("spec.volumeLifecycleModes", mode, _MODES)
    period = spec.get("nodeAllocatableUpdatePeriodSeconds")
    if period is not None and period < _LEAST_PERIOD:
        text = "must be greater than or equal to 10 seconds"
        yield invalid("spec.nodeAllocatableUpdatePeriodSeconds", period, text)
    in_secrets = spec.get("serviceAccountTokenInSecrets")
    if in_secrets is not None and not requests:
        text = "serviceAccountTokenInSecrets is set but no tokenRequests are specified"
        yield invalid("spec.serviceAccountTokenInSecrets", in_secrets, text)


def _token_rules(requests: list[Object], path: str) -> Iterator[FieldError]:
    """validateTokenRequests."""
    seen: set[str] = set()
    for number, request in enumerate(requests):
        where, audience = f"{path}[{number}]", request.get("audience", "")
        if audience in seen:
            yield duplicate(f"{where}.audience", audience)
            continue
        seen.add(audience)
        seconds = request.get("expirationSeconds")
        if seconds is not None:
            yield from token_lifetime_rules(seconds, f"{where}.expirationSeconds")


def fixed_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateCSIDriverUpdate; upstream misspells the first field."""
    if op.old is not None:
        new, old = obj["spec"], op.old["spec"]
        attach = new.get("attachRequired")
        yield from immutable(attach, old.get("attachRequired"), "spec.attachedRequired")
        modes = new.get("volumeLifecycleModes")
        yield from immutable(modes, old.get("volumeLifecycleModes"), "spec.volumeLifecycleModes")


def warnings(obj: Object, op: Operation) -> Iterator[str]:
    """WarningsOnCreate and WarningsOnUpdate: tokens that may end up in logs."""
    spec = obj["spec"]
    requests, before = spec.get("tokenRequests") or [], None
    if op.old is not None:
        before = op.old["spec"].get("tokenRequests") or []
    if requests and requests != before and spec.get("serviceAccountTokenInSecrets") is None:
        yield _TOKENS_IN_ATTRIBUTES


def driver_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, AttachRequired, PodInfoOnMount, StorageCapacity, TokenRequests, ..., Age."""
    spec = obj["spec"]
    requests = spec.get("tokenRequests")
    tokens = "<unset>"
    if requests is not None:
        tokens = ",".join(request.get("audience", "") for request in requests)
    return [
        obj["metadata"].get("name", ""),
        spec.get("attachRequired", True),
        spec.get("podInfoOnMount", False),
        spec.get("storageCapacity", False),
        tokens,
        spec.get("requiresRepublish", False),
        ",".join(spec.get("volumeLifecycleModes") or ()) or cells.NONE,
        cells.age(obj, now),
    ]


KIND = Behaviour(
    group="storage.k8s.io",
    plural="csidrivers",
    defaults=(default_spec,),
    name=subdomain_name,
    generation=True,
    main=Strategy(rules=(finalizer_names, spec_rules, fixed_rules), warnings=(warnings,)),
    cells=driver_cells,
    allow_unconditional_update=False,
    returns_deleted=True,
)
