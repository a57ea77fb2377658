"""The shell's grammar, as much of POSIX's as scripts in pod specs use: text to a tree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal


class ShellSyntaxError(Exception):
    """The script is none, or one in a grammar we don't know."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a word: literal text, or what stands in for it."""

    kind: Literal["text", "variable", "command", "arithmetic"]
    text: str
    quoted: bool


Word = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Redirect:
    """`fd operator target`; operators are `<`, `>`, `>>` and `>&`."""

    fd: int
    operator: str
    target: Word


@dataclass(frozen=True, slots=True)
class Simple:
    """Assignments, then a command with its arguments."""

    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """`while` or `until`."""

    condition: Node
    body: Node
    until: bool


@dataclass(frozen=True, slots=True)
class For:
    """`for name in words`."""

    name: str
    words: tuple[Word, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class If:
    """Conditions with what follows from each, and what from none."""

    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node | None


@dataclass(frozen=True, slots=True)
class Group:
    """`{ ... }`, or `( ... )` with variables of its own."""

    body: Node
    subshell: bool


@dataclass(frozen=True, slots=True)
class Redirected:
    """A command and where its streams go."""

    body: Node
    redirects: tuple[Redirect, ...]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands of which each reads what the one before wrote."""

    commands: tuple[Node, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class AndOr:
    """Pipelines joined by `&&` and `||`; the first's operator is "&&"."""

    pipelines: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Sequence:
    """Commands one after the other; True for those in the background."""

    items: tuple[tuple[Node, bool], ...]


Node = Simple | Loop | For | If | Group | Redirected | Pipeline | AndOr | Sequence

_OPERATOR = re.compile(r"(?P<fd>[0-9]?)(?P<op>>&|>>|<|>)|&&|\|\||;;|[;&|()\n]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = frozenset(
    {"if", "then", "elif", "else", "fi", "while", "until", "do", "done", "for", "in", "{", "}", "!"}
)
_UNKNOWN = frozenset({"case", "esac", "function", "select"})


@dataclass(frozen=True, slots=True)
class _Token:
    """An operator (`word` None) or a word; `text` is as written, for reserved words."""

    text: str
    word: Word | None = None
    fd: int | None = None


def parse(script: str) -> Sequence:
    """A script's tree. Raises ShellSyntaxError."""
    parser = _Parser(_tokens(script))
    found = parser.sequence(())
    if parser.peek is not None:
        raise ShellSyntaxError(f'syntax error: unexpected "{parser.peek.text}"')
    return found


def _tokens(script: str) -> list[_Token]:
    found: list[_Token] = []
    position = 0
    while position < len(script):
        char = script[position]
        if char in " \t\r" or script.startswith("\\\n", position):
            position += 1 if char != "\\" else 2
        elif char == "#":
            end = script.find("\n", position)
            position = len(script) if end < 0 else end
        elif match := _OPERATOR.match(script, position):
            position = match.end()
            operator = match["op"] or match.group()
            fd = int(match["fd"]) if match["fd"] else None
            found.append(_Token(operator, fd=fd))
        else:
            start = position
            word, position = _word(script, position)
            found.append(_Token(script[start:position], word))
    return found


def _word(script: str, position: int) -> tuple[Word, int]:
    parts: list[Part] = []
    while position < len(script):
        char = script[position]
        if char in " \t\r\n;&|()<>":
            break
        if char == "'":
            end = _find(script, "'", position + 1)
            parts.append(Part("text", script[position + 1 : end], True))
            position = end + 1
        elif char == '"':
            position = _quoted(script, position + 1, parts)
        elif char == "\\":
            parts.append(Part("text", script[position + 1 : position + 2], True))
            position += 2
        elif char in "$`":
            position = _expansion(script, position, parts, quoted=False)
        else:
            end = position + 1
            while end < len(script) and script[end] not in " \t\r\n;&|()<>'\"\\$`":
                end += 1
            parts.append(Part("text", script[position:end], False))
            position = end
    return tuple(parts), position


def _quoted(script: str, position: int, parts: list[Part]) -> int:
    parts.append(Part("text", "", True))
    while True:
        if position >= len(script):
            raise ShellSyntaxError("syntax error: unterminated quoted string")
        char = script[position]
        if char == '"':
            return position + 1
        if char == "\\" and script[position + 1 : position + 2] in ("$", "`", '"', "\\", "\n"):
            following = script[position + 1]
            parts.append(Part("text", "" if following == "\n" else following, True))
            position += 2
        elif char in "$`":
            position = _expansion(script, position, parts, quoted=True)
        else:
            parts.append(Part("text", char, True))
            position += 1


def _expansion(script: str, position: int, parts: list[Part], *, quoted: bool) -> int:
    if script[position] == "`":
        end = _find(script, "`", position + 1)
        parts.append(Part("command", script[position + 1 : end], quoted))
        return end + 1
    rest = script[position + 1 : position + 3]
    if rest == "((":
        end = _find(script, "))", position + 3)
        parts.append(Part("arithmetic", script[position + 3 : end], quoted))
        return end + 2
    if rest[:1] == "(":
        end = _closing(script, position + 2)
        parts.append(Part("command", script[position + 2 : end], quoted))
        return end + 1
    if rest[:1] == "{":
        end = _find(script, "}", position + 2)
        parts.append(Part("variable", script[position + 2 : end], quoted))
        return end + 1
    if match := _NAME.match(script, position + 1):
        parts.append(Part("variable", match.group(), quoted))
        return match.end()
    if rest[:1] and rest[0] in "?$#@*!0123456789":
        parts.append(Part("variable", rest[0], quoted))
        return position + 2
    parts.append(Part("text", "$", True))
    return position + 1


def _find(script: str, text: str, position: int) -> int:
    end = script.find(text, position)
    if end < 0:
        raise ShellSyntaxError(f"syntax error: missing {text}")
    return end


def _closing(script: str, position: int) -> int:
    depth, quote = 1, ""
    for index in range(position, len(script)):
        char = script[index]
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                return index
    raise ShellSyntaxError("syntax error: missing )")


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._next = 0

    @property
    def peek(self) -> _Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _is(self, *texts: str) -> bool:
        return self.peek is not None and self.peek.text in texts

    def _take(self, *texts: str) -> _Token:
        token = self.peek
        if token is None:
            raise ShellSyntaxError("syntax error: unexpected end of file")
        if texts and token.text not in texts:
            raise ShellSyntaxError(f'syntax error: unexpected "{token.text}"')
        self._next += 1
        return token

    def _skip_newlines(self) -> None:
        while self._is("\n"):
            self._next += 1

    def sequence(self, ends: tuple[str, ...]) -> Sequence:
        items: list[tuple[Node, bool]] = []
        while True:
            self._skip_newlines()
            token = self.peek
            if token is None or token.text in ends:
                return Sequence(tuple(items))
            command = self._and_or()
            background = self._is("&")
            items.append((command, background))
            if self._is(";", "&", "\n"):
                self._next += 1
            elif self.peek is not None and not self._is(*ends):
                raise ShellSyntaxError(f'syntax error: unexpected "{self.peek.text}"')

    def _and_or(self) -> Node:
        found = [("&&", self._pipeline())]
        while self._is("&&", "||"):
            operator = self._take().text
            self._skip_newlines()
            found.append((operator, self._pipeline()))
        return found[0][1] if len(found) == 1 else AndOr(tuple(found))

    def _pipeline(self) -> Node:
        negated = self._is("!")
        if negated:
            self._next += 1
        commands = [self._command()]
        while self._is("|"):
            self._next += 1
            self._skip_newlines()
            commands.append(self._command())
        if len(commands) == 1 and not negated:
            return commands[0]
        return Pipeline(tuple(commands), negated)

    def _command(self) -> Node:
        redirects: list[Redirect] = []
        body = self._compound() or self._simple(redirects)
        while self._redirect(redirects):
            pass
        return Redirected(body, tuple(redirects)) if redirects else body

    def _compound(self) -> Node | None:
        if self._is(*_UNKNOWN):
            raise ShellSyntaxError(f"{self._take().text}: not a word this shell knows")
        if self._is("while", "until"):
            until = self._take().text == "until"
            condition = self.sequence(("do",))
            self._take("do")
            return Loop(condition, self._until("done"), until)
        if self._is("for"):
            return self._for()
        if self._is("if"):
            return self._if()
        if self._is("{"):
            self._next += 1
            return Group(self._until("}"), subshell=False)
        if self._is("("):
            self._next += 1
            return Group(self._until(")"), subshell=True)
        return None

    def _until(self, end: str) -> Sequence:
        body = self.sequence((end,))
        self._take(end)
        return body

    def _for(self) -> For:
        self._take("for")
        name = self._take().text
        words: list[Word] = []
        self._skip_newlines()
        if self._is("in"):
            self._next += 1
            while self.peek is not None and self.peek.word is not None:
                words.append(self.peek.word)
                self._next += 1
        if self._is(";"):
            self._next += 1
        self._skip_newlines()
        self._take("do")
        return For(name, tuple(words), self._until("done"))

    def _if(self) -> If:
        branches: list[tuple[Node, Node]] = []
        otherwise: Node | None = None
        self._take("if")
        while True:
            condition = self.sequence(("then",))
            self._take("then")
            branches.append((condition, self.sequence(("elif", "else", "fi"))))
            token = self._take("elif", "else", "fi")
            if token.text == "else":
                otherwise = self._until("fi")
            if token.text != "elif":
                return If(tuple(branches), otherwise)

    def _simple(self, redirects: list[Redirect]) -> Simple:
        assignments: list[tuple[str, Word]] = []
        words: list[Word] = []
        while (token := self.peek) is not None:
            if self._redirect(redirects):
                continue
            if token.word is None or (not words and token.text in _RESERVED):
                break
            self._next += 1
            name, equals, _ = token.text.partition("=")
            if equals and not words and _NAME.fullmatch(name):
                assignments.append((name, _without_prefix(token.word, len(name) + 1)))
            else:
                words.append(token.word)
        if not words and not assignments and not redirects:
            shown = self.peek.text if self.peek is not None else "end of file"
            raise ShellSyntaxError(f'syntax error: unexpected "{shown}"')
        return Simple(tuple(assignments), tuple(words))

    def _redirect(self, redirects: list[Redirect]) -> bool:
        if not self._is("<", ">", ">>", ">&"):
            return False
        token = self._take()
        target = self._take().word
        if target is None:
            raise ShellSyntaxError("syntax error: bad redirection")
        fd = token.fd if token.fd is not None else int(token.text != "<")
        redirects.append(Redirect(fd, token.text, target))
        return True


def _without_prefix(word: Word, length: int) -> Word:
    first = word[0]
    return (Part(first.kind, first.text[length:], first.quoted), *word[1:])
