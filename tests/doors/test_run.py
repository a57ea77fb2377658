"""`fakek8s run -- COMMAND`: a cluster for the time of one command."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from .conftest import COMMAND, fakek8s

if TYPE_CHECKING:
    from pathlib import Path

ALONE = ("run", "--profile", "apiserver", "--plain-http")
#: Asks the cluster that KUBECONFIG names for what it is told to, and prints a part of the answer.
ASK = """
import json, os, sys, urllib.request, yaml
config = yaml.safe_load(open(os.environ["KUBECONFIG"]))
url = config["clusters"][0]["cluster"]["server"] + sys.argv[1]
token = config["users"][0]["user"]["token"]
request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
found = json.load(urllib.request.urlopen(request))
for key in sys.argv[2:]:
    found = found[key]
print(found)
"""


def ask(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-c", ASK, *words)


def test_a_command_finds_its_cluster_and_has_the_output_to_itself() -> None:
    done = fakek8s(*ALONE, "--", *ask("/version", "gitVersion"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("v1.37.")
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", 128 + 9)]
)
def test_the_exit_code_is_the_commands(script: str, code: int) -> None:
    assert fakek8s(*ALONE, "--", "sh", "-c", script).returncode == code


def test_the_commands_own_options_are_left_alone() -> None:
    done = fakek8s(*ALONE, "--", "echo", "--profile", "x", "--", "-v")
    assert done.stdout == "--profile x -- -v\n"


def test_the_kubeconfig_lives_as_long_as_the_command(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    done = fakek8s(
        *ALONE, "--kubeconfig", str(path), "--", "sh", "-c", "echo $KUBECONFIG; ls $KUBECONFIG"
    )
    assert done.stdout == f"{path}\n{path}\n"
    assert not path.exists()


def test_the_cluster_is_whole_unless_told_otherwise() -> None:
    done = fakek8s("run", "--plain-http", "--nodes", "2", "--", *ask("/api/v1/nodes", "items"))
    assert done.stdout.count("'name': 'node-") == 2


def test_a_command_that_is_not_there_is_an_error_without_a_traceback() -> None:
    done = fakek8s(*ALONE, "--", "no-such-command")
    assert done.returncode == 127
    assert done.stderr == "fakek8s: no-such-command: No such file or directory\n"


def test_a_signal_reaches_the_command_first() -> None:
    script = "trap 'echo asked; exit 3' TERM; echo ready; while :; do sleep 0.05; done"
    with subprocess.Popen(
        [*COMMAND, *ALONE, "--", "sh", "-c", script], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == "asked\n"
        assert process.wait(timeout=20) == 3
