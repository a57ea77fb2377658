"""Service accounts as users: whom a token speaks for, as long as what it is bound to exists.

Sources: kubernetes pkg/serviceaccount claims.go and jwt.go, apiserver
pkg/authentication/serviceaccount (`ServiceAccountInfo.UserInfo`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.auth.issuer import InvalidToken
from fakek8s.auth.user import User, account_groups, account_name
from fakek8s.machinery.printing import quote
from fakek8s.machinery.timestamps import parse_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakek8s.auth.issuer import Issuer
    from fakek8s.clock import Clock
    from fakek8s.kind import Reader

Object = dict[str, Any]

_EXTRA = "authentication.kubernetes.io/"
_LEEWAY = 60  # seconds by which clocks may differ (go-jose DefaultLeeway)
_GONE = "service account token has been invalidated"


#: What a token may be bound to, by the claim: (resource, whether it lives in a namespace).
_BOUND = {"secret": ("secrets", True), "pod": ("pods", True), "node": ("nodes", False)}


class AccountTokens:
    """Tells whose a service account's token is."""

    def __init__(self, issuer: Issuer, reader: Reader, clock: Clock) -> None:
        self._issuer = issuer
        self._reader = reader
        self._clock = clock

    @property
    def audiences(self) -> tuple[str, ...]:
        """Whom tokens are for that name nobody: this server."""
        return (self._issuer.name,)

    def user(self, token: str, audiences: Sequence[str]) -> tuple[User, list[str]] | None:
        """(the account, those of the audiences that the token is for); None for a token of
        somebody else's. Raises InvalidToken."""
        claims = self._issuer.claims(token)
        if claims is None:
            return None
        meant = claims.get("aud") or list(self.audiences)
        meant = [meant] if isinstance(meant, str) else meant
        common = [audience for audience in audiences if audience in meant]
        if not common:
            raise InvalidToken(
                f"token audiences {_quoted(meant)} is invalid "
                f"for the target audiences {_quoted(audiences)}"
            )
        return self._validate(claims), common

    def _validate(self, claims: Object) -> User:
        now = self._clock.now().timestamp()
        if now - _LEEWAY > claims.get("exp", now):
            raise InvalidToken("service account token has expired")
        if now + _LEEWAY < claims.get("nbf", now):
            raise InvalidToken("service account token is not valid yet")
        private = claims.get("kubernetes.io") or {}
        namespace, account = private.get("namespace", ""), private.get("serviceaccount") or {}
        name, uid = account.get("name", ""), account.get("uid", "")
        stored = self._reader.get("serviceaccounts", namespace, name)
        if stored is None:
            raise InvalidToken(f"serviceaccounts {quote(name)} not found")
        found = stored["metadata"]["uid"]
        if found != uid:
            raise InvalidToken(f"service account UID ({found}) does not match claim ({uid})")
        if self._is_gone(stored, now):
            raise InvalidToken(f"service account {namespace}/{name} has been deleted")
        for claim in _BOUND:
            reference = private.get(claim)
            # What a pod's token says of its node is information: the pod is what it is bound to.
            if reference and not (claim == "node" and private.get("pod")):
                self._check_bound(claim, namespace, reference, now)
        return User(
            account_name(namespace, name), uid, account_groups(namespace), _extra(claims, private)
        )

    def _check_bound(self, claim: str, namespace: str, reference: Object, now: float) -> None:
        resource, namespaced = _BOUND[claim]
        stored = self._reader.get(resource, namespace if namespaced else "", reference["name"])
        if stored is None:
            raise InvalidToken(_GONE)
        found, meant = stored["metadata"]["uid"], reference.get("uid", "")
        if found != meant:
            raise InvalidToken(
                f"{claim} UID ({found}) does not match service account {claim} ref claim ({meant})"
            )
        if self._is_gone(stored, now):
            raise InvalidToken(_GONE)

    def _is_gone(self, obj: Object, now: float) -> bool:
        """Whether the object was to be gone by now, finalizers or not."""
        deleted = obj["metadata"].get("deletionTimestamp")
        return bool(deleted) and parse_time(deleted).timestamp() < now - _LEEWAY


def _extra(claims: Object, private: Object) -> dict[str, tuple[str, ...]]:
    """What is told of a token beside its account."""
    found: dict[str, tuple[str, ...]] = {}
    if identity := claims.get("jti"):
        found[f"{_EXTRA}credential-id"] = (f"JTI={identity}",)
    for claim in ("pod", "node"):
        reference = private.get(claim) or {}
        for part in ("name", "uid"):
            if reference.get(part):
                found[f"{_EXTRA}{claim}-{part}"] = (reference[part],)
    return found


def _quoted(audiences: Sequence[str]) -> str:
    return f"[{' '.join(map(quote, audiences))}]"
