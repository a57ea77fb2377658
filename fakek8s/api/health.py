"""Health endpoints: /healthz, /livez and /readyz, whole, in detail and check by check.

The names of the checks are those of a kube-apiserver, since tools ask for them one by one; what
they stand for here is one thing, a server that answers. Source: apiserver
pkg/server/healthz/healthz.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from aiohttp import web

    from fakek8s.api.reply import Exchange
    from fakek8s.server.request import Query

_HOOKS_BEFORE: Final = (
    "start-apiserver-admission-initializer",
    "generic-apiserver-start-informers",
    "priority-and-fairness-config-consumer",
    "priority-and-fairness-filter",
    "storage-object-count-tracker-hook",
    "start-apiextensions-informers",
    "start-apiextensions-controllers",
    "crd-informer-synced",
    "start-system-namespaces-controller",
    "peer-endpoint-reconciler-controller",
    "start-cluster-authentication-info-controller",
    "start-kube-apiserver-identity-lease-controller",
    "start-kube-apiserver-identity-lease-garbage-collector",
    "storage-readiness",
    "start-legacy-token-tracking-controller",
    "start-service-ip-repair-controllers",
    "rbac/bootstrap-roles",
    "scheduling/bootstrap-system-priority-classes",
    "priority-and-fairness-config-producer",
    "bootstrap-controller",
    "start-kubernetes-service-cidr-controller",
    "start-kube-aggregator-informers",
    "apiservice-status-local-available-controller",
    "apiservice-status-remote-available-controller",
    "apiservice-registration-controller",
    "apiservice-discovery-controller",
    "kube-apiserver-autoregistration",
)
_HOOKS: Final = (
    *(f"poststarthook/{name}" for name in _HOOKS_BEFORE),
    "autoregister-completion",
    "poststarthook/apiservice-openapi-controller",
    "poststarthook/apiservice-openapiv3-controller",
)
CHECKS: Final[dict[str, tuple[str, ...]]] = {
    "healthz": ("ping", "log", "loopback-serving-certificate", "etcd", *_HOOKS),
    "livez": ("ping", "log", "loopback-serving-certificate", "etcd", *_HOOKS),
    "readyz": ("ping", "log", "etcd", "etcd-readiness", "informer-sync", *_HOOKS, "shutdown"),
}


def serve(exchange: Exchange, path: str, query: Query) -> web.StreamResponse | None:
    """Answers `/readyz`, `/readyz/etcd` ...; None if there is no such check."""
    name, _, check = path[1:].partition("/")
    checks = CHECKS[name]
    if "/" in path[1:]:
        return exchange.reply(b"ok", "text/plain; charset=utf-8") if check in checks else None
    lines: list[str] = []
    excluded = set(query.get("exclude", ()))
    for known in checks:
        if known in excluded:
            lines.append(f"[+]{known} excluded: ok\n")
        else:
            lines.append(f"[+]{known} ok\n")
    unknown = sorted(excluded.difference(checks))
    if unknown:
        lines.append(
            "warn: some health checks cannot be excluded: no matches for "
            f"{','.join(map(quote, unknown))}\n"
        )
    if "verbose" not in query:
        return exchange.text("ok")
    return exchange.text("".join(lines) + f"{name} check passed\n")


def indicators() -> str:
    """The checks as service level indicators (/metrics/slis)."""
    lines = [
        "# HELP kubernetes_healthcheck Whether a check succeeds.",
        "# TYPE kubernetes_healthcheck gauge",
    ]
    for name, checks in CHECKS.items():
        lines += [f'kubernetes_healthcheck{{name="{check}",type="{name}"}} 1' for check in checks]
    return "\n".join(lines) + "\n"


def paths() -> list[str]:
    """All paths that are answered here."""
    return [
        path
        for name, checks in CHECKS.items()
        for path in (f"/{name}", *(f"/{name}/{check}" for check in checks))
    ]
