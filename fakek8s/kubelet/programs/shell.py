"""The shell of emulated containers: enough of sh for the scripts in pod specs.

Differences from a real one: the two ends of a pipe run one after the other, and a script that
does not trap the signal ends at once when it is stopped, also as the container's first process
(where Linux would have it ignore the signal).
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from fakek8s.kubelet.programs import syntax
from fakek8s.kubelet.programs.arithmetic import evaluate
from fakek8s.kubelet.programs.commands import COMMANDS, Call, Streams
from fakek8s.kubelet.programs.process import Stopped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fakek8s.kubelet.programs.process import Process

SHELLS = frozenset({"sh", "bash", "ash"})
_NOT_FOUND = 127
_STOPPED = 143


class _Exit(Exception):
    """`exit`."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class _Leave(Exception):
    """`break` or `continue`."""

    def __init__(self, again: bool) -> None:
        super().__init__()
        self.again = again


async def run_command(process: Process) -> int:
    """Runs a container's command, or a shell without one."""
    argv = [*process.command, *process.args] or ["sh"]
    return await execute(process, argv, Streams(b"", process.write))


async def execute(process: Process, argv: list[str], streams: Streams) -> int:
    """Runs one command in a process's world; its exit code. Raises Stopped."""
    shell = Shell(process, streams, process.env)
    try:
        return await shell.command(argv, streams)
    except _Exit as leaving:
        return leaving.code


class Shell:
    """One shell: its variables, its traps and what it runs."""

    def __init__(
        self,
        process: Process,
        streams: Streams,
        variables: Mapping[str, str],
        arguments: tuple[str, ...] = ("sh",),
    ) -> None:
        self._process = process
        self._streams = streams
        self._variables = dict(variables)
        self._arguments = arguments
        self._status = 0
        self._traps: dict[str, str] = {}
        self._exit_on_failure = False
        self._background: list[asyncio.Task[int]] = []

    async def script(self, text: str) -> int:
        """Runs a script; its exit code. Raises Stopped if it was stopped and has no trap."""
        try:
            tree = syntax.parse(text)
        except syntax.ShellSyntaxError as error:
            self._streams.err(f"sh: {error}\n")
            return 2
        try:
            code = await self._run(tree, self._streams)
        except _Exit as leaving:
            code = leaving.code
        except Stopped:
            code = await self._trapped()
        if "EXIT" in self._traps:
            await self._handler("EXIT")
        return code

    async def _trapped(self) -> int:
        name = next((n for n in ("TERM", "SIGTERM", "15") if n in self._traps), "")
        if not name:
            raise Stopped
        return await self._handler(name) or _STOPPED

    async def _handler(self, name: str) -> int:
        text = self._traps.pop(name)
        shell = Shell(self._process, self._streams, self._variables, self._arguments)
        try:
            await shell._run(syntax.parse(text), self._streams)
        except _Exit as leaving:
            return leaving.code
        except (Stopped, syntax.ShellSyntaxError):
            return _STOPPED
        return 0

    async def _run(self, node: syntax.Node, streams: Streams) -> int:
        match node:
            case syntax.Sequence(items):
                for item, background in items:
                    if background:
                        self._background.append(self._process.spawn(self._detached(item, streams)))
                        self._status = 0
                    else:
                        await self._run(item, streams)
            case syntax.AndOr(pipelines):
                for operator, pipeline in pipelines:
                    if (operator == "&&") == (self._status == 0) or pipeline is pipelines[0][1]:
                        await self._condition(pipeline, streams)
            case syntax.Pipeline(commands, negated):
                await self._pipe(commands, streams)
                if negated:
                    self._status = int(self._status == 0)
            case syntax.Loop(condition, body, until):
                await self._loop(condition, body, until, streams)
            case syntax.For(name, words, body):
                for value in await self._expand(words):
                    self._variables[name] = value
                    if not await self._once(body, streams):
                        break
            case syntax.If(branches, otherwise):
                await self._if(branches, otherwise, streams)
            case syntax.Group(body, True):
                self._status = await self._detached(body, streams)
            case syntax.Group(body):
                await self._run(body, streams)
            case syntax.Redirected(body, redirects):
                await self._redirected(body, redirects, streams)
            case syntax.Simple(assignments, words):
                await self._simple(assignments, words, streams)
        return self._status

    async def _condition(self, node: syntax.Node, streams: Streams) -> bool:
        """Runs what may fail without ending the script under `set -e`."""
        kept, self._exit_on_failure = self._exit_on_failure, False
        try:
            return await self._run(node, streams) == 0
        finally:
            self._exit_on_failure = kept

    async def _detached(self, node: syntax.Node, streams: Streams) -> int:
        shell = Shell(self._process, streams, self._variables, self._arguments)
        try:
            return await shell._run(node, streams)
        except _Exit as leaving:
            return leaving.code

    async def _pipe(self, commands: tuple[syntax.Node, ...], streams: Streams) -> None:
        data = streams.stdin
        for number, command in enumerate(commands):
            if number == len(commands) - 1:
                self._status = await self._detached(command, Streams(data, streams.write))
            else:
                data = await self._captured(command, Streams(data, streams.write))

    async def _captured(self, node: syntax.Node, streams: Streams) -> bytes:
        output = bytearray()
        self._status = await self._detached(node, streams.capturing(output))
        return bytes(output)

    async def _loop(
        self, condition: syntax.Node, body: syntax.Node, until: bool, streams: Streams
    ) -> None:
        status = 0
        while await self._condition(condition, streams) != until:
            if not await self._once(body, streams):
                status = 0
                break
            status = self._status
        self._status = status

    async def _once(self, body: syntax.Node, streams: Streams) -> bool:
        """One round of a loop; False to leave it. Others get their turn, stops are heard."""
        await self._process.sleep(0)
        if self._process.stopping:
            raise Stopped
        try:
            await self._run(body, streams)
        except _Leave as leaving:
            return leaving.again
        return True

    async def _if(
        self,
        branches: tuple[tuple[syntax.Node, syntax.Node], ...],
        otherwise: syntax.Node | None,
        streams: Streams,
    ) -> None:
        for condition, body in branches:
            if await self._condition(condition, streams):
                await self._run(body, streams)
                return
        self._status = 0
        if otherwise is not None:
            await self._run(otherwise, streams)

    async def _redirected(
        self, body: syntax.Node, redirects: tuple[syntax.Redirect, ...], streams: Streams
    ) -> None:
        files = self._process.files
        for redirect in redirects:
            (target,) = await self._expand((redirect.target,)) or ("",)
            path = self._path(target)
            try:
                if redirect.operator == "<":
                    streams = Streams(files.read(path), streams.write)
                elif redirect.operator == ">&":
                    streams = streams.joined(redirect.fd, target)
                else:
                    append = redirect.operator == ">>"
                    if target not in ("/dev/null", "/dev/stdout", "/dev/stderr") and not append:
                        files.write(path, b"")
                    streams = streams.into(redirect.fd, target, files, path)
            except OSError:
                streams.err(f"sh: can't open {target}: no such file\n")
                self._status = 1
                return
        await self._run(body, streams)

    def _path(self, path: str) -> str:
        return path if path.startswith("/") else f"{self._process.working_dir}/{path}"

    async def _simple(
        self,
        assignments: tuple[tuple[str, syntax.Word], ...],
        words: tuple[syntax.Word, ...],
        streams: Streams,
    ) -> None:
        values = {name: "".join(await self._expand((word,))) for name, word in assignments}
        argv = await self._expand(words)
        if not argv:
            self._variables.update(values)
            if not any(part.kind == "command" for _, word in assignments for part in word):
                self._status = 0
        else:
            kept = {name: self._variables.get(name) for name in values}
            self._variables.update(values)
            self._status = await self.command(argv, streams)
            for name, value in kept.items():
                if value is None:
                    self._variables.pop(name, None)
                else:
                    self._variables[name] = value
        if self._status and self._exit_on_failure:
            raise _Exit(self._status)

    async def command(self, argv: list[str], streams: Streams) -> int:
        """Runs one command by its words."""
        name = argv[0].rpartition("/")[2]
        if name in SHELLS:
            return await self._shell(argv, streams)
        if builtin := _BUILTINS.get(name):
            return await builtin(self, argv, streams)
        if name in COMMANDS:
            call = Call(argv, self._process, streams, self._variables)
            return await COMMANDS[name](call)
        path = self._path(argv[0])
        if "/" in argv[0] and self._process.files.exists(path):
            return await self._file(path, argv[1:], streams)
        streams.err(f"sh: {argv[0]}: not found\n")
        return _NOT_FOUND

    async def _shell(self, argv: list[str], streams: Streams) -> int:
        options = [word for word in argv[1:] if word[:1] in "-+" and len(word) > 1]
        flags = "".join(word[1:] for word in options if not word.startswith("--"))
        rest = argv[1 + len(options) :]
        if "c" in flags and rest:
            text, arguments = rest[0], tuple(rest[1:]) or ("sh",)
        elif rest:
            return await self._file(self._path(rest[0]), rest[1:], streams)
        else:
            text, arguments = streams.stdin.decode(errors="replace"), ("sh",)
        shell = Shell(self._process, streams, self._variables, arguments)
        shell._exit_on_failure = "e" in flags
        return await shell.script(text)

    async def _file(self, path: str, arguments: list[str], streams: Streams) -> int:
        try:
            text = self._process.files.read(path).decode(errors="replace")
        except OSError:
            streams.err(f"sh: can't open '{path}': No such file or directory\n")
            return 2
        return await Shell(self._process, streams, self._variables, (path, *arguments)).script(text)

    async def _expand(self, words: tuple[syntax.Word, ...]) -> list[str]:
        """Fields of words: what is not quoted is split at blanks."""
        found: list[str] = []
        for word in words:
            field: str | None = None
            for part in word:
                value = await self._value(part)
                if part.kind == "text" or part.quoted:
                    field = (field or "") + value
                    continue
                pieces = re.split(r"[ \t\n]+", value)
                for number, piece in enumerate(pieces):
                    if number and field is not None:
                        found.append(field)
                        field = None
                    if piece:
                        field = (field or "") + piece
            if field is not None:
                found.append(field)
        return found

    async def _value(self, part: syntax.Part) -> str:
        match part.kind:
            case "text":
                return part.text
            case "variable":
                return self._variable(part.text)
            case "arithmetic":
                return str(evaluate(part.text, self._variables))
            case "command":
                try:
                    tree = syntax.parse(part.text)
                except syntax.ShellSyntaxError as error:
                    self._streams.err(f"sh: {error}\n")
                    raise _Exit(2) from None
                output = await self._captured(tree, self._streams)
                return output.decode(errors="replace").rstrip("\n")

    def _variable(self, text: str) -> str:
        special = {
            "?": str(self._status),
            "$": "1",
            "#": str(len(self._arguments) - 1),
            "@": " ".join(self._arguments[1:]),
            "*": " ".join(self._arguments[1:]),
            "!": "2",
        }
        if text in special:
            return special[text]
        if text.isdigit():
            position = int(text)
            return self._arguments[position] if position < len(self._arguments) else ""
        if text.startswith("#") and len(text) > 1:
            return str(len(self._variables.get(text[1:], "")))
        match = re.fullmatch(r"([A-Za-z_]\w*)(?::?([-=+])(.*))?", text, re.DOTALL)
        if match is None:
            return ""
        name, operator, word = match.groups()
        value = self._variables.get(name, "")
        if operator == "+":
            return word if value else ""
        if not value and operator:
            if operator == "=":
                self._variables[name] = word
            return str(word)
        return value

    async def _exit(self, argv: list[str], streams: Streams) -> int:
        raise _Exit(_number(argv[1]) & 0xFF if len(argv) > 1 else self._status)

    async def _leave(self, argv: list[str], streams: Streams) -> int:
        raise _Leave(argv[0] == "continue")

    async def _set(self, argv: list[str], streams: Streams) -> int:
        for word in argv[1:]:
            if "e" in word and word[:1] in "-+":
                self._exit_on_failure = word[0] == "-"
        return 0

    async def _export(self, argv: list[str], streams: Streams) -> int:
        for word in argv[1:]:
            name, equals, value = word.partition("=")
            if equals:
                self._variables[name] = value
        return 0

    async def _unset(self, argv: list[str], streams: Streams) -> int:
        for name in argv[1:]:
            self._variables.pop(name, None)
        return 0

    async def _trap(self, argv: list[str], streams: Streams) -> int:
        for name in argv[2:]:
            if argv[1] == "-":
                self._traps.pop(name, None)
            else:
                self._traps[name] = argv[1]
        return 0

    async def _wait(self, argv: list[str], streams: Streams) -> int:
        if self._background:
            await asyncio.gather(*self._background, return_exceptions=True)
            self._background.clear()
        if self._process.stopping:
            raise Stopped
        return 0

    async def _change_directory(self, argv: list[str], streams: Streams) -> int:
        target = self._path(argv[1]) if len(argv) > 1 else "/"
        if not self._process.files.is_directory(target):
            streams.err(f"sh: cd: can't cd to {argv[1]}: No such file or directory\n")
            return 2
        self._process.working_dir = target
        return 0

    async def _exec(self, argv: list[str], streams: Streams) -> int:
        if len(argv) == 1:
            return 0
        raise _Exit(await self.command(argv[1:], streams))


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return 2


_BUILTINS = {
    "exit": Shell._exit,
    "return": Shell._exit,
    "break": Shell._leave,
    "continue": Shell._leave,
    "set": Shell._set,
    "export": Shell._export,
    "unset": Shell._unset,
    "trap": Shell._trap,
    "wait": Shell._wait,
    "cd": Shell._change_directory,
    "exec": Shell._exec,
}
