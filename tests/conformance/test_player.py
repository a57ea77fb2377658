"""The player asks as a scenario says, and takes a broken server for an answer that differs."""

from __future__ import annotations

import copy
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from conformance.connection import Server
from conformance.player import answer, judge, play
from conformance.scenario import Scenario, Step, find

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked; counts requests of /count; streams /watch."""

    counter = 0

    def _answer(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(size).decode()
        if self.path.startswith("/broken"):
            self.connection.close()
            return
        if self.path.startswith("/watch"):
            events = b'{"type":"ADDED"}\n{"type":"MODIFIED"}\n{"type":"DELETED"}\n'
            self._send(200, events)
            return
        if self.path.startswith("/count"):
            type(self).counter += 1
        value = {
            "method": self.command,
            "path": self.path,
            "accept": self.headers.get("Accept"),
            "type": self.headers.get("Content-Type"),
            "token": self.headers.get("Authorization"),
            "agent": self.headers.get("User-Agent"),
            "body": body,
            "count": self.counter,
        }
        self._send(201 if self.command == "POST" else 200, json.dumps(value).encode())

    do_GET = do_POST = do_PATCH = _answer

    def _send(self, code: int, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Warning", '299 - "second"')
        self.send_header("Warning", '299 - "first"')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def echo() -> Iterator[Server]:
    Echo.counter = 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield Server(f"http://127.0.0.1:{server.server_port}", "secret")
        server.shutdown()
        thread.join()


def scenario(*steps: Step, golden: Path | None = None) -> Scenario:
    return Scenario(
        name="test-one",
        steps=steps,
        cluster=False,
        ignore=(),
        golden=golden or find()[0].golden,
    )


def bodies(server: Server, *steps: Step) -> list[Any]:
    return [got["body"] for got in answer(server, scenario(*steps))]


def test_a_step_sends_its_types_token_and_body(echo: Server) -> None:
    step = Step(verb="PATCH", path="/x", type="merge", accept="table", body={"a": 1})
    (got,) = bodies(echo, step)
    assert (got["method"], got["body"]) == ("PATCH", '{"a": 1}')
    assert got["type"] == "application/merge-patch+json"
    assert got["accept"].startswith("application/json;as=Table;v=v1;g=meta.k8s.io,")
    assert (got["token"], got["agent"]) == ("Bearer secret", "replay/1")


def test_an_empty_header_removes_the_token(echo: Server) -> None:
    (got,) = bodies(echo, Step(verb="GET", path="/x", headers={"Authorization": ""}))
    assert got["token"] is None


def test_saved_values_go_into_later_paths_and_bodies(echo: Server) -> None:
    _, got = bodies(
        echo,
        Step(verb="GET", path="/first", save={"how": "method"}),
        Step(verb="POST", path="/${how}/${ns}", body="raw ${how}"),
    )
    assert (got["path"], got["body"]) == ("/GET/NS", "raw GET")


def test_until_asks_again_until_the_answer_is_as_awaited(echo: Server) -> None:
    (got,) = bodies(echo, Step(verb="GET", path="/count", until={"count": 3}))
    assert got["count"] == 3


def test_patience_bounds_a_wait_that_is_in_vain(echo: Server) -> None:
    steps = scenario(Step(verb="GET", path="/count", until_status=404, within=1000))
    (got,) = answer(echo, steps, patience=0)
    assert got["status"] == 200


def test_a_watch_ends_after_its_count(echo: Server) -> None:
    (got,) = answer(echo, scenario(Step(verb="WATCH", path="/watch", count=2)))
    assert got["events"] == [{"type": "ADDED"}, {"type": "MODIFIED"}]


def test_a_watch_ends_when_the_server_ends_it(echo: Server) -> None:
    (got,) = answer(echo, scenario(Step(verb="WATCH", path="/watch", seconds=30)))
    assert [event["type"] for event in got["events"]] == ["ADDED", "MODIFIED", "DELETED"]


def test_warnings_are_compared_in_sorted_order(echo: Server) -> None:
    (got,) = answer(echo, scenario(Step(verb="GET", path="/x")))
    assert got["warnings"] == ['299 - "first"', '299 - "second"']


def test_a_broken_connection_is_an_answer_of_status_0(echo: Server) -> None:
    broken, whole = answer(
        echo, scenario(Step(verb="GET", path="/broken"), Step(verb="GET", path="/x"))
    )
    assert (broken["status"], whole["status"]) == (0, 200)


def test_only_steps_that_differ_are_not_equal(echo: Server, tmp_path: Path) -> None:
    steps = (
        Step(verb="GET", path="/x", ignore=("body",)),
        Step(verb="POST", path="/x", ignore=("body",)),
    )
    golden = tmp_path / "test-one.golden.json"
    want = {"content_type": "application/json", "warnings": ['299 - "first"', '299 - "second"']}
    golden.write_text(json.dumps([{"status": 200, **want}, {"status": 409, **want}]))
    score = play(echo, scenario(*steps, golden=golden))
    assert (score.equal, score.total) == (1, 2)
    assert score.verdicts[1].differences == ("status: 201, want 409",)


def test_every_recording_equals_itself() -> None:
    unequal = [
        one.name
        for one in find()
        if (score := judge(one, copy.deepcopy(one.answers))).equal != score.total
    ]
    assert unequal == []
