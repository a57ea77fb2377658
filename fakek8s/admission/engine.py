"""The engine behind a write: for the few plugins that write, or look kinds up, as a client would.

What a hook gets has no such door; the system's writer knows its registry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakek8s.auth.user import LOOPBACK
from fakek8s.registry.context import Caller
from fakek8s.registry.system import SystemWriter

if TYPE_CHECKING:
    from fakek8s.kind import Operation
    from fakek8s.registry.context import Registry

#: The server as its own client: unlike what the system's writer writes, such a write is admitted
#: and owned like any other.
SELF = Caller(user=LOOPBACK, manager="kube-apiserver", warn=lambda text: None)


def registry_of(op: Operation) -> Registry:
    """The registry that runs this operation."""
    assert isinstance(op.writer, SystemWriter)
    return op.writer.registry
