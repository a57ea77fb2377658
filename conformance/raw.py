"""Plays the requests of `transcripts/raw` and compares the bytes of the answers.

Unlike the scenarios, nothing is parsed away: field order, escapes, number forms, empty fields,
newlines, YAML and protobuf count. Only what no two servers share is masked: uids, times,
revisions, addresses and generated suffixes.
"""

from __future__ import annotations

import http.client
import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance import protobuf
from conformance.player import Score, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.connection import Server

FOLDER = Path(__file__).parent / "transcripts" / "raw"

_MASKS = (
    (re.compile(rb"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"), b"<uid>"),
    (re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"), b"<time>"),
    (re.compile(rb'("?resourceVersion"?: ?")\d+'), rb"\1<n>"),
    (re.compile(rb'("clusterIPs?":\[?")10\.[\d.]+'), rb"\1<address>"),
    (re.compile(rb'("serverAddress":")[^"]+'), rb"\1<address>"),
    (re.compile(rb"(kube-api-access-)[a-z0-9]{5}"), rb"\1<suffix>"),
)
#: A kind that was just defined may take a moment to be served, an account to be seen.
_PATIENCE = 3.0
_MAY_PASS = (403, 404)

#: Made by hand before the recording: a lone API server gives its namespaces no account, and
#: without one it refuses pods.
_ACCOUNT = {
    "method": "POST",
    "path": "/api/v1/namespaces/raw/serviceaccounts",
    "request": {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}},
    "status": 201,
}
_CONTEXT = 60


def play(server: Server) -> Iterator[Score]:
    """Sends the requests in order; yields each one's score, as a scenario of one step.

    The server must be fresh: the requests name their objects.
    """
    for record in json.loads((FOLDER / "index.json").read_text(encoding="utf-8")):
        body = (FOLDER / f"{record['name']}.body").read_bytes()
        differences = tuple(compare(record, body, *_ask(server, record)))
        label = f"{record['method']} {record['path']}"
        yield Score(record["name"], "raw", (Verdict(1, label, differences),))
        if record["path"] == "/api/v1/namespaces":
            _ask(server, _ACCOUNT)


def mask(body: bytes) -> bytes:
    """The body with what varies replaced; protobuf as text, one field a line."""
    if body.startswith(protobuf.MAGIC):
        body = protobuf.text(body).encode()
    for pattern, replacement in _MASKS:
        body = pattern.sub(replacement, body)
    return body


def compare(
    record: dict[str, Any], want: bytes, status: int, content_type: str | None, got: bytes
) -> Iterator[str]:
    """Yields what an answer differs in from its record: status, Content-Type, first byte."""
    if status != record["status"]:
        yield f"status {status}, want {record['status']}"
    wanted_type = dict(record["headers"]).get("Content-Type")
    if content_type != wanted_type:
        yield f"Content-Type {content_type}, want {wanted_type}"
    want, got = mask(want), mask(got)
    if want != got:
        at = next(
            (i for i, (one, other) in enumerate(zip(want, got, strict=False)) if one != other),
            min(len(want), len(got)),
        )
        start = max(at - _CONTEXT, 0)
        yield f"want ...{want[start : at + _CONTEXT]!r}"
        yield f"got  ...{got[start : at + _CONTEXT]!r}"


def _ask(server: Server, record: dict[str, Any]) -> tuple[int, str | None, bytes]:
    """Status, Content-Type and body of the answer; status 0 for a broken connection."""
    request = record["request"]
    headers = {"Accept": record.get("accept", "application/json")}
    sent = None
    if request is not None:
        headers["Content-Type"] = record.get("ctype", "application/json")
        sent = (request if isinstance(request, str) else json.dumps(request)).encode()
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            with server.request(record["method"], record["path"], headers, sent) as response:
                answer = response.status, response.getheader("Content-Type"), response.read()
        except (OSError, http.client.HTTPException) as error:
            return 0, None, f"{type(error).__name__}: {error}".encode()
        if (
            answer[0] == record["status"]
            or answer[0] not in _MAY_PASS
            or time.monotonic() > deadline
        ):
            return answer
        time.sleep(0.1)
