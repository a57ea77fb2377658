"""Assembly: the parts of an API server, put together for one set of settings.

With `cluster` the only module that knows everything; parts never look each other up.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fakek8s.admission.chain import AdmissionChain
from fakek8s.admission.conversion import posting
from fakek8s.auth import rbac
from fakek8s.auth.accounts import AccountTokens
from fakek8s.auth.authn import Authenticator
from fakek8s.auth.authorizer import Attributes, Authorizer
from fakek8s.auth.issuer import Issuer
from fakek8s.auth.tokens import parse_token_file
from fakek8s.auth.user import SYSTEM_MASTERS, User
from fakek8s.bootstrap import bootstrap, write_address
from fakek8s.clock import SystemClock
from fakek8s.ids import Ids
from fakek8s.registry.context import Registry, StoreReader
from fakek8s.registry.definitions import Definitions
from fakek8s.registry.system import SystemWriter
from fakek8s.release import Release, release
from fakek8s.server.chain import Chain
from fakek8s.server.dispatch import Dispatcher
from fakek8s.server.server import Server
from fakek8s.store.memory import MemoryStore

if TYPE_CHECKING:
    from fakek8s.clock import Clock
    from fakek8s.settings import Settings
    from fakek8s.store.snapshot import Snapshot

ADMIN = User("admin", uid="admin", groups=(SYSTEM_MASTERS,))


def registry_over(
    store: MemoryStore,
    settings: Settings,
    clock: Clock,
    ids: Ids,
    known: Release,
    authenticator: Authenticator,
    issuer: Issuer,
) -> Registry:
    """A registry with its admission chain."""
    reader = StoreReader(store)
    authorizer = Authorizer(reader, settings.minor)
    hooks = settings.for_hooks()
    hooks["reserved_node_ports"] = set()  # by writes between their begin and their commit
    hooks["custom_resources"] = known.custom_resources
    hooks.update(reviews(authorizer, reader, authenticator, issuer))
    registry = Registry(
        store=store,
        catalogue=known.catalogue(),
        clock=clock,
        ids=ids,
        settings=hooks,
        admission=AdmissionChain(
            enable=settings.enable_admission_plugins, disable=settings.disable_admission_plugins
        ),
        reader=reader,
    )
    hooks["kind_of"] = lambda api_version, kind: registry.catalogue.by_kind(api_version, kind)
    registry.writer = SystemWriter(registry)
    return registry


def reviews(
    authorizer: Authorizer, reader: StoreReader, authenticator: Authenticator, issuer: Issuer
) -> dict[str, Any]:
    """What kinds ask of the authorizer, the authenticator and the issuer, by op.settings:

    authorize(user, attributes as a dict) -> (allowed?, reason); rules_of(user, namespace,
    resource to name in errors) -> (the user's rules, what is wrong with others);
    review_token(token, audiences) -> a Review; issuer.name, issuer.sign(claims) -> a token.
    """

    def authorize(user: User, attributes: dict[str, Any]) -> tuple[bool, str]:
        return authorizer.decide(Attributes(user=user, **attributes))

    def rules_of(
        user: User, namespace: str, resource: str = ""
    ) -> tuple[list[dict[str, Any]], list[str]]:
        rules, dangling = rbac.rules_of(reader, user, namespace)
        return rules, rbac.unresolved(dangling, resource)

    return {
        "authorize": authorize,
        "rules_of": rules_of,
        "review_token": authenticator.review,
        "issuer": issuer,
    }


def read_text(path: str) -> str:
    """A small local file, whole."""
    return Path(path).read_text()


class Prepared:
    """The state right after bootstrap, made once: every cluster of a process starts from it."""

    def __init__(self) -> None:
        self._snapshots: dict[tuple[str, str], Snapshot] = {}

    async def snapshot(self, settings: Settings) -> Snapshot:
        """The snapshot for a version and its service addresses."""
        key = (settings.version, settings.service_cidr)
        found = self._snapshots.get(key)
        if found is None:
            known = release(settings.version)
            clock = SystemClock()
            store = MemoryStore(clock)
            registry = registry_over(
                store, settings, clock, Ids(settings.seed), known, Authenticator({}), Issuer()
            )
            await bootstrap(registry, known.facts, settings.service_cidr)
            found = self._snapshots[key] = store.snapshot()
        return found


async def assemble(
    settings: Settings,
    clock: Clock,
    snapshot: Snapshot,
    *,
    address: str,
    port: int,
    token: str,
    store_type: type[MemoryStore] = MemoryStore,
) -> Server:
    """An API server on a fresh store; `address`:`port` is where it will be reached and `token`
    is the admin's. Raises TokenFileError, OSError."""
    known = release(settings.version)
    ids = Ids(settings.seed)
    store = store_type(
        clock,
        snapshot=snapshot,
        keep_events=settings.history_events,
        compaction_interval=settings.history_seconds,
    )
    tokens = {token: ADMIN} if token else {}
    if settings.token_auth_file:
        tokens |= parse_token_file(read_text(settings.token_auth_file))
    reader = StoreReader(store)
    issuer = Issuer(f"{'https' if settings.tls else 'http'}://{address}:{port}")
    authenticator = Authenticator(tokens, AccountTokens(issuer, reader, clock))
    registry = registry_over(store, settings, clock, ids, known, authenticator, issuer)
    await write_address(registry, address, port)
    store.end_bootstrap()
    definitions = Definitions(registry, known.custom_resources, posting(reader, registry.settings))
    authorizer = Authorizer(reader, settings.minor)
    chain = Chain(authorizer, Dispatcher(registry, authorizer))
    return Server(
        chain=chain,
        registry=registry,
        definitions=definitions,
        authenticator=authenticator,
        issuer=issuer,
        facts=known.facts,
        types=known.types,
        connectors={},
    )
