"""Starts `fakek8s serve` as a process of its own, as the recorded server was started."""

from __future__ import annotations

import http.client
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from conformance.connection import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "admintoken"
_TOKENS = f'{TOKEN},admin,admin,"system:masters"\n'


class NotStarted(RuntimeError):
    """The server ended or did not answer in time; the message holds what it printed."""


@contextmanager
def fakek8s(profile: str = "apiserver", *, within: float = 30) -> Iterator[Server]:
    """A server on a port of its own, stopped at the end.

    profile: "apiserver", or "cluster" for controllers and a scheduler without nodes (the
    scenarios play the kubelet themselves). within: seconds to become ready. Raises NotStarted.
    """
    with tempfile.TemporaryDirectory(prefix="fakek8s-") as name:
        folder = Path(name)
        tokens, kubeconfig, log = folder / "tokens.csv", folder / "kubeconfig", folder / "log"
        tokens.write_text(_TOKENS, encoding="utf-8")
        command = [sys.executable, "-m", "fakek8s", "serve", "--profile", profile, "--port", "0"]
        command += ["--kubeconfig", str(kubeconfig), "--token-auth-file", str(tokens)]
        if profile == "cluster":
            command += ["--nodes", "0"]
        with (
            log.open("wb") as output,
            subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as process,
        ):
            try:
                yield _wait_ready(process, kubeconfig, log, time.monotonic() + within)
            finally:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()


def _wait_ready(
    process: subprocess.Popen[bytes], kubeconfig: Path, log: Path, deadline: float
) -> Server:
    while time.monotonic() < deadline and process.poll() is None:
        if (server := _server(kubeconfig)) and _ready(server):
            return server
        time.sleep(0.02)
    raise NotStarted(log.read_text(encoding="utf-8", errors="replace") or "no output")


def _server(kubeconfig: Path) -> Server | None:
    """The server that a kubeconfig names; None while the file is not there or not whole."""
    try:
        config = yaml.load(kubeconfig.read_text(encoding="utf-8"), yaml.CSafeLoader)
        return Server(config["clusters"][0]["cluster"]["server"], TOKEN)
    except (OSError, yaml.YAMLError, LookupError, TypeError):
        return None


def _ready(server: Server) -> bool:
    try:
        with server.request("GET", "/readyz", {}, None, timeout=5) as response:
            return response.status == 200
    except (OSError, http.client.HTTPException):
        return False
