"""The command line: `python -m conformance transcripts` and `python -m conformance raw`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance import floors, raw
from conformance.connection import Server
from conformance.launch import NotStarted, fakek8s
from conformance.player import Score, play
from conformance.scenario import Scenario, find

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SHOWN = 3
_WHOLE = 10_000


def transcripts(args: argparse.Namespace) -> int:
    """Plays scenarios, prints differences and scores; 1 if a floor is broken."""
    return _judge(args, _play_all(args, find(tuple(args.area), args.scenario)))


def raw_bodies(args: argparse.Namespace) -> int:
    """Plays the raw recordings, prints the bodies that differ; 1 if a floor is broken."""
    with ExitStack() as stack:
        given = Server(args.server, args.token) if args.server else None
        return _judge(args, raw.play(given or stack.enter_context(fakek8s())))


def _judge(args: argparse.Namespace, played: Iterable[Score]) -> int:
    began = time.monotonic()
    scores = []
    for score in played:
        scores.append(score)
        _report(score, None if args.verbose else _SHOWN)
    scores.sort(key=lambda score: score.scenario)
    _summary(scores, time.monotonic() - began)
    if args.json:
        args.json.write_text(json.dumps([_record(score) for score in scores], indent=1) + "\n")
    known = floors.read()
    if args.update_floors:
        floors.write(floors.raised(known, scores))
    fallen = floors.broken(known, scores)
    for line in fallen:
        print(f"BELOW ITS FLOOR {line}")
    return bool(fallen)


def _play_all(args: argparse.Namespace, scenarios: list[Scenario]) -> Iterator[Score]:
    """The scores, as they come.

    Scenarios of a lone API server keep to their namespace and names, so they share a server
    and run side by side. Those with controllers watch the whole cluster: each has a server of
    its own, or all take turns on the one that was given.
    """
    lone = [scenario for scenario in scenarios if not scenario.cluster]
    cluster = [scenario for scenario in scenarios if scenario.cluster]
    given = Server(args.server, args.token) if args.server else None

    def one(server: Server, scenario: Scenario) -> Score:
        return play(
            server,
            scenario,
            managed_fields=not args.no_managed_fields,
            patience=args.patience,
        )

    def alone(scenario: Scenario) -> Score:
        with fakek8s("cluster") as server:
            return one(server, scenario)

    with ExitStack() as stack:
        if lone:
            server = given or stack.enter_context(fakek8s())
            pool = stack.enter_context(ThreadPoolExecutor(args.jobs))
            yield from pool.map(lambda scenario: one(server, scenario), lone)
    if given:
        yield from (one(given, scenario) for scenario in cluster)
    elif cluster:
        with ThreadPoolExecutor(min(args.jobs, 4)) as pool:
            yield from pool.map(alone, cluster)


def _report(score: Score, shown: int | None) -> None:
    for verdict in score.verdicts:
        if verdict.differences:
            print(f"{score.scenario} step {verdict.number} {verdict.label}")
            for line in verdict.differences[:shown]:
                print("   ", line)
    print(f"{score.scenario}: {score.equal}/{score.total}")


def _summary(scores: list[Score], seconds: float) -> None:
    print()
    for area in [*sorted({score.area for score in scores}), ""]:
        rows = [score for score in scores if area in ("", score.area)]
        whole = sum(score.equal == score.total for score in rows)
        equal, total = sum(score.equal for score in rows), sum(score.total for score in rows)
        print(
            f"{area or 'all':<10} steps {equal:>4}/{total:<4} "
            f"{_WHOLE * equal // max(total, 1) / 100:>6} %  scenarios {whole}/{len(rows)}"
        )
    print(f"{seconds:.1f} s")


def _record(score: Score) -> dict[str, Any]:
    return {
        "scenario": score.scenario,
        "equal": score.equal,
        "total": score.total,
        "steps": {
            verdict.number: {"request": verdict.label, "differences": verdict.differences}
            for verdict in score.verdicts
            if verdict.differences
        },
    }


def main() -> int:
    """Parses the command line and runs one of the two players."""
    parser = argparse.ArgumentParser(prog="python -m conformance", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    parsers = {
        function: commands.add_parser(name, help=(function.__doc__ or "").partition(";")[0])
        for name, function in (("transcripts", transcripts), ("raw", raw_bodies))
    }
    for function, command in parsers.items():
        command.set_defaults(run=function)
        command.add_argument("--server", default="", help="URL; without it, fakek8s is started")
        command.add_argument("--token", default="", help="bearer token for --server")
        command.add_argument("--json", type=Path, metavar="FILE", help="write the verdicts there")
        command.add_argument("--update-floors", action="store_true", help="raise floors.json")
        command.add_argument("-v", "--verbose", action="store_true", help="every difference")
    command = parsers[transcripts]
    command.add_argument("--area", nargs="+", default=[], help="generic kinds patch crd access ...")
    command.add_argument("--scenario", default="", help="a name, or a pattern such as 'crd-c*'")
    command.add_argument("--no-managed-fields", action="store_true", help="do not compare them")
    command.add_argument("--jobs", type=int, default=8, help="scenarios at once (default 8)")
    command.add_argument(
        "--patience",
        type=float,
        default=float("inf"),
        metavar="SECONDS",
        help="wait no longer than this for any expected state",
    )
    args = parser.parse_args()
    try:
        return int(args.run(args))
    except (NotStarted, LookupError) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
