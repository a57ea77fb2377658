"""Plays a scenario against a server: sends its steps, waits as they say, compares the answers.

Knows the format (`scenario`), the normal form (`normal`) and the comparison (`compare`);
prints nothing and judges nothing beyond equal or not.
"""

from __future__ import annotations

import http.client
import json
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.compare import differences
from conformance.connection import read_events
from conformance.normal import Normaliser, remove, renumber, without_managed_fields
from conformance.scenario import lookup, substitute

if TYPE_CHECKING:
    from conformance.connection import Server
    from conformance.scenario import Scenario, Step

_BODY_TYPES = {
    None: "application/json",
    "json": "application/json-patch+json",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
    "yaml": "application/yaml",
}
_AS = "application/json;as={};v=v1;g=meta.k8s.io,application/json"
_ACCEPTS = {
    "json": "application/json",
    "table": _AS.format("Table"),
    "partial": _AS.format("PartialObjectMetadata"),
    "partiallist": _AS.format("PartialObjectMetadataList"),
}
_PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one step went: its place (from 1), what it is, and the differences found."""

    number: int
    label: str
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """How one scenario went."""

    scenario: str
    area: str
    verdicts: tuple[Verdict, ...]

    @property
    def equal(self) -> int:
        """How many steps were answered as the real server answered."""
        return sum(not verdict.differences for verdict in self.verdicts)

    @property
    def total(self) -> int:
        """How many steps there are."""
        return len(self.verdicts)


def play(
    server: Server,
    scenario: Scenario,
    *,
    managed_fields: bool = True,
    patience: float = float("inf"),
) -> Score:
    """Plays a scenario in a namespace of its own and compares it with the recording.

    `patience` bounds, in seconds, every wait for `until`: a server known to answer at once
    need not be waited for. Takes as long as the scenario's waits; raises nothing for a
    server that fails, whose broken connections are answers that differ.
    """
    answers = answer(server, scenario, patience)
    return judge(scenario, answers, managed_fields=managed_fields)


def judge(scenario: Scenario, answers: list[Any], *, managed_fields: bool = True) -> Score:
    """Compares normalised answers with the recording, step by step."""
    wants, gots = renumber(scenario.answers), renumber(answers)
    if not managed_fields:
        wants, gots = without_managed_fields(wants), without_managed_fields(gots)
    return Score(
        scenario.name,
        scenario.area,
        tuple(
            Verdict(number, step.label, tuple(differences(want, got)))
            for number, (step, want, got) in enumerate(
                zip(scenario.steps, wants, gots, strict=True), 1
            )
        ),
    )


def answer(server: Server, scenario: Scenario, patience: float = float("inf")) -> list[Any]:
    """The server's answers to the steps of a scenario, normalised, in order."""
    namespace = f"t{secrets.randbits(44):011x}"
    normal = Normaliser(namespace, scenario.cluster)
    variables: dict[str, Any] = {"ns": namespace}
    answers = []
    for step in scenario.steps:
        try:
            got = _run(server, step, variables, patience)
        except (OSError, http.client.HTTPException, ValueError, LookupError) as error:
            got = {"status": 0, "body": f"{type(error).__name__}: {error}"}
        got = normal.answer(got)
        for path in (*step.ignore, *scenario.ignore):
            remove(got, path)
        answers.append(got)
    return answers


def _run(server: Server, step: Step, variables: dict[str, Any], patience: float) -> Any:
    """Sends a step until it is answered as it asks for, and saves what it asks to save."""
    path = substitute(step.path, variables)
    headers = {"Accept": _ACCEPTS.get(step.accept, step.accept)}
    body = substitute(step.body, variables)
    if body is not None:
        headers["Content-Type"] = _BODY_TYPES.get(step.type) or str(step.type)
        body = (body if isinstance(body, str) else json.dumps(body)).encode()
    headers |= substitute(step.headers, variables)
    until = substitute(step.until, variables)
    if step.settle:
        time.sleep(step.settle)
    deadline = time.monotonic() + min(step.within, patience)
    while True:
        got = _ask(server, step, path, headers, body)
        settled = step.until_status in (None, got["status"]) and all(
            lookup(got.get("body"), where) == value for where, value in until.items()
        )
        if settled or time.monotonic() > deadline:
            break
        time.sleep(_PAUSE)
    source = got.get("events") if step.verb == "WATCH" else got.get("body")
    for name, where in step.save.items():
        variables[name] = lookup(source, where)
    return got


def _ask(server: Server, step: Step, path: str, headers: dict[str, str], body: Any) -> Any:
    """One request, and what of its answer counts."""
    watch = step.verb == "WATCH"
    with server.request("GET" if watch else step.verb, path, headers, body) as response:
        got: dict[str, Any] = {
            "status": response.status,
            "content_type": response.getheader("Content-Type"),
            "warnings": sorted(v for k, v in response.getheaders() if k.lower() == "warning"),
        }
        if watch and response.status == 200:
            got["events"] = read_events(response, step.count, step.seconds)
            return got
        text = response.read().decode(errors="replace")
    try:
        got["body"] = json.loads(text)
    except ValueError:
        got["body"] = text
    return got
