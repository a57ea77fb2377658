"""IngressClasses: which controller serves an Ingress, with which parameters.

Upstream: pkg/registry/networking/ingressclass, pkg/apis/networking/validation
ValidateIngressClass, pkg/apis/networking/v1 SetDefaults_IngressClass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.networking.reference import reference_rules
from fakek8s.kinds.shared import cells
from fakek8s.kinds.shared.declarative import (
    OPTIONAL_POINTER,
    REQUIRED,
    declaratively,
    field,
    fields,
)
from fakek8s.kinds.shared.metadata import finalizer_names, first_generation
from fakek8s.machinery import names
from fakek8s.machinery.causes import (
    FieldError,
    forbidden,
    invalid,
    not_supported,
    required,
    too_long,
)
from fakek8s.machinery.rules import immutable, label_name, subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation

Object = dict[str, Any]

IS_DEFAULT = "ingressclass.kubernetes.io/is-default-class"
_CONTROLLER_LENGTH = 250
_SCOPES = ("Cluster", "Namespace")


def default_scope(obj: Object) -> None:
    """SetDefaults_IngressClass."""
    parameters = obj.setdefault("spec", {}).get("parameters")
    if parameters is not None and parameters.get("scope") is None:
        parameters["scope"] = "Cluster"


def controller_stays(obj: Object, op: Operation) -> Iterator[FieldError]:
    """validateIngressClassSpecUpdate."""
    if op.old is not None:
        new, old = obj["spec"].get("controller", ""), op.old["spec"].get("controller", "")
        yield from immutable(new, old, "spec.controller")


def spec_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """validateIngressClassSpec."""
    controller = obj["spec"].get("controller", "")
    if names.byte_length(controller) > _CONTROLLER_LENGTH:
        yield too_long("spec.controller", _CONTROLLER_LENGTH)
    yield from domain_prefixed_path_rules(controller, "spec.controller")
    parameters = obj["spec"].get("parameters")
    if parameters is not None:
        yield from _parameters_rules(parameters, "spec.parameters")


def domain_prefixed_path_rules(text: str, path: str) -> Iterator[FieldError]:
    """IsDomainPrefixedPath: faults of the host and of the path show only that part."""
    if not text:
        yield required(path)
        return
    host, _, rest = text.partition("/")
    if not host or not rest:
        yield invalid(path, text, 'must be a domain-prefixed path (such as "acme.io/foo")')
        return
    for message in names.is_dns1123_subdomain(host):
        yield invalid(path, host, message)
    # The host is fine here, so all that is left is about the rest.
    for message in names.is_domain_prefixed_path(f"acme.io/{rest}"):
        yield invalid(path, rest, message)


def _parameters_rules(parameters: Object, path: str) -> Iterator[FieldError]:
    """validateIngressClassParametersReference."""
    yield from reference_rules(parameters, path, declared=True)
    scope, namespace = parameters.get("scope"), parameters.get("namespace")
    if scope is None:
        yield required(f"{path}.scope")
    elif scope not in _SCOPES:
        yield not_supported(f"{path}.scope", scope, _SCOPES)
    elif scope == "Namespace":
        if namespace is None:
            yield required(f"{path}.namespace", "`parameters.scope` is set to 'Namespace'")
        for message in label_name(namespace, False) if namespace is not None else ():
            yield invalid(f"{path}.namespace", namespace, message)
    elif namespace is not None:
        yield forbidden(f"{path}.namespace", "`parameters.scope` is set to 'Cluster'")


def class_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, Controller, Parameters, Age."""
    name = obj["metadata"].get("name", "")
    if (obj["metadata"].get("annotations") or {}).get(IS_DEFAULT) == "true":
        name += " (default)"
    parameters, shown = obj["spec"].get("parameters"), cells.NONE
    if parameters is not None:
        shown = parameters.get("kind", "")
        if parameters.get("apiGroup") is not None:
            shown += f".{parameters['apiGroup']}"
        shown += f"/{parameters.get('name', '')}"
    return [name, obj["spec"].get("controller", ""), shown, cells.age(obj, now)]


#: Validate_IngressClass.
DECLARED = field(
    "spec",
    field(
        "parameters",
        OPTIONAL_POINTER,
        fields(field("kind", REQUIRED), field("name", REQUIRED)),
    ),
)

KIND = Behaviour(
    group="networking.k8s.io",
    plural="ingressclasses",
    defaults=(default_scope,),
    name=subdomain_name,
    generation=True,
    main=Strategy(
        prepare=(first_generation,),
        rules=(declaratively(finalizer_names, controller_stays, spec_rules, node=DECLARED),),
    ),
    cells=class_cells,
)
