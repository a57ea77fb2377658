"""Which program an image holds, and what a test's own program can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.kubelet.programs import Programs
from fakek8s.kubelet.runtime import StartError
from tests.kubelet.pods import shell, state

if TYPE_CHECKING:
    from fakek8s.kubelet.programs.process import Process
    from tests.kubelet.pods import Pods

APP = "registry.example/app"


async def test_a_registered_program_runs_in_the_place_of_its_image(pods: Pods) -> None:
    seen: list[Any] = []

    async def app(process: Process) -> int:
        seen.append((process.command, process.args, process.env["WHO"], process.pod.name))
        process.print(f"I am at {process.address}")
        process.files.write("/out/result", b"done\n")
        await process.sleep(5)
        process.termination_message = "enough"
        return 4

    pods.plane.programs.register(APP, app)
    container = {
        "image": f"{APP}:v2",
        "args": ["--fast"],
        "env": [{"name": "WHO", "value": "me"}],
        "volumeMounts": [{"name": "out", "mountPath": "/out"}],
    }
    reader = {"name": "r", **shell("sleep 1; cat /o/result; sleep 9")}
    reader["volumeMounts"] = [{"name": "out", "mountPath": "/o"}]
    volumes = [{"name": "out", "emptyDir": {}}]
    await pods.create("p", container, reader, volumes=volumes, restartPolicy="Never")
    assert seen == [((), ("--fast",), "me", "p")]
    assert await pods.log("p") == "I am at 10.244.0.2\n"

    await pods.advance(5)

    ended = state(await pods.get("p"))["state"]["terminated"]
    assert (ended["exitCode"], ended["message"]) == (4, "enough")
    assert await pods.log("p", "r") == "done\n"


async def test_a_program_that_raises_fails_and_its_log_says_how(pods: Pods) -> None:
    async def broken(process: Process) -> int:
        raise ZeroDivisionError("of all things")

    pods.plane.programs.register(APP, broken)
    pod = await pods.create("p", {"image": APP}, restartPolicy="Never")

    assert state(pod)["state"]["terminated"]["exitCode"] == 1
    assert (await pods.log("p")).endswith("ZeroDivisionError: of all things\n")


async def test_a_program_for_one_tag_leaves_the_others_alone(pods: Pods) -> None:
    async def one(process: Process) -> None:
        process.print("one")

    pods.plane.programs.register(f"{APP}:one", one)
    await pods.create("p", {"image": f"{APP}:one"}, restartPolicy="Never")
    pod = await pods.create("q", {"image": f"{APP}:two"})

    assert await pods.log("p") == "one\n"
    assert pod["status"]["phase"] == "Running"


async def test_an_image_nobody_knows_runs_until_it_is_stopped(pods: Pods) -> None:
    pod = await pods.create("p", {"image": APP, "command": ["/bin/app", "--serve"]})
    assert pod["status"]["phase"] == "Running"
    await pods.delete("p")
    assert await pods.is_gone("p")


async def test_an_image_nobody_knows_has_a_shell_for_those_who_ask_for_it(pods: Pods) -> None:
    container = {"image": APP, "command": ["/bin/sh", "-c", "exit 2"]}
    pod = await pods.create("p", container, restartPolicy="Never")
    assert state(pod)["state"]["terminated"]["exitCode"] == 2


async def test_a_shell_without_anything_to_do_ends(pods: Pods) -> None:
    pod = await pods.create("p", {"image": "busybox:1.36"}, restartPolicy="Never")
    assert pod["status"]["phase"] == "Succeeded"


async def test_a_bad_name_can_not_be_registered() -> None:
    async def app(process: Process) -> None:
        return None

    with pytest.raises(ValueError, match="invalid reference format"):
        Programs().register("Not An Image", app)


async def test_commands_can_be_run_in_a_running_container(pods: Pods) -> None:
    pod = await pods.create("p", {"image": "nginx", "env": [{"name": "A", "value": "1"}]})
    runtime = pods.plane.fleet.kubelets["node-1"].runtime
    identity = state(pod)["containerID"].partition("://")[2]
    output: list[bytes] = []

    def write(data: bytes, stream: str = "stdout") -> None:
        output.append(data)

    assert await runtime.exec(identity, ["sh", "-c", "echo $A; cat; exit 3"], b"in", write) == 3
    assert b"".join(output) == b"1\nin"
    with pytest.raises(StartError, match=r'exec: "nonsense": executable file not found in \$PATH'):
        await runtime.exec(identity, ["nonsense"], b"", write)
    await pods.delete("p")
    with pytest.raises(KeyError):
        await runtime.exec(identity, ["true"], b"", write)
