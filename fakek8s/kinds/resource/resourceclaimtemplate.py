"""ResourceClaimTemplates: claims that are made for each pod.

Upstream: pkg/registry/resource/resourceclaimtemplate, pkg/apis/resource/validation
ValidateResourceClaimTemplate*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.resource import claims
from fakek8s.kinds.resource.naming import GROUP
from fakek8s.kinds.resource.printed import SPEC
from fakek8s.kinds.shared import cells
from fakek8s.kinds.shared.declarative import declaratively, field
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.kinds.shared.podtemplate.claims import template_metadata_rules
from fakek8s.kinds.shared.podtemplate.internal import internal
from fakek8s.machinery.causes import invalid
from fakek8s.machinery.meta import IMMUTABLE
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]


def default_template(obj: Object) -> None:
    """The defaults of the claim's spec."""
    claims.default_spec(obj.setdefault("spec", {}).setdefault("spec", {}))


def prepare(obj: Object, op: Operation) -> None:
    """dropDisabledFields."""
    claims.drop_disabled(obj["spec"].get("spec") or {})


def admin_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """Admin access, asked for new templates."""
    if op.old is None:
        yield from claims.admin_rules(obj["spec"].get("spec") or {}, op)


def template_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """validateResourceClaimTemplateSpec."""
    yield from template_metadata_rules(obj["spec"].get("metadata") or {}, "spec.metadata")
    yield from claims.spec_rules(obj["spec"].get("spec") or {}, "spec.spec")


def spec_stays(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateResourceClaimTemplateUpdate."""
    if op.old is not None and obj["spec"] != op.old["spec"]:
        metadata = obj["spec"].get("metadata") or {}
        spec = internal(obj["spec"].get("spec") or {}, SPEC)
        yield invalid("spec", {**metadata, "Spec": spec}, IMMUTABLE)


#: Validate_ResourceClaimTemplate.
DECLARED = field("spec", field("spec", claims.DECLARED_SPEC))

KIND = Behaviour(
    group=GROUP,
    plural="resourceclaimtemplates",
    defaults=(default_template,),
    name=subdomain_name,
    main=Strategy(
        prepare=(prepare,),
        rules=(
            declaratively(admin_rules, finalizer_names, template_rules, spec_stays, node=DECLARED),
        ),
    ),
    cells=cells.row(),
    returns_deleted=True,
)
