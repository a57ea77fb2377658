"""Static bearer tokens, in the real server's CSV form (apiserver token/tokenfile)."""

from __future__ import annotations

import csv
import io

from fakek8s.auth.user import User


class TokenFileError(ValueError):
    """The token file can't be read as kube-apiserver would read it."""


def parse_token_file(text: str) -> dict[str, User]:
    """`token,user,uid[,"group1,group2"]` lines as token -> User.

    Raises TokenFileError for a line of fewer than three columns or without a token.
    """
    found: dict[str, User] = {}
    for number, row in enumerate(csv.reader(io.StringIO(text), skipinitialspace=True), 1):
        if not row or row[0].startswith("#"):
            continue
        if len(row) < 3:
            raise TokenFileError(
                "token file must have at least 3 columns (token, user name, user uid), "
                f"found {len(row)} on line {number}"
            )
        token, name, uid = (cell.strip() for cell in row[:3])
        if not token:
            raise TokenFileError(f"empty token on line {number}")
        groups = tuple(g.strip() for g in row[3].split(",") if g.strip()) if row[3:] else ()
        found[token] = User(name, uid, groups)
    return found
