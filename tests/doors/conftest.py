"""What a user has in hand: a command, an address and a token."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

COMMAND = (sys.executable, "-m", "fakek8s")


def fakek8s(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself."""
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=30, check=False
    )


def get(url: str, token: str) -> tuple[int, Any]:
    """The status and the JSON that a GET is answered with; text where it is no JSON."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            status, body = response.status, response.read()
    except urllib.error.HTTPError as refused:
        with refused:
            status, body = refused.code, refused.read()
    return status, json.loads(body) if body.startswith(b"{") else body.decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A server that is ready, as it announced itself."""

    process: subprocess.Popen[str]
    announced: str
    kubeconfig: str

    @property
    def url(self) -> str:
        return self.announced.rsplit(" ", 1)[1]

    @property
    def token(self) -> str:
        with open(self.kubeconfig, encoding="utf-8") as file:
            return str(yaml.safe_load(file)["users"][0]["user"]["token"])

    def get(self, path: str, token: str = "") -> tuple[int, Any]:
        return get(self.url + path, token or self.token)

    def names(self, path: str) -> list[str]:
        """The names of a collection's objects."""
        status, found = self.get(path)
        assert status == 200, found
        return [item["metadata"]["name"] for item in found["items"]]


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts `fakek8s serve` with options; what still runs after the test is ended."""
    started: list[subprocess.Popen[str]] = []

    def run(*options: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*COMMAND, "serve", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.terminate()
        process.communicate()


@pytest.fixture
def serve(start: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> Callable[..., Served]:
    """A server over plain HTTP with these options, when it says that it is ready."""

    def run(*options: str) -> Served:
        process = start("--plain-http", "--kubeconfig", str(tmp_path / "kubeconfig"), *options)
        assert process.stdout is not None
        announced, export = process.stdout.readline(), process.stdout.readline()
        return Served(
            process=process,
            announced=announced.strip(),
            kubeconfig=export.strip().removeprefix("export KUBECONFIG="),
        )

    return run
