"""The commands that emulated containers have, as busybox has them: those that specs use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fakek8s.kubelet.files import Files
    from fakek8s.kubelet.logs import Stream
    from fakek8s.kubelet.programs.process import Process
    from fakek8s.kubelet.runtime import Write


class Streams:
    """Where a command reads and writes."""

    __slots__ = ("stdin", "write")

    def __init__(self, stdin: bytes, write: Write) -> None:
        self.stdin = stdin
        self.write = write

    def out(self, text: str) -> None:
        """Writes text to the standard output."""
        self.write(text.encode())

    def err(self, text: str) -> None:
        """Writes text to the standard error."""
        self.write(text.encode(), "stderr")

    def capturing(self, output: bytearray) -> Streams:
        """The same, with the standard output kept."""

        def write(data: bytes, stream: Stream = "stdout") -> None:
            if stream == "stdout":
                output.extend(data)
            else:
                self.write(data, stream)

        return Streams(self.stdin, write)

    def joined(self, fd: int, target: str) -> Streams:
        """`fd>&target`: one of the two outputs goes where the other goes."""
        source: Stream = "stderr" if fd == 2 else "stdout"
        goal: Stream = "stderr" if target == "2" else "stdout"

        def write(data: bytes, stream: Stream = "stdout") -> None:
            self.write(data, goal if stream == source else stream)

        return Streams(self.stdin, write)

    def into(self, fd: int, target: str, files: Files, path: str) -> Streams:
        """`fd>target`: one of the outputs is appended to a file."""
        if target in ("/dev/stdout", "/dev/stderr"):
            return self.joined(fd, "2" if target == "/dev/stderr" else "1")
        source: Stream = "stderr" if fd == 2 else "stdout"

        def write(data: bytes, stream: Stream = "stdout") -> None:
            if stream != source:
                self.write(data, stream)
            elif target != "/dev/null":
                files.write(path, data, append=True)

        return Streams(self.stdin, write)


@dataclass(slots=True)
class Call:
    """One command as it was called."""

    argv: list[str]
    process: Process
    streams: Streams
    env: dict[str, str]

    @property
    def args(self) -> list[str]:
        """What follows the command's name and its options."""
        return [word for word in self.argv[1:] if word == "-" or not word.startswith("-")]

    @property
    def flags(self) -> str:
        """The letters of its options."""
        return "".join(word[1:] for word in self.argv[1:] if word.startswith("-"))

    def path(self, path: str) -> str:
        """A path as seen from the working directory."""
        return path if path.startswith("/") else f"{self.process.working_dir}/{path}"

    def fail(self, message: str, code: int = 1) -> int:
        """Says what went wrong."""
        self.streams.err(f"{self.argv[0]}: {message}\n")
        return code

    def inputs(self, paths: list[str]) -> tuple[bytes, int]:
        """The files' bytes together, or the standard input's; 1 if one was not there."""
        if not paths:
            return self.streams.stdin, 0
        found, code = b"", 0
        for path in paths:
            try:
                if path == "-":
                    found += self.streams.stdin
                elif path != "/dev/null":
                    found += self.process.files.read(self.path(path))
            except IsADirectoryError:
                code = self.fail("read error: Is a directory")
            except FileNotFoundError:
                code = self.fail(f"can't open '{path}': No such file or directory")
        return found, code


async def _true(call: Call) -> int:
    return 0


async def _false(call: Call) -> int:
    return 1


async def _echo(call: Call) -> int:
    words = call.argv[1:]
    newline, escapes = True, False
    while words and re.fullmatch(r"-[neE]+", words[0]):
        option = words.pop(0)
        newline = newline and "n" not in option
        escapes = escapes or "e" in option
    text = " ".join(words)
    call.streams.out((_unescaped(text) if escapes else text) + ("\n" if newline else ""))
    return 0


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "0": "\0", "a": "\a", "b": "\b"}


def _unescaped(text: str) -> str:
    return re.sub(r"\\([ntr\\0ab])", lambda match: _ESCAPES[match.group(1)], text)


async def _printf(call: Call) -> int:
    if len(call.argv) < 2:
        return call.fail("usage: printf FORMAT [ARG]...")
    form, words = _unescaped(call.argv[1]), call.argv[2:]
    while True:
        left = len(words)
        call.streams.out(re.sub(r"%(-?\d*)([sdi%bcx])", lambda m: _formatted(m, words), form))
        if not words or len(words) == left:
            return 0


def _formatted(match: re.Match[str], words: list[str]) -> str:
    width, kind = match.groups()
    if kind == "%":
        return "%"
    text = words.pop(0) if words else ("0" if kind in "di" else "")
    if kind == "x":
        text = f"{int(text or 0):x}"
    size = int(width or 0)
    return text.ljust(-size) if size < 0 else text.rjust(size)


async def _cat(call: Call) -> int:
    data, code = call.inputs(call.args)
    call.streams.write(data)
    return code


_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


async def _sleep(call: Call) -> int:
    total = 0.0
    for word in call.args:
        if word in ("infinity", "inf"):
            await call.process.sleep(10**9)
            return 0
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", word)
        if match is None:
            return call.fail(f"invalid number '{word}'")
        total += float(match.group(1)) * _UNITS[match.group(2)]
    await call.process.sleep(total)
    return 0


async def _date(call: Call) -> int:
    now = call.process.clock.now()
    form = next((word[1:] for word in call.argv[1:] if word.startswith("+")), "")
    if form:
        form = form.replace("%s", str(int(now.timestamp()))).replace("%N", f"{now:%f}000")
        call.streams.out(now.strftime(form) + "\n")
    else:
        call.streams.out(f"{now:%a %b} {now.day:2d} {now:%H:%M:%S UTC %Y}\n")
    return 0


async def _env(call: Call) -> int:
    call.streams.out("".join(f"{name}={value}\n" for name, value in call.env.items()))
    return 0


async def _printenv(call: Call) -> int:
    if not call.args:
        return await _env(call)
    found = [call.env[name] for name in call.args if name in call.env]
    call.streams.out("".join(f"{value}\n" for value in found))
    return int(len(found) < len(call.args))


async def _hostname(call: Call) -> int:
    process = call.process
    call.streams.out(f"{process.address if 'i' in call.flags else process.pod.hostname}\n")
    return 0


async def _pwd(call: Call) -> int:
    call.streams.out(f"{call.process.working_dir}\n")
    return 0


async def _ls(call: Call) -> int:
    code, files = 0, call.process.files
    for path in call.args or ["."]:
        place = call.process.working_dir if path == "." else call.path(path)
        if not files.exists(place):
            code = call.fail(f"{path}: No such file or directory")
        elif files.is_directory(place):
            call.streams.out("".join(f"{name}\n" for name in files.list(place)))
        else:
            call.streams.out(f"{path}\n")
    return code


async def _mkdir(call: Call) -> int:
    for path in call.args:
        call.process.files.make_directory(call.path(path))
    return 0


async def _rm(call: Call) -> int:
    code, files = 0, call.process.files
    for path in call.args:
        try:
            if not files.exists(call.path(path)) and "f" not in call.flags:
                code = call.fail(f"can't remove '{path}': No such file or directory")
            files.remove(call.path(path))
        except PermissionError:
            code = call.fail(f"can't remove '{path}': Read-only file system")
    return code


async def _touch(call: Call) -> int:
    for path in call.args:
        try:
            call.process.files.write(call.path(path), b"", append=True)
        except PermissionError:
            return call.fail(f"{path}: Read-only file system")
    return 0


async def _tee(call: Call) -> int:
    call.streams.write(call.streams.stdin)
    for path in call.args:
        call.process.files.write(call.path(path), call.streams.stdin, append="a" in call.flags)
    return 0


async def _seq(call: Call) -> int:
    numbers = [int(word) for word in call.argv[1:] if re.fullmatch(r"-?\d+", word)]
    if not 1 <= len(numbers) <= 3:
        return call.fail("usage: seq [FIRST [INC]] LAST")
    first = numbers[0] if len(numbers) > 1 else 1
    step = numbers[1] if len(numbers) == 3 else 1
    if step == 0:
        return call.fail("the increment is 0")
    end = numbers[-1] + (1 if step > 0 else -1)
    call.streams.out("".join(f"{number}\n" for number in range(first, end, step)))
    return 0


def _count(call: Call) -> tuple[int, list[str]]:
    words, count, paths = call.argv[1:], 10, []
    while words:
        word = words.pop(0)
        if word in ("-n", "-c") and words:
            count = abs(int(words.pop(0)))
        elif match := re.fullmatch(r"-n?(\d+)", word):
            count = int(match.group(1))
        elif not word.startswith("-"):
            paths.append(word)
    return count, paths


async def _head(call: Call) -> int:
    count, paths = _count(call)
    data, code = call.inputs(paths)
    call.streams.write(b"".join(data.splitlines(keepends=True)[:count]))
    return code


async def _tail(call: Call) -> int:
    count, paths = _count(call)
    data, code = call.inputs(paths)
    lines = data.splitlines(keepends=True)
    call.streams.write(b"".join(lines[max(0, len(lines) - count) :]))
    if re.search("f|F", call.flags) and not code:
        await call.process.sleep(10**9)
    return code


async def _grep(call: Call) -> int:
    if not call.args:
        return call.fail("usage: grep PATTERN [FILE]...", 2)
    data, code = call.inputs(call.args[1:])
    flags = re.IGNORECASE if "i" in call.flags else 0
    pattern = re.escape(call.args[0]) if "F" in call.flags else call.args[0]
    lines = data.decode(errors="replace").splitlines()
    found = [x for x in lines if bool(re.search(pattern, x, flags)) != ("v" in call.flags)]
    if "c" in call.flags:
        call.streams.out(f"{len(found)}\n")
    elif "q" not in call.flags:
        call.streams.out("".join(f"{line}\n" for line in found))
    return code or int(not found)


async def _wc(call: Call) -> int:
    data, code = call.inputs(call.args)
    counts = {"l": data.count(b"\n"), "w": len(data.split()), "c": len(data)}
    wanted = [counts[letter] for letter in "lwc" if not call.flags or letter in call.flags]
    call.streams.out(" ".join(map(str, wanted)) + "\n")
    return code


async def _uname(call: Call) -> int:
    names = {"s": "Linux", "n": call.process.pod.hostname, "r": "6.1.0", "m": "x86_64"}
    wanted = "snrm" if "a" in call.flags else call.flags or "s"
    call.streams.out(" ".join(names[letter] for letter in wanted if letter in names) + "\n")
    return 0


async def _id(call: Call) -> int:
    call.streams.out("0\n" if "u" in call.flags else "uid=0(root) gid=0(root) groups=0(root)\n")
    return 0


async def _whoami(call: Call) -> int:
    call.streams.out("root\n")
    return 0


async def _uptime(call: Call) -> int:
    now = call.process.clock.now()
    up = int(call.process.clock.monotonic())
    hours = f"{up // 3600}:{up // 60 % 60:02d}"
    call.streams.out(f" {now:%H:%M:%S} up {hours},  0 users,  load average: 0.00, 0.00, 0.00\n")
    return 0


async def _test(call: Call) -> int:
    words = call.argv[1:]
    if call.argv[0] == "[" and (not words or words.pop() != "]"):
        return call.fail("missing ]", 2)
    negated = bool(words) and words[0] == "!"
    result = _holds(call, words[1:] if negated else words)
    return call.fail(f"{words}: unknown operator", 2) if result is None else int(result == negated)


_NUMBERS: dict[str, Callable[[int, int], bool]] = {
    "-eq": lambda left, right: left == right,
    "-ne": lambda left, right: left != right,
    "-lt": lambda left, right: left < right,
    "-le": lambda left, right: left <= right,
    "-gt": lambda left, right: left > right,
    "-ge": lambda left, right: left >= right,
}


def _holds(call: Call, words: list[str]) -> bool | None:
    files = call.process.files
    match words:
        case []:
            return False
        case [word]:
            return word != ""
        case ["-n", word]:
            return word != ""
        case ["-z", word]:
            return word == ""
        case ["-e" | "-r" | "-w", path]:
            return files.exists(call.path(path))
        case ["-f", path]:
            return files.exists(call.path(path)) and not files.is_directory(call.path(path))
        case ["-s", path]:
            return files.exists(call.path(path)) and bool(files.read(call.path(path)))
        case ["-d", path]:
            return files.is_directory(call.path(path))
        case [left, "=" | "==", right]:
            return left == right
        case [left, "!=", right]:
            return left != right
        case [left, operator, right] if operator in _NUMBERS:
            try:
                return _NUMBERS[operator](int(left), int(right))
            except ValueError:
                return None
        case _:
            return None


COMMANDS: dict[str, Callable[[Call], Awaitable[int]]] = {
    "true": _true,
    "false": _false,
    ":": _true,
    "echo": _echo,
    "printf": _printf,
    "cat": _cat,
    "sleep": _sleep,
    "date": _date,
    "env": _env,
    "printenv": _printenv,
    "hostname": _hostname,
    "pwd": _pwd,
    "ls": _ls,
    "mkdir": _mkdir,
    "rm": _rm,
    "touch": _touch,
    "tee": _tee,
    "seq": _seq,
    "head": _head,
    "tail": _tail,
    "grep": _grep,
    "wc": _wc,
    "uname": _uname,
    "id": _id,
    "whoami": _whoami,
    "uptime": _uptime,
    "test": _test,
    "[": _test,
}
