"""Compile errors as upstream prints them, with the line and a mark (cel-go common/errors.go)."""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["CompileError", "Issue", "Source"]

_MOST_ERRORS: Final = 100
_LONGEST_SNIPPET: Final = 16384


class CompileError(ValueError):
    """The expression doesn't compile; the text is that of cel-go's Issues."""


class Issue(NamedTuple):
    """line from 1, column from 0; both -1 (and 0) where an error has no place."""

    line: int
    column: int
    message: str


class Source:
    """An expression and what was found wrong with it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")
        self.issues: list[Issue] = []
        self.count = 0

    def report(self, at: int, message: str) -> None:
        """An error at an offset, -1 for none."""
        line, column = -1, -1
        if at >= 0:
            line = self.text.count("\n", 0, at) + 1
            column = at - (self.text.rfind("\n", 0, at) + 1)
        self.report_at(line, column, message)

    def report_at(self, line: int, column: int, message: str) -> None:
        """An error at a line (from 1) and column (from 0); no text has no columns."""
        if not self.text:
            column = -1
        self.count += 1
        if self.count <= _MOST_ERRORS:
            self.issues.append(Issue(line, column, message))

    def text_of_issues(self) -> str:
        """All errors by place, one after the other."""
        found = [self._show(i) for i in sorted(self.issues, key=lambda i: (i.line, i.column))]
        if self.count > _MOST_ERRORS:
            found.append(f"{self.count - _MOST_ERRORS} more errors were truncated")
        return "\n".join(found)

    def _show(self, issue: Issue) -> str:
        text = f"ERROR: <input>:{issue.line}:{issue.column + 1}: {issue.message}"
        if not self.text or not 1 <= issue.line <= len(self.lines):
            return text
        line = self.lines[issue.line - 1].replace("\t", " ")
        if len(line.encode("utf-8", "surrogatepass")) > _LONGEST_SNIPPET:
            return text
        dots = "".join("." if ord(c) < 128 else "\uff0e" for c in line[: issue.column])
        here = line[issue.column : issue.column + 1]
        mark = "\uff3e" if here and ord(here) >= 128 else "^"
        return f"{text}\n | {line}\n | {dots}{mark}"
