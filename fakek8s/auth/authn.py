"""Authentication: from a request's credentials to a user, in upstream's order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fakek8s.auth.certs import user_of
from fakek8s.auth.issuer import ISSUER, InvalidToken
from fakek8s.auth.user import AUTHENTICATED, NOBODY, UNAUTHENTICATED, User

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fakek8s.auth.accounts import AccountTokens

_INVALID = "invalid bearer token"


@dataclass(frozen=True, slots=True)
class Review:
    """What a bearer token is good for: whose it is (None: nobody's), for whom, what is wrong."""

    user: User | None
    audiences: tuple[str, ...] = ()
    error: str = ""


class Authenticator:
    """Client certificates first, then bearer tokens; no credentials at all are anonymous."""

    def __init__(self, tokens: Mapping[str, User], accounts: AccountTokens | None = None) -> None:
        """`accounts` vouches for tokens that are no static ones."""
        self._users = {token: _in_authenticated(user) for token, user in tokens.items()}
        #: The same by the header that clients write, which saves taking it apart.
        self._by_header = {f"Bearer {token}": user for token, user in self._users.items()}
        self._accounts = accounts

    def authenticate(
        self, authorization: str | None, certificate: Mapping[str, Any] | None
    ) -> User | None:
        """The user of an Authorization header and a verified peer certificate (as
        `getpeercert` gives it); None for credentials that nobody accepts."""
        if certificate:
            found = user_of(certificate)
            if found is not None:
                return _in_authenticated(found)
        if not authorization:
            return NOBODY
        known = self._by_header.get(authorization)
        if known is not None:
            return known
        token = _bearer(authorization)
        return self._review(token, ()).user if token else NOBODY

    def review(self, token: str, audiences: Sequence[str] = ()) -> Review:
        """Whose a token is, asked by `audiences`; () for the server itself (TokenReview)."""
        token = _bearer(f"Bearer {token}")
        if not token:
            # That is no token at all, and whoever has none is anonymous.
            return Review(NOBODY, tuple(audiences or self._audiences))
        return self._review(token, audiences)

    @property
    def _audiences(self) -> tuple[str, ...]:
        """Whom tokens are for that name nobody."""
        return self._accounts.audiences if self._accounts is not None else (ISSUER,)

    def _review(self, token: str, audiences: Sequence[str]) -> Review:
        server = self._audiences
        wanted = audiences or server
        known = self._users.get(token)
        if known is not None:
            # Static tokens say nothing of audiences: they are for the server.
            common = tuple(audience for audience in wanted if audience in server)
            return Review(known, common) if common else Review(None, error=_INVALID)
        try:
            found = self._accounts.user(token, wanted) if self._accounts is not None else None
        except InvalidToken as error:
            # The server's own loopback token is tried first, and says so.
            return Review(None, error=f"[{_INVALID}, {error}]")
        if found is None:
            return Review(None, error=_INVALID)
        user, meant = found
        return Review(_in_authenticated(user), tuple(meant))


def _bearer(authorization: str) -> str:
    """The token of an Authorization header, "" if it is of another kind (request/bearertoken)."""
    scheme, _, rest = authorization.strip().partition(" ")
    return rest.partition(" ")[0] if scheme.lower() == "bearer" else ""


def ignored(authorization: str) -> str:
    """What to warn of in a header that nobody reads, "" for nothing."""
    scheme, _, rest = authorization.strip().partition(" ")
    if scheme.lower() == "bearer" and rest.startswith(" "):
        return (
            "the provided Authorization header contains extra space before the bearer token, "
            "and is ignored"
        )
    return ""


def _in_authenticated(user: User) -> User:
    """The user in the group of all authenticated ones (group.NewAuthenticatedGroupAdder)."""
    if AUTHENTICATED in user.groups or UNAUTHENTICATED in user.groups:
        return user
    return replace(user, groups=(*user.groups, AUTHENTICATED))
