"""What a pod spec gets where it says nothing, in pods and in templates alike.

Upstream: pkg/apis/core/v1 SetDefaults_PodSpec, SetDefaults_Container, SetDefaults_Volume ... and
zz_generated.defaults.go (SetObjectDefaults_PodTemplate). The functions edit in place and append
fields where they are missing; the engine brings the object to canonical order afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.podtemplate.image import image_tag
from fakek8s.kinds.shared.podtemplate.quantities import round_up_list
from fakek8s.kinds.shared.podtemplate.storage import default_source

if TYPE_CHECKING:
    from collections.abc import Callable

Object = dict[str, Any]

PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
HANDLERS = ("postStart", "preStop")


def default_pod_template(template: Object) -> None:
    """SetObjectDefaults_PodTemplate for a PodTemplateSpec, in place."""
    default_pod_spec(template.setdefault("spec", {}))


def default_pod_spec(spec: Object) -> None:
    """SetDefaults_PodSpec and the generated defaults of everything in it, in place."""
    get = spec.get
    account = get("serviceAccountName") or get("serviceAccount")
    if account:
        spec["serviceAccountName"] = spec["serviceAccount"] = account
    if not get("dnsPolicy"):
        spec["dnsPolicy"] = "ClusterFirst"
    if not get("restartPolicy"):
        spec["restartPolicy"] = "Always"
    if get("securityContext") is None:
        spec["securityContext"] = {}
    if get("terminationGracePeriodSeconds") is None:
        spec["terminationGracePeriodSeconds"] = 30
    if not get("schedulerName"):
        spec["schedulerName"] = "default-scheduler"
    for volume in get("volumes") or ():
        _default_volume(volume)
    for container in get("initContainers") or ():
        default_container(container)
    for container in get("containers") or ():
        default_container(container)
    for container in get("ephemeralContainers") or ():
        default_container(container)
    if overhead := get("overhead"):
        round_up_list(overhead)
    if resources := get("resources"):
        round_up_resources(resources)


def pull_policy(image: str) -> str:
    """Always for `latest`, else IfNotPresent."""
    return "Always" if image_tag(image) == "latest" else "IfNotPresent"


def round_up_resources(resources: Object) -> None:
    """SetDefaults_ResourceList on limits and requests: nothing finer than a thousandth."""
    if limits := resources.get("limits"):
        round_up_list(limits)
    if requests := resources.get("requests"):
        round_up_list(requests)


def default_container(container: Object) -> None:
    """SetDefaults_Container and the generated defaults of its fields, in place."""
    get = container.get
    if not get("imagePullPolicy"):
        container["imagePullPolicy"] = pull_policy(get("image") or "")
    if not get("terminationMessagePath"):
        container["terminationMessagePath"] = "/dev/termination-log"
    if not get("terminationMessagePolicy"):
        container["terminationMessagePolicy"] = "File"
    for port in get("ports") or ():
        if not port.get("protocol"):
            port["protocol"] = "TCP"
    for variable in get("env") or ():
        if source := variable.get("valueFrom"):
            _default_env_source(source)
    if resources := get("resources"):
        round_up_resources(resources)
    for name in PROBES:
        if (probe := get(name)) is not None:
            _default_probe(probe)
    if lifecycle := get("lifecycle"):
        for name in HANDLERS:
            handler = lifecycle.get(name)
            if handler and (action := handler.get("httpGet")) is not None:
                _default_http_get(action)


def _default_env_source(source: Object) -> None:
    if (reference := source.get("fieldRef")) is not None:
        _default_field_selector(reference)
    if (reference := source.get("fileKeyRef")) is not None and reference.get("optional") is None:
        reference["optional"] = False


def _default_field_selector(reference: Object) -> None:
    if not reference.get("apiVersion"):
        reference["apiVersion"] = "v1"


_PROBE_NUMBERS = (
    ("timeoutSeconds", 1),
    ("periodSeconds", 10),
    ("successThreshold", 1),
    ("failureThreshold", 3),
)


def _default_probe(probe: Object) -> None:
    for name, value in _PROBE_NUMBERS:
        if not probe.get(name):
            probe[name] = value
    if (action := probe.get("httpGet")) is not None:
        _default_http_get(action)
    if (action := probe.get("grpc")) is not None and action.get("service") is None:
        action["service"] = ""


def _default_http_get(action: Object) -> None:
    if not action.get("path"):
        action["path"] = "/"
    if not action.get("scheme"):
        action["scheme"] = "HTTP"


def _default_volume(volume: Object) -> None:
    sources = [name for name in volume if name != "name"]
    if not sources:
        volume["emptyDir"] = {}
        return
    for name in sources:
        default = _VOLUMES.get(name)
        source = volume[name]
        if default is not None and source is not None:
            default(source)
    default_source(volume)


def _mode(source: Object) -> None:
    if source.get("defaultMode") is None:
        source["defaultMode"] = 420


def _field_items(source: Object) -> None:
    for item in source.get("items") or ():
        if (reference := item.get("fieldRef")) is not None:
            _default_field_selector(reference)


def _downward_api(source: Object) -> None:
    _mode(source)
    _field_items(source)


def _projected(source: Object) -> None:
    _mode(source)
    for projection in source.get("sources") or ():
        if (downward := projection.get("downwardAPI")) is not None:
            _field_items(downward)
        token = projection.get("serviceAccountToken")
        if token is not None and token.get("expirationSeconds") is None:
            token["expirationSeconds"] = 3600


def _image(source: Object) -> None:
    if not source.get("pullPolicy"):
        source["pullPolicy"] = pull_policy(source.get("reference") or "")


def _ephemeral(source: Object) -> None:
    template = source.get("volumeClaimTemplate")
    if template is None:
        return
    spec = template.setdefault("spec", {})
    if spec.get("volumeMode") is None:
        spec["volumeMode"] = "Filesystem"
    if resources := spec.get("resources"):
        round_up_resources(resources)


_VOLUMES: dict[str, Callable[[Object], None]] = {
    "secret": _mode,
    "configMap": _mode,
    "downwardAPI": _downward_api,
    "projected": _projected,
    "image": _image,
    "ephemeral": _ephemeral,
}
