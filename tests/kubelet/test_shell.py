"""The shell of emulated containers, script by script."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from fakek8s.clock import VirtualClock
from fakek8s.ids import Ids
from fakek8s.kubelet.files import Files, Volume
from fakek8s.kubelet.programs.commands import Streams
from fakek8s.kubelet.programs.process import Process, Stopped
from fakek8s.kubelet.programs.shell import execute
from fakek8s.kubelet.runtime import ContainerConfig, Mount, SandboxConfig

if TYPE_CHECKING:
    from fakek8s.kubelet.logs import Stream


class Terminal:
    """A process and what it wrote."""

    def __init__(self) -> None:
        self.output: dict[Stream, str] = {"stdout": "", "stderr": ""}
        self.clock = VirtualClock(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
        config = Volume({"a": b"one\ntwo\n"})
        mounts = (Mount(path="/config", volume=config, read_only=True),)
        self.process = Process(
            config=ContainerConfig(name="c", image="busybox", env={"NAME": "it"}, mounts=mounts),
            pod=SandboxConfig(namespace="ns", name="p", uid="u", hostname="host", node="n"),
            address="10.244.0.2",
            files=Files(mounts),
            clock=self.clock,
            ids=Ids(1),
            write=self.write,
        )

    def write(self, data: bytes, stream: Stream = "stdout") -> None:
        self.output[stream] += data.decode()

    async def run(self, script: str, stdin: bytes = b"") -> int:
        return await execute(self.process, ["sh", "-c", script], Streams(stdin, self.write))


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ("echo hi", "hi\n"),
        ("echo -n hi", "hi"),
        ("echo 'a  b'  c", "a  b c\n"),
        ('echo "$NAME is $NAME"', "it is it\n"),
        ("echo '$NAME' \\$NAME", "$NAME $NAME\n"),
        ("x=1; y=$x$x; echo ${y}2", "112\n"),
        ("echo ${no:-default} ${NAME:+there}", "default there\n"),
        ("echo a; echo b", "a\nb\n"),
        ("echo a\necho b # nothing\n", "a\nb\n"),
        ("false || echo saved", "saved\n"),
        ("false && echo never; echo $?", "1\n"),
        ("true && echo yes || echo no", "yes\n"),
        ("if false; then echo a; elif true; then echo b; else echo c; fi", "b\n"),
        ("for i in 1 2 3; do echo -n $i; done", "123"),
        ("for i in $(seq 3); do [ $i = 2 ] && continue; echo -n $i; done", "13"),
        ("i=0; while [ $i -lt 3 ]; do i=$((i+1)); echo -n $i; done", "123"),
        ("i=0; until [ $i -ge 2 ]; do i=$((i+1)); done; echo $i", "2\n"),
        ("while true; do echo once; break; done", "once\n"),
        ("echo $(echo inner) `echo other`", "inner other\n"),
        ("echo $((2 + 3 * 4)) $(((2+3)*4 % 7))", "14 6\n"),
        ("cat /config/a | grep o | wc -l", "2\n"),
        ("cat /config/a | tail -n 1", "two\n"),
        ("head -1 /config/a", "one\n"),
        ("echo x > /tmp/f; echo y >> /tmp/f; cat /tmp/f", "x\ny\n"),
        ("cat < /config/a", "one\ntwo\n"),
        ("{ echo a; echo b; } > /tmp/g; cat /tmp/g", "a\nb\n"),
        ("x=1; (x=2; echo -n $x); echo $x", "21\n"),
        ("x=$(cat); echo got $x", "got input\n"),
        ("sh -c 'echo $0 $1' zero one", "zero one\n"),
        ("printf '%s=%d\\n' a 1 b 2", "a=1\nb=2\n"),
        ("hostname; hostname -i", "host\n10.244.0.2\n"),
        ("date +%Y-%m-%dT%H:%M", "2026-01-02T03:04\n"),
        ("date", "Fri Jan  2 03:04:05 UTC 2026\n"),
        ("cd /config; pwd; ls", "/config\na\n"),
        ("A=b env | grep ^A=", "A=b\n"),
        ("export B=2; sh -c 'echo $B'", "2\n"),
        ("trap 'echo bye' EXIT; echo hi", "hi\nbye\n"),
        ("exec echo replaced; echo never", "replaced\n"),
        ("! true; echo $?", "1\n"),
        ("echo quiet > /dev/null", ""),
        ("test -f /config/a && test ! -e /nowhere && test -d /config && echo ok", "ok\n"),
        ("sleep 0 & wait; echo waited", "waited\n"),
    ],
)
async def test_scripts_write(script: str, output: str) -> None:
    terminal = Terminal()
    await terminal.run(script, stdin=b"input\n")
    assert terminal.output == {"stdout": output, "stderr": ""}


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("true", 0),
        ("false", 1),
        ("exit 3", 3),
        ("exit 256", 0),
        ("echo a; exit 4; echo b", 4),
        ("false; true", 0),
        ("set -e; false; true", 1),
        ("set -e; false || true; if false; then :; fi; exit 5", 5),
        ("(exit 6)", 6),
        ("sh -c 'exit 7'", 7),
        ("no-such-command", 127),
        ("cat /nowhere", 1),
        ("[ 1 -gt 2 ]", 1),
        ("echo 'open", 2),
        ("case x in esac", 2),
        ("true | false", 1),
        ("echo x > /config/new", 1),
    ],
)
async def test_scripts_end_with_a_code(script: str, code: int) -> None:
    assert await Terminal().run(script) == code


async def test_the_two_outputs_can_be_told_apart_and_joined() -> None:
    terminal = Terminal()
    await terminal.run("echo out; echo err >&2; cat /nowhere 2>&1; nonsense 2>/dev/null")
    assert terminal.output["stdout"] == (
        "out\ncat: can't open '/nowhere': No such file or directory\n"
    )
    assert terminal.output["stderr"] == "err\n"


async def test_sleeping_takes_the_clusters_time() -> None:
    terminal = Terminal()
    running = asyncio.create_task(terminal.run("sleep 1.5; echo a; sleep 1m; echo b"))
    await terminal.clock.advance(2)
    assert terminal.output["stdout"] == "a\n"
    await terminal.clock.advance(60)
    assert terminal.output["stdout"] == "a\nb\n"
    assert await running == 0


@pytest.mark.parametrize(
    "script", ["sleep infinity", "while true; do sleep 1; done", "tail -f /dev/null"]
)
async def test_a_script_that_is_stopped_ends_at_once(script: str) -> None:
    terminal = Terminal()
    running = asyncio.create_task(terminal.run(script))
    await terminal.clock.advance(5)
    terminal.process.stop()
    with pytest.raises(Stopped):
        await running


async def test_a_trap_has_the_last_word() -> None:
    terminal = Terminal()
    script = "trap 'echo caught; exit 9' TERM; while true; do sleep 1; done"
    running = asyncio.create_task(terminal.run(script))
    await terminal.clock.advance(5)
    terminal.process.stop()
    assert await running == 9
    assert terminal.output["stdout"] == "caught\n"
