"""NodeRestriction: a kubelet writes nothing but its own node, and what belongs to it.

Source: kubernetes plugin/pkg/admission/noderestriction, pkg/auth/nodeidentifier. Volumes of
in-tree drivers are not looked at as those of the CSI drivers that took their place.
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.admission.plugin import Plugin, ask, refuse
from fakek8s.admission.plugins.serviceaccount import secret_names
from fakek8s.kinds.certificates.pem import blocks, load_request
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fakek8s.kind import Operation

Object = dict[str, Any]

_USER, _GROUP = "system:node:", "system:nodes"
_MIRROR = "kubernetes.io/config.mirror"
_LEASES = "kube-node-lease"
_RESTRICTED = "node-restriction.kubernetes.io"
_KUBELET_LABELS = {
    "kubernetes.io/hostname", "topology.kubernetes.io/zone", "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region",
    "beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type", "kubernetes.io/os",
    "kubernetes.io/arch", "beta.kubernetes.io/os", "beta.kubernetes.io/arch",
}  # fmt: skip
_KUBELET_DOMAINS = ("kubelet.kubernetes.io", "node.kubernetes.io")
_CLAIM_STATUSES = {
    "resourceClaimStatuses": "resource claim statues",
    "extendedResourceClaimStatus": "extended resource claim status",
    "nodeAllocatableResourceClaimStatuses": "node allocatable resource claim statuses",
}
_GROWING = ("capacity", "conditions", "allocatedResources", "allocatedResourceStatuses")
_NODE_SIGNERS = ("kubernetes.io/kubelet-serving", "kubernetes.io/kube-apiserver-client-kubelet")
_VERBS = {"create": "CREATE", "update": "UPDATE", "delete": "DELETE"}


def _admit(obj: Object | None, op: Operation) -> None:
    if not op.user.name.startswith(_USER) or _GROUP not in op.user.groups:
        return
    node = op.user.name.removeprefix(_USER)
    why = _problem(node, obj or {}, op) if node else _unknown(op)
    if why:
        raise refuse(op, obj, why)


def _unknown(op: Operation) -> str:
    return f"could not determine node from user {quote(op.user.name)}"


def _problem(node: str, obj: Object, op: Operation) -> str:
    check = _CHECKS.get(op.kind.resource)
    return check(node, obj, op) if check else ""


def _unexpected(op: Operation) -> str:
    return f"unexpected operation {quote(_VERBS[op.verb])}"


def _node_of(pod: Object | None) -> str:
    return str(((pod or {}).get("spec") or {}).get("nodeName", ""))


def _pod(node: str, obj: Object, op: Operation) -> str:
    who = f"node {quote(node)}"
    match op.subresource, op.verb:
        case "", "create":
            return _new_pod(node, obj, op)
        case "", "delete":
            own = _node_of(op.old) == node
            only = f"{who} can only delete pods with spec.nodeName set to itself"
            return "" if own else only
        case "", _:
            return f"{_unexpected(op)}, {who} can only create and delete mirror pods"
        case "status", "update":
            return _pod_status(who, node, obj, op)
        case "eviction", "create":
            if op.old is None:
                raise errors.not_found("pods", "", op.name)
            own = _node_of(op.old) == node
            return (
                "" if own else f"node {node} can only evict pods with spec.nodeName set to itself"
            )
        case "status" | "eviction", _:
            return _unexpected(op)
        case _:
            allowed = "only 'status' and 'eviction' are allowed"
            return f"unexpected pod subresource {quote(op.subresource)}, {allowed}"


def _new_pod(node: str, pod: Object, op: Operation) -> str:
    who = f"node {quote(node)}"
    if _MIRROR not in (pod["metadata"].get("annotations") or {}):
        without = f"pod does not have {quote(_MIRROR)} annotation"
        return f"{without}, {who} can only create mirror pods"
    if _node_of(pod) != node:
        return f"{who} can only create pods with spec.nodeName set to itself"
    owners = pod["metadata"].get("ownerReferences") or []
    if len(owners) > 1:
        return f"{who} can only create pods with a single owner reference set to itself"
    found = {key: owners[0].get(key) for key in ("apiVersion", "kind", "name")} if owners else {}
    if found != {"apiVersion": "v1", "kind": "Node", "name": node}:
        return f"{who} can only create pods with an owner reference set to itself"
    if not owners[0].get("controller"):
        return f"{who} can only create pods with a controller owner reference set to itself"
    if owners[0].get("blockOwnerDeletion"):
        return f"{who} must not set blockOwnerDeletion on an owner reference"
    live = op.reader.get("nodes", "", node)
    if live is None:
        raise errors.not_found("node", "", node)
    given, uid = owners[0].get("uid", ""), live["metadata"]["uid"]
    if given != uid:
        return f"node {node} UID mismatch: expected {given} got {uid}"
    reference = next(_references(pod.get("spec") or {}), "")
    return f"{who} can not create pods that reference {reference}" if reference else ""


def _references(spec: Object) -> Iterator[str]:
    """HasAPIObjectReference: the kinds of objects that a pod needs."""
    if spec.get("serviceAccountName"):
        yield "serviceaccounts"
    if any(True for _ in secret_names(spec)):
        yield "secrets"
    if any(True for _ in _config_maps(spec)):
        yield "configmaps"
    if spec.get("resourceClaims"):
        yield "resourceclaims"
    for volume in spec.get("volumes") or ():
        yield from (told for kind, told in _VOLUMES.items() if volume.get(kind) is not None)
        for source in (volume.get("projected") or {}).get("sources") or ():
            yield from (told for kind, told in _SOURCES.items() if source.get(kind) is not None)


_VOLUMES = {
    "configMap": "configmaps (via configmap volumes)",
    "secret": "secrets (via secret volumes)",
    "csi": "csidrivers (via CSI volumes)",
    "glusterfs": "endpoints (via glusterFS volumes)",
    "persistentVolumeClaim": "persistentvolumeclaims",
    "ephemeral": "persistentvolumeclaims (via ephemeral volumes)",
    "azureFile": "secrets (via azureFile volumes)",
}
_SOURCES = {
    "configMap": "configmaps (via projected volumes)",
    "secret": "secrets (via projected volumes)",
    "serviceAccountToken": "serviceaccounts (via projected volumes)",
    "clusterTrustBundle": "clustertrustbundles",
    "podCertificate": "podcertificates",
}


def _config_maps(spec: Object) -> Iterator[Object]:
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(field) or ():
            sources = [e.get("valueFrom") or {} for e in container.get("env") or ()]
            yield from (s for s in sources if "configMapKeyRef" in s)
            yield from (s for s in container.get("envFrom") or () if "configMapRef" in s)
    for volume in spec.get("volumes") or ():
        sources = [volume, *((volume.get("projected") or {}).get("sources") or ())]
        yield from (s for s in sources if "configMap" in s)


def _pod_status(who: str, node: str, pod: Object, op: Operation) -> str:
    old = op.old or {}
    if _node_of(old) != node:
        return f"{who} can only update pod status for pods with spec.nodeName set to itself"
    if (pod["metadata"].get("labels") or {}) != (old["metadata"].get("labels") or {}):
        return f"{who} cannot update labels through pod status"
    new_status, old_status = pod.get("status") or {}, old.get("status") or {}
    for field, told in _CLAIM_STATUSES.items():
        if (new_status.get(field) or None) != (old_status.get(field) or None):
            return f"{who} cannot update {told}"
    return ""


def _node(node: str, obj: Object, op: Operation) -> str:
    who = f"node {quote(node)}"
    if op.name != node:
        return f"{who} is not allowed to modify node {quote(op.name)}"
    if op.verb == "delete":
        return ""
    spec, metadata = obj.get("spec") or {}, obj["metadata"]
    config = spec.get("configSource")
    if op.verb == "create":
        if config is not None:
            return f"{who} is not allowed to create pods with a non-nil configSource"
        bad = _forbidden_labels(metadata.get("labels") or {}, {})
        return f"{who} is not allowed to set the following labels: {bad}" if bad else ""
    old = op.old or {}
    old_spec, old_metadata = old.get("spec") or {}, old["metadata"]
    if config is not None and config != old_spec.get("configSource"):
        return f"{who} is not allowed to update configSource to a new non-nil configSource"
    if (spec.get("taints") or []) != (old_spec.get("taints") or []):
        return f"{who} is not allowed to modify taints"
    field = "ownerReferences"
    if (metadata.get(field) or []) != (old_metadata.get(field) or []):
        return f"{who} is not allowed to modify ownerReferences"
    bad = _forbidden_labels(metadata.get("labels") or {}, old_metadata.get("labels") or {})
    return f"is not allowed to modify labels: {bad}" if bad else ""


def _forbidden_labels(new: Object, old: Object) -> str:
    changed = {key for key in new.keys() | old.keys() if new.get(key) != old.get(key)}
    return ", ".join(sorted(filter(_is_forbidden, changed)))


def _is_forbidden(label: str) -> bool:
    domain = label.partition("/")[0] if "/" in label else ""

    def within(*names: str) -> bool:
        return any(domain == name or domain.endswith(f".{name}") for name in names)

    if within(_RESTRICTED):
        return True
    if not within("kubernetes.io", "k8s.io"):
        return False
    return label not in _KUBELET_LABELS and not within(*_KUBELET_DOMAINS)


def _claim(node: str, obj: Object, op: Operation) -> str:
    if op.subresource != "status":
        return "may only update PVC status"
    if op.verb != "update":
        return _unexpected(op)
    if _without_growth(obj) == _without_growth(op.old or {}):
        return ""
    fields = "fields other than status.quantity and status.conditions"
    return f"node {quote(node)} is not allowed to update {fields}"


def _without_growth(claim: Object) -> Object:
    dropped = ("resourceVersion", "managedFields")
    metadata = {k: v for k, v in claim["metadata"].items() if k not in dropped}
    status = {k: v for k, v in (claim.get("status") or {}).items() if k not in _GROWING}
    return {**claim, "metadata": metadata, "status": status}


def _token(node: str, request: Object, op: Operation) -> str:
    if op.verb != "create" or op.subresource != "token":
        return ""
    spec = request.get("spec") or {}
    bound = spec.get("boundObjectRef") or {}
    if (bound.get("apiVersion"), bound.get("kind")) != ("v1", "Pod") or not bound.get("name"):
        return "node requested token not bound to a pod"
    if not bound.get("uid"):
        return "node requested token with a pod binding without a uid"
    pod = op.reader.get("pods", op.namespace, bound["name"])
    if pod is None:
        raise errors.not_found("pod", "", bound["name"])
    if bound["uid"] != pod["metadata"]["uid"]:
        return (
            f"the UID in the bound object reference ({bound['uid']}) does not match the UID in "
            "record. The object might have been deleted and then recreated"
        )
    if _node_of(pod) != node:
        return "node requested token bound to a pod scheduled on a different node"
    audiences = spec.get("audiences") or [""]
    if len(audiences) > 1:
        return "node may only request 0 or 1 audiences"
    return _audience(audiences[0], pod, op)


def _audience(audience: str, pod: Object, op: Operation) -> str:
    for volume in pod["spec"].get("volumes") or ():
        for source in (volume.get("projected") or {}).get("sources") or ():
            token = source.get("serviceAccountToken")
            if token is not None and token.get("audience", "") == audience:
                return ""
        driver = op.reader.get("csidrivers.storage.k8s.io", "", _driver_of(volume, pod, op))
        for request in ((driver or {}).get("spec") or {}).get("tokenRequests") or ():
            if request.get("audience", "") == audience:
                return ""
    allowed, _ = ask(
        op,
        verb="request-serviceaccounts-token-audience",
        version=op.kind.version,
        resource=audience,
        namespace=op.namespace,
        name=op.name,
    )
    who = f"{op.user.name} is not authorized to request tokens for audience"
    return "" if allowed else f"{who} {quote(audience)}"


def _driver_of(volume: Object, pod: Object, op: Operation) -> str:
    """The CSI driver behind a volume, "" if there is none."""
    if volume.get("csi") is not None:
        return str(volume["csi"].get("driver", ""))
    if volume.get("ephemeral") is not None:
        name = f"{pod['metadata']['name']}-{volume['name']}"
    else:
        name = (volume.get("persistentVolumeClaim") or {}).get("claimName", "")
    claim = op.reader.get("persistentvolumeclaims", op.namespace, name) if name else None
    bound = ((claim or {}).get("spec") or {}).get("volumeName", "")
    found = op.reader.get("persistentvolumes", "", bound) if bound else None
    return str((((found or {}).get("spec") or {}).get("csi") or {}).get("driver", ""))


def _lease(node: str, obj: Object, op: Operation) -> str:
    if op.namespace != _LEASES:
        return f"can only access leases in the {quote(_LEASES)} system namespace"
    same = "can only access node lease with the same name as the requesting node"
    return "" if op.name == node else same


def _csi_node(node: str, obj: Object, op: Operation) -> str:
    same = "can only access CSINode with the same name as the requesting node"
    return "" if op.name == node else same


def _slice(node: str, obj: Object, op: Operation) -> str:
    if op.verb == "update":
        return ""
    found = obj if op.verb == "create" else op.old
    same = f"can only {op.verb} ResourceSlice with the same NodeName as the requesting node"
    return "" if _node_of(found) == node else same


def _signing_request(node: str, obj: Object, op: Operation) -> str:
    spec = obj.get("spec") or {}
    if op.verb != "create" or spec.get("signerName") not in _NODE_SIGNERS:
        return ""
    from cryptography.x509.oid import NameOID

    block = next(iter(blocks(b64decode(spec.get("request") or "").decode(errors="replace"))), None)
    request = load_request(block.data) if block else None
    if request is None:
        return "unable to parse csr: PEM block type must be CERTIFICATE REQUEST"
    names = [name.value for name in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if names == [_USER + node]:
        return ""
    return f"can only create a node CSR with CN={_USER}{node}"


_CHECKS: dict[str, Callable[[str, Object, Operation], str]] = {
    "pods": _pod,
    "nodes": _node,
    "persistentvolumeclaims": _claim,
    "serviceaccounts": _token,
    "leases.coordination.k8s.io": _lease,
    "csinodes.storage.k8s.io": _csi_node,
    "resourceslices.resource.k8s.io": _slice,
    "certificatesigningrequests.certificates.k8s.io": _signing_request,
}
PLUGIN = Plugin(
    name="NodeRestriction",
    resources=frozenset(_CHECKS),
    subresources=None,
    verbs=frozenset(_VERBS),
    mutate=_admit,
)
