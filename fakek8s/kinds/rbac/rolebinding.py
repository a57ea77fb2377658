"""RoleBindings: who has a role in one namespace.

Upstream: pkg/registry/rbac/rolebinding, pkg/apis/rbac/validation ValidateRoleBinding.
"""

from __future__ import annotations

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.rbac.escalation import guard_binding
from fakek8s.kinds.rbac.rights import (
    DECLARED_BINDING,
    GROUP,
    binding_cells,
    binding_rules,
    default_binding,
    segment_name,
)
from fakek8s.kinds.shared.declarative import declaratively
from fakek8s.kinds.shared.metadata import finalizer_names

KIND = Behaviour(
    group=GROUP,
    plural="rolebindings",
    defaults=(default_binding,),
    name=segment_name,
    main=Strategy(
        guard=guard_binding,
        rules=(
            declaratively(finalizer_names, binding_rules(namespaced=True), node=DECLARED_BINDING),
        ),
    ),
    cells=binding_cells,
    allow_create_on_update=True,
)
