"""Ingresses: which hosts and paths lead to which services.

Upstream: pkg/registry/networking/ingress, pkg/apis/networking/validation ValidateIngress*,
pkg/printers/internalversion printIngress.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.networking.reference import reference_rules
from fakek8s.kinds.shared import cells, doors
from fakek8s.kinds.shared.metadata import finalizer_names, first_generation
from fakek8s.kinds.shared.written import as_written
from fakek8s.machinery import names
from fakek8s.machinery.addresses import ip_warnings, is_ip_legacy, parse_sloppy
from fakek8s.machinery.causes import invalid, not_supported, required
from fakek8s.machinery.rules import label_name, subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

CLASS = "kubernetes.io/ingress.class"
_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_WRONG_SEQUENCES = ("//", "/./", "/../", "%2f", "%2F")
_WRONG_ENDS = ("/..", "/.")
_NOT_AN_IP = "must be a DNS name, not an IP address"
_MOST_HOSTS = 3


def spec_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateIngressSpec."""
    spec = obj["spec"]
    rules, backend = spec.get("rules") or [], spec.get("defaultBackend")
    if not rules and backend is None:
        text = "either `defaultBackend` or `rules` must be specified"
        yield invalid("spec", as_written(spec.get("rules"), op, "spec", "rules"), text)
    if backend is not None:
        yield from _backend_rules(backend, "spec.defaultBackend")
    lenient = op.old is not None and _invalid_wildcard_rules(op.old)
    for number, rule in enumerate(rules):
        yield from _rule_rules(rule, f"spec.rules[{number}]", lenient)
    lenient = op.old is not None and _invalid_secret_names(op.old)
    for number, entry in enumerate(spec.get("tls") or ()):
        yield from _tls_rules(entry, f"spec.tls[{number}]", lenient)
    name = spec.get("ingressClassName")
    for message in subdomain_name(name, False) if name is not None else ():
        yield invalid("spec.ingressClassName", name, message)


def annotation_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateIngressCreate: one class, however it is named."""
    annotation, name = _class_annotation(obj), obj["spec"].get("ingressClassName")
    if op.old is None and None not in (annotation, name) and annotation != name:
        text = "must match `ingressClassName` when both are specified"
        yield invalid(f"annotations.{CLASS}", annotation, text)


def _class_annotation(obj: Object) -> str | None:
    return (obj["metadata"].get("annotations") or {}).get(CLASS)


def _rule_rules(rule: Object, path: str, lenient: bool) -> Iterator[FieldError]:
    """validateIngressRules."""
    host = rule.get("host", "")
    if host:
        if parse_sloppy(host) is not None:
            yield invalid(f"{path}.host", host, _NOT_AN_IP)
        yield from _host_rules(host, f"{path}.host")
    if not (lenient and "*" in host):
        yield from _http_rules(rule, path)


def _host_rules(host: str, path: str) -> Iterator[FieldError]:
    check = names.is_wildcard_dns1123_subdomain if "*" in host else names.is_dns1123_subdomain
    for message in check(host):
        yield invalid(path, host, message)


def _http_rules(rule: Object, path: str) -> Iterator[FieldError]:
    """validateHTTPIngressRuleValue."""
    http = rule.get("http")
    if http is None:
        return
    if not http.get("paths"):
        yield required(f"{path}.http.paths")
    for number, entry in enumerate(http.get("paths") or ()):
        yield from _path_rules(entry, f"{path}.http.paths[{number}]")


def _path_rules(entry: Object, path: str) -> Iterator[FieldError]:
    """validateHTTPIngressPath."""
    kind, text, where = entry.get("pathType"), entry.get("path", ""), f"{path}.path"
    if kind is None:
        yield required(f"{path}.pathType", "pathType must be specified")
        return
    if kind not in _PATH_TYPES:
        yield not_supported(f"{path}.pathType", kind, _PATH_TYPES)
    elif not text.startswith("/") and (text or kind != "ImplementationSpecific"):
        yield invalid(where, text, "must be an absolute path")
    if kind in ("Exact", "Prefix"):
        for wrong in _WRONG_SEQUENCES:
            if wrong in text:
                yield invalid(where, text, f"must not contain '{wrong}'")
        for wrong in _WRONG_ENDS:
            if text.endswith(wrong):
                yield invalid(where, text, f"cannot end with '{wrong}'")
    yield from _backend_rules(entry.get("backend") or {}, f"{path}.backend")


def _backend_rules(backend: Object, path: str) -> Iterator[FieldError]:
    """validateIngressBackend."""
    resource, service = backend.get("resource"), backend.get("service")
    if resource is not None and service is not None:
        yield invalid(path, "", "cannot set both resource and service backends")
    elif resource is not None:
        yield from reference_rules(resource, f"{path}.resource")
    elif service is not None:
        yield from _service_rules(service, path)
    else:
        yield invalid(path, "", "resource or service backend is required")


def _service_rules(service: Object, path: str) -> Iterator[FieldError]:
    name, port = service.get("name", ""), service.get("port") or {}
    if not name:
        yield required(f"{path}.service.name")
    for message in label_name(name, False) if name else ():
        yield invalid(f"{path}.service.name", name, message)
    port_name, number = port.get("name", ""), port.get("number", 0)
    if port_name and number:
        yield invalid(path, "", "cannot set both port name & port number")
    elif port_name:
        for message in names.is_port_name(port_name):
            yield invalid(f"{path}.service.port.name", port_name, message)
    elif number:
        for message in names.is_port_num(number):
            yield invalid(f"{path}.service.port.number", number, message)
    else:
        yield required(path, "port name or number is required")


def _tls_rules(entry: Object, path: str, lenient: bool) -> Iterator[FieldError]:
    """validateIngressTLS."""
    for number, host in enumerate(entry.get("hosts") or ()):
        yield from _host_rules(host, f"{path}.hosts[{number}]")
    secret = entry.get("secretName", "")
    for message in subdomain_name(secret, False) if secret and not lenient else ():
        yield invalid(f"{path}.secretName", secret, message)


def _invalid_secret_names(old: Object) -> bool:
    """allowInvalidSecretName: what was stored before the rule stays."""
    secrets = (entry.get("secretName", "") for entry in old["spec"].get("tls") or ())
    return any(secret and subdomain_name(secret, False) for secret in secrets)


def _invalid_wildcard_rules(old: Object) -> bool:
    """allowInvalidWildcardHostRule."""
    return any(
        "*" in rule.get("host", "") and any(_http_rules(rule, ""))
        for rule in old["spec"].get("rules") or ()
    )


def status_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateIngressLoadBalancerStatus; addresses that were there are not read again."""
    assert op.old is not None
    known = {entry.get("ip") for entry in _balancers(op.old)}
    for number, entry in enumerate(_balancers(obj)):
        path = f"status.loadBalancer.ingress[{number}]"
        address, host = entry.get("ip", ""), entry.get("hostname", "")
        for message in is_ip_legacy(address, strict=True) if address not in known else ():
            if address:
                yield invalid(f"{path}.ip", address, message)
        if host:
            for message in names.is_dns1123_subdomain(host):
                yield invalid(f"{path}.hostname", host, message)
            if parse_sloppy(host) is not None:
                yield invalid(f"{path}.hostname", host, _NOT_AN_IP)


def _balancers(obj: Object) -> list[Object]:
    return ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []


def warnings(obj: Object, op: Operation) -> Iterator[str]:
    """WarningsOnCreate: the class by annotation alone."""
    unnamed = obj["spec"].get("ingressClassName") is None
    if op.old is None and unnamed and _class_annotation(obj) is not None:
        yield f"annotation \"{CLASS}\" is deprecated, please use 'spec.ingressClassName' instead"


def status_warnings(obj: Object, op: Operation) -> Iterator[str]:
    """WarningsOnUpdate of the status."""
    for number, entry in enumerate(_balancers(obj)):
        if entry.get("ip"):
            yield from ip_warnings(f"status.loadBalancer.ingress[{number}]", entry["ip"])


def _class_cell(obj: Object) -> str:
    name = obj["spec"].get("ingressClassName")
    return cells.NONE if name is None else str(name)


def _hosts_cell(obj: Object) -> str:
    """formatHosts: the first three."""
    rules = obj["spec"].get("rules") or []
    hosts: list[str] = []
    more = False
    for rule in rules:
        more = more or len(hosts) == _MOST_HOSTS
        if not more and rule.get("host"):
            hosts.append(rule["host"])
    if not hosts:
        return "*"
    text = ",".join(hosts)
    return f"{text} + {len(rules) - _MOST_HOSTS} more..." if more else text


def _address_cell(obj: Object) -> str:
    """ingressLoadBalancerStatusStringer, as wide tables have it."""
    found = {entry.get("ip") or entry.get("hostname") or "" for entry in _balancers(obj)}
    return ",".join(sorted(found - {""}))


KIND = Behaviour(
    group="networking.k8s.io",
    plural="ingresses",
    stored_under="ingress",
    name=subdomain_name,
    generation=True,
    main=doors.main(
        prepare=(first_generation,),
        rules=(finalizer_names, spec_rules, annotation_rules),
        warnings=(warnings,),
    ),
    status=Strategy(
        prepare=(doors.keeping("spec"),),
        rules=(finalizer_names, status_rules),
        warnings=(status_warnings,),
        resets=("spec",),
    ),
    cells=cells.row(
        _class_cell,
        _hosts_cell,
        _address_cell,
        lambda obj: "80, 443" if obj["spec"].get("tls") else "80",
    ),
)
