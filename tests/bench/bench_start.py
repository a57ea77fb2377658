"""How long it takes until a cluster serves, and what it takes up.

python tests/bench/bench_start.py [--rounds N]

Process start to ready is from `fakek8s serve` to the first 200 of /readyz; the others are made
within this process, one after the other.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import os
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

from fakek8s.cluster import Cluster

_PAGE_KB = 4


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _resident_mb(process: int) -> float:
    """Linux only; 0 elsewhere."""
    statm = Path(f"/proc/{process}/statm")
    return int(statm.read_text().split()[1]) * _PAGE_KB / 1024 if statm.exists() else 0.0


def _environment() -> dict[str, str]:
    """This process's, but compiled modules are kept, as they are where a package is installed."""
    return {name: value for name, value in os.environ.items() if "BYTECODE" not in name}


def _start(profile: str) -> tuple[float, float]:
    """(milliseconds to ready, megabytes resident then) of one process."""
    port = _free_port()
    command = [sys.executable, "-m", "fakek8s", "serve", f"--profile={profile}", "--plain-http"]
    begun = time.perf_counter()
    process = subprocess.Popen(
        [*command, f"--port={port}"], stdout=subprocess.DEVNULL, env=_environment()
    )
    try:
        while not _is_ready(port):
            if process.poll() is not None:
                raise SystemExit("the server ended before it was ready")
            time.sleep(0.002)
        took = (time.perf_counter() - begun) * 1000
        return took, _resident_mb(process.pid)
    finally:
        process.terminate()
        process.wait()


async def _further(profile: str, rounds: int) -> list[float]:
    """Milliseconds that each further cluster of a process takes to start."""
    found = []
    async with Cluster(profile=profile):
        for _ in range(rounds):
            begun = time.perf_counter()
            async with Cluster(profile=profile):
                found.append((time.perf_counter() - begun) * 1000)
    return found


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print(f"{'profile':12} {'start ms':>9} {'RSS MB':>7} {'further in-process ms':>22}")
    for profile in ("apiserver", "cluster"):
        # The first one may have to compile modules.
        starts = [_start(profile) for _ in range(rounds + 1)][1:]
        further = asyncio.run(_further(profile, rounds))
        best, memory = min(starts)[0], max(size for _, size in starts)
        print(f"{profile:12} {best:9.0f} {memory:7.0f} {statistics.median(further):22.1f}")


if __name__ == "__main__":
    main()
