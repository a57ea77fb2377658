"""One API server without a door: what the doors and the parts of a cluster share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping
    from typing import Any

    from fakek8s.auth.authn import Authenticator
    from fakek8s.auth.issuer import Issuer
    from fakek8s.auth.user import User
    from fakek8s.clock import Clock
    from fakek8s.facts import Facts
    from fakek8s.machinery.wire.types import WireTypes
    from fakek8s.registry.catalogue import Catalogue
    from fakek8s.registry.context import Registry
    from fakek8s.registry.definitions import Definitions
    from fakek8s.server.answer import Answer
    from fakek8s.server.chain import Chain
    from fakek8s.server.request import Request


@dataclass(slots=True, kw_only=True)
class Server:
    """The API server as its doors see it."""

    chain: Chain
    registry: Registry
    definitions: Definitions
    authenticator: Authenticator
    issuer: Issuer
    facts: Facts
    types: WireTypes
    #: Where connect subresources go (logs, exec ...), by the connector's name; filled by the
    #: assembly, empty where no nodes run.
    connectors: dict[str, Any]

    @property
    def catalogue(self) -> Catalogue:
        """The kinds that are served."""
        return self.registry.catalogue

    @property
    def clock(self) -> Clock:
        """The cluster's clock."""
        return self.registry.clock

    def handle(self, request: Request) -> Coroutine[Any, Any, Answer]:
        """Answers a resource request; raises APIError.

        The doors, which look the kind up first, have asked `definitions` to be current.
        """
        return self.chain.handle(request)

    def admit(self, request: Request) -> User:
        """Authorizes a request for a non-resource path; raises APIError 401 or 403."""
        return self.chain.admit(request)

    def authenticate(
        self, authorization: str | None, certificate: Mapping[str, Any] | None
    ) -> User | None:
        """The user of a request's credentials; None if nobody accepts them."""
        return self.authenticator.authenticate(authorization, certificate)
