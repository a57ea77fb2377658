"""Roles: what may be done in one namespace.

Upstream: pkg/registry/rbac/role, pkg/apis/rbac/validation ValidateRole.
"""

from __future__ import annotations

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.rbac.escalation import guard_role
from fakek8s.kinds.rbac.rights import (
    DECLARED_ROLE,
    GROUP,
    no_empty_rules,
    role_rules,
    segment_name,
)
from fakek8s.kinds.shared.declarative import declaratively
from fakek8s.kinds.shared.metadata import finalizer_names

KIND = Behaviour(
    group=GROUP,
    plural="roles",
    name=segment_name,
    main=Strategy(
        guard=guard_role,
        prepare=(no_empty_rules,),
        rules=(declaratively(finalizer_names, role_rules(namespaced=True), node=DECLARED_ROLE),),
    ),
    allow_create_on_update=True,
)
