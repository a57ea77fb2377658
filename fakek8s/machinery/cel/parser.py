"""Text to tree (cel-go parser/parser.go): grammar, macros, balanced && and ||.

What the grammar refuses is reported in the words of cel-go's parser generator as far as they
are known; see antlr.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fakek8s.machinery.cel import antlr, macros
from fakek8s.machinery.cel.lexer import LiteralError, Token, tokenize, unescape
from fakek8s.machinery.cel.report import CompileError, Source
from fakek8s.machinery.cel.tree import (
    Call,
    Entry,
    Ident,
    ListNode,
    Literal,
    MapNode,
    Node,
    Select,
    StructNode,
)
from fakek8s.machinery.cel.values import UInt

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["parse"]

_LONGEST: Final = 100_000
_DEEPEST: Final = 250
_RELATIONS: Final = {
    "<": "_<_", "<=": "_<=_", ">": "_>_", ">=": "_>=_", "==": "_==_", "!=": "_!=_", "in": "@in",
}  # fmt: skip
_PRODUCTS: Final = {"*": "_*_", "/": "_/_", "%": "_%_"}
_SUMS: Final = {"+": "_+_", "-": "_-_"}
_RESERVED: Final = frozenset(
    [
        "as",
        "break",
        "const",
        "continue",
        "else",
        "false",
        "for",
        "function",
        "if",
        "import",
        "in",
        "let",
        "loop",
        "package",
        "namespace",
        "null",
        "return",
        "true",
        "var",
        "void",
        "while",
    ]
)


class _SyntaxError(Exception):
    """The grammar doesn't allow the token. wanted: what would be right, for the message."""

    def __init__(self, token: Token, wanted: str) -> None:
        super().__init__(wanted)
        self.token = token
        self.wanted = wanted


class _TooDeepError(Exception):
    """Deeper than upstream goes; the message is the one of who there notices."""


def parse(text: str, *, bind: bool = False) -> tuple[Node, Source]:
    """The tree of an expression. Raises CompileError with all errors, as upstream prints them.

    bind: cel.bind is a macro.
    """
    source = Source(text)
    if len(text) > _LONGEST:
        source.report(
            -1, f"expression code point size exceeds limit: size: {len(text)}, limit {_LONGEST}"
        )
        raise CompileError(source.text_of_issues())
    tokens, stop = tokenize(text)
    parser = _Parser(tokens, source, bind=bind)
    problem = None if stop is None else antlr.unrecognized(text, stop)
    root: Node = Literal(0, None, "null_type")
    try:
        root = parser.start()
    except _SyntaxError as error:
        # What was found wrong before is said too, as upstream looks at what it could parse.
        problem = problem or parser.unexpected(error)
    except _TooDeepError as error:
        source.report(-1, str(error))
        raise CompileError(source.text_of_issues()) from None
    if problem is not None:
        antlr.report(source, problem)
    if source.count:
        raise CompileError(source.text_of_issues())
    return root, source


def _balanced(function: str, terms: list[Node], places: list[int]) -> Node:
    """a && b && c && d as a tree of little depth (balancingLogicManager)."""

    def build(low: int, high: int) -> Node:
        middle = (low + high + 1) // 2
        left = terms[middle] if middle == low else build(low, middle - 1)
        right = terms[middle + 1] if middle == high else build(middle + 1, high)
        return Call(places[middle], function, [left, right])

    return build(0, len(places) - 1)


class _Parser:
    def __init__(self, tokens: list[Token], source: Source, *, bind: bool) -> None:
        self.bind = bind
        self.tokens = tokens
        self.source = source
        self.at = 0
        self.depth = 0
        # How deep upstream's visitor goes below a node, by the node's id.
        self.heights: dict[int, int] = {}

    def measured(self, node: Node, *below: Node, steps: int = 1) -> Node:
        """The node, whose height is `steps` more than that of the highest below."""
        heights = self.heights
        height = steps + max([heights.get(id(each), 0) for each in below], default=0)
        if height > _DEEPEST:
            raise _TooDeepError("max recursion depth exceeded")
        heights[id(node)] = height
        return node

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def unexpected(self, error: _SyntaxError) -> tuple[int, str]:
        """Where and how the grammar is broken."""
        place = self.tokens.index(error.token)
        follows = self.tokens[min(place + 1, len(self.tokens) - 1)].kind
        return antlr.unexpected(error.token, follows, error.wanted)

    def take(self, kind: str) -> Token | None:
        token = self.tokens[self.at]
        if token.kind != kind:
            return None
        self.at += 1
        return token

    def expect(self, kind: str, wanted: str) -> Token:
        token = self.take(kind)
        if token is None:
            raise _SyntaxError(self.token, wanted)
        return token

    def start(self) -> Node:
        root = self.expr()
        if self.token.kind != "EOF":
            raise _SyntaxError(self.token, "<EOF>")
        return root

    def expr(self) -> Node:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _TooDeepError(f"expression recursion limit exceeded: {_DEEPEST}")
        found = self.logic("||")
        if (mark := self.take("?")) is not None:
            if_true = self.logic("||")
            self.expect(":", "':'")
            if_false = self.expr()
            found = self.measured(
                Call(mark.at, "_?_:_", [found, if_true, if_false]), found, if_true, if_false
            )
        self.depth -= 1
        return found

    def logic(self, operator: str) -> Node:
        below: Callable[[], Node] = self.relation if operator == "&&" else self.conjunction
        terms = [below()]
        places: list[int] = []
        while (mark := self.take(operator)) is not None:
            places.append(mark.at)
            terms.append(below())
        if not places:
            return terms[0]
        whole = _balanced("_&&_" if operator == "&&" else "_||_", terms, places)
        return self.measured(whole, *terms, steps=0)

    def conjunction(self) -> Node:
        return self.logic("&&")

    def relation(self) -> Node:
        return self.binary(_RELATIONS, self.sum)

    def sum(self) -> Node:
        return self.binary(_SUMS, self.product)

    def product(self) -> Node:
        return self.binary(_PRODUCTS, self.unary)

    def binary(self, operators: dict[str, str], below: Callable[[], Node]) -> Node:
        found = below()
        while (function := operators.get(self.token.kind)) is not None:
            mark = self.token
            self.at += 1
            right = below()
            found = self.measured(Call(mark.at, function, [found, right]), found, right)
        return found

    def unary(self) -> Node:
        token = self.token
        if token.kind not in ("!", "-"):
            return self.member()
        follows = self.tokens[self.at + 1].kind
        if token.kind == "-" and follows in ("int", "float"):
            return self.member()
        count = 0
        while self.take(token.kind) is not None:
            count += 1
        operand = self.member()
        if count % 2 == 0:
            return operand
        whole = Call(token.at, "!_" if token.kind == "!" else "-_", [operand])
        return self.measured(whole, operand, steps=0)

    def member(self) -> Node:
        found = self.primary()
        while True:
            if (dot := self.take(".")) is not None:
                chosen = self.selection(found, dot)
                found = self.measured(chosen, found, chosen)
            elif (bracket := self.take("[")) is not None:
                function = "_[?_]" if self.take("?") else "_[_]"
                index = self.expr()
                self.expect("]", "']'")
                found = self.measured(Call(bracket.at, function, [found, index]), found, index)
            else:
                return found

    def selection(self, operand: Node, dot: Token) -> Node:
        optional = self.take("?") is not None
        token = self.token
        if token.kind not in ("name", "quoted"):
            raise _SyntaxError(token, "IDENTIFIER")
        self.at += 1
        quoted = token.kind == "quoted"
        name = token.text[1:-1] if quoted else token.text
        if optional:
            return Call(dot.at, "_?._", [operand, Literal(token.at, name, "string")])
        if quoted:
            return Select(dot.at, operand, name)
        if (bracket := self.take("(")) is not None:
            return self.call(token.text, bracket.at, self.arguments(), operand)
        return Select(dot.at, operand, token.text)

    def arguments(self) -> list[Node]:
        found: list[Node] = []
        if self.take(")") is not None:
            return found
        found.append(self.expr())
        while self.take(",") is not None:
            found.append(self.expr())
        self.expect(")", "{')', ','}")
        return found

    def call(self, name: str, at: int, args: list[Node], target: Node | None) -> Node:
        found = self.expanded(name, at, args, target)
        return self.measured(found, *args, *([] if target is None else [target]), steps=0)

    def expanded(self, name: str, at: int, args: list[Node], target: Node | None) -> Node:
        expand = macros.find(name, len(args), member=target is not None, bind=self.bind)
        if expand is not None:
            try:
                found = expand(at, target or Ident(at, ""), args)
            except macros.MacroError as error:
                self.source.report(error.at, str(error))
                return Literal(at, None, "null_type")
            if found is not None:
                return found
        return Call(at, name, args, target)

    def primary(self) -> Node:
        token = self.token
        kind = token.kind
        if kind == "(":
            self.at += 1
            found = self.expr()
            self.expect(")", "')'")
            return found
        if kind == "[":
            return self.list_literal()
        if kind == "{":
            self.at += 1
            return MapNode(token.at, self.entries())
        if kind == "name" or (kind == "." and self.tokens[self.at + 1].kind == "name"):
            return self.named()
        return self.literal()

    def named(self) -> Node:
        start = self.at
        begin = self.token
        dot = "." if self.take(".") is not None else ""
        name = self.expect("name", "IDENTIFIER")
        # A chain of names before a brace is a message; elsewhere the dots are selections.
        ahead = self.at
        names = [name.text]
        while self.tokens[ahead].kind == "." and self.tokens[ahead + 1].kind == "name":
            names.append(self.tokens[ahead + 1].text)
            ahead += 2
        if self.tokens[ahead].kind == "{":
            brace = self.tokens[ahead]
            self.at = ahead + 1
            return StructNode(brace.at, dot + ".".join(names), self.fields())
        self.at = start + (2 if dot else 1)
        bracket = self.take("(")
        args = [] if bracket is None else self.arguments()
        if name.text in _RESERVED:
            self.source.report(begin.at, f"reserved identifier: {name.text}")
        if bracket is not None:
            return self.call(dot + name.text, bracket.at, args, None)
        return Ident(name.at, dot + name.text)

    def list_literal(self) -> Node:
        start = self.expect("[", "'['")
        elements: list[Node] = []
        optional: set[int] = set()
        if self.token.kind == "," and self.tokens[self.at + 1].kind == "]":
            self.at += 1
        while self.token.kind != "]":
            if self.take("?") is not None:
                optional.add(len(elements))
            elements.append(self.expr())
            if self.take(",") is None:
                break
        self.expect("]", "{']', ','}")
        whole = ListNode(start.at, elements, frozenset(optional))
        return self.measured(whole, *elements, steps=0)

    def entries(self) -> list[Entry]:
        found: list[Entry] = []
        if self.token.kind == "," and self.tokens[self.at + 1].kind == "}":
            self.at += 1
        while self.token.kind != "}":
            optional = self.take("?") is not None
            key = self.expr()
            colon = self.expect(":", "':'")
            found.append(Entry(colon.at, key, self.expr(), optional=optional))
            if self.take(",") is None:
                break
        self.expect("}", "{'}', ','}")
        return found

    def fields(self) -> list[Entry]:
        found: list[Entry] = []
        if self.token.kind == "," and self.tokens[self.at + 1].kind == "}":
            self.at += 1
        while self.token.kind != "}":
            optional = self.take("?") is not None
            token = self.token
            if token.kind not in ("name", "quoted"):
                raise _SyntaxError(token, "{'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}")
            self.at += 1
            colon = self.expect(":", "':'")
            found.append(Entry(colon.at, token.text.strip("`"), self.expr(), optional=optional))
            if self.take(",") is None:
                break
        self.expect("}", "{'}', ','}")
        return found

    def literal(self) -> Node:
        begin = self.token
        sign = "-" if begin.kind == "-" else ""
        token = self.tokens[self.at + 1] if sign else begin
        kind, text = token.kind, token.text
        if sign and kind not in ("int", "float"):
            raise _SyntaxError(begin, antlr.OPERAND)
        self.at += 2 if sign else 1
        if kind == "int":
            return self.integer(begin.at, sign + text)
        if kind == "uint":
            digits = text[:-1]
            value = int(digits, 16 if digits.startswith("0x") else 10)
            if value > 2**64 - 1:
                return self.bad(begin.at, "invalid uint literal")
            return Literal(begin.at, UInt(value), "uint")
        if kind == "float":
            number = float(sign + text)
            if number in (float("inf"), float("-inf")):
                return self.bad(begin.at, "invalid double literal")
            return Literal(begin.at, number, "double")
        if kind in ("string", "bytes"):
            as_bytes = kind == "bytes"
            try:
                value_text = unescape(text[1:] if as_bytes else text, as_bytes=as_bytes)
            except LiteralError as error:
                return self.bad(begin.at, str(error))
            return Literal(begin.at, value_text, kind)
        if kind in ("true", "false"):
            return Literal(begin.at, kind == "true", "bool")
        if kind == "null":
            return Literal(begin.at, None, "null_type")
        self.at -= 1
        raise _SyntaxError(begin, antlr.OPERAND)

    def integer(self, at: int, text: str) -> Node:
        value = int(text, 16 if "x" in text else 10)
        if not -(2**63) <= value < 2**63:
            return self.bad(at, "invalid int literal")
        return Literal(at, value, "int")

    def bad(self, at: int, message: str) -> Node:
        self.source.report(at, message)
        return Literal(at, None, "null_type")
