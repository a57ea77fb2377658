"""MutatingWebhookConfigurations: which webhooks may change a write.

Upstream: pkg/registry/admissionregistration/mutatingwebhookconfiguration.
"""

from __future__ import annotations

from fakek8s.kind import Behaviour
from fakek8s.kinds.admissionregistration.matching import GROUP
from fakek8s.kinds.admissionregistration.webhooks import DOOR, default_webhooks
from fakek8s.kinds.shared import cells
from fakek8s.machinery.rules import subdomain_name

KIND = Behaviour(
    group=GROUP,
    plural="mutatingwebhookconfigurations",
    defaults=(default_webhooks(("reinvocationPolicy", "Never")),),
    name=subdomain_name,
    generation=True,
    empty_is_change=True,
    main=DOOR,
    cells=cells.row(lambda obj: len(obj.get("webhooks") or ())),
    allow_unconditional_update=False,
)
