"""Services: what they get, which addresses and ports they take, what they must be.

Upstream: pkg/registry/core/service, pkg/apis/core. All that belongs to one write's allocations
runs in `begin`, as upstream's BeginCreate and BeginUpdate do.
"""

from __future__ import annotations

from fakek8s.kind import Behaviour, Connect, Strategy
from fakek8s.kinds.core.service import shape
from fakek8s.kinds.core.service.addresses import release_deleted
from fakek8s.kinds.core.service.allocation import begin
from fakek8s.kinds.core.service.columns import cells
from fakek8s.kinds.core.service.connect import locate_proxied
from fakek8s.kinds.core.service.defaults import default_service
from fakek8s.kinds.core.service.prepare import prepare
from fakek8s.kinds.core.service.rules import service_rules
from fakek8s.kinds.core.service.status import status_rules, status_warnings
from fakek8s.kinds.core.service.warnings import service_warnings
from fakek8s.kinds.shared import doors
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.machinery.rules import label_name

KIND = Behaviour(
    group="",
    plural="services",
    stored_under="services/specs",
    defaults=(default_service,),
    name=label_name,
    main=Strategy(
        prepare=(prepare,),
        rules=(finalizer_names, service_rules),
        warnings=(service_warnings,),
        resets=("status",),
        begin=begin,
    ),
    status=doors.status(rules=(finalizer_names, status_rules), warnings=(status_warnings,)),
    subresources={"proxy": Connect(connector="proxy", locate=locate_proxied)},
    cells=cells,
    selectable={"spec.clusterIP": shape.cluster_ip, "spec.type": shape.type_of},
    allow_create_on_update=True,
    returns_deleted=True,
    after_delete=release_deleted,
)
