"""Where expressions compile: variables with their declared types, functions, structs.

The same environment serves the rules of custom resources (`self`, `oldSelf`) and, with other
variables, policies and match conditions (`object`, `oldObject`, `request`, `params`,
`namespaceObject`, `authorizer`, `variables`).
Upstream: apiserver pkg/cel/environment; what new expressions may use is what the oldest server of
a cluster knows, one minor version back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.cel.checker import check
from fakek8s.machinery.cel.cost import estimate
from fakek8s.machinery.cel.decl import Decl, Provider
from fakek8s.machinery.cel.declarations import functions
from fakek8s.machinery.cel.depth import deep_stack
from fakek8s.machinery.cel.parser import parse
from fakek8s.machinery.cel.program import Planner, Program
from fakek8s.machinery.cel.report import CompileError
from fakek8s.machinery.cel.tree import Ident, Node, Select, walk
from fakek8s.machinery.cel.validators import planning_error, validate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fakek8s.machinery.cel.types import Type

__all__ = ["CompileError", "Environment", "Expression"]


class Expression:
    """A compiled expression. type: of its value."""

    __slots__ = ("_costs", "_counting", "_environment", "_program", "root", "text", "type")

    def __init__(self, environment: Environment, text: str, root: Node, of: Type) -> None:
        self._environment = environment
        self.text = text
        self.root = root
        self.type = of
        self._program: Program | None = None
        self._counting: Program | None = None
        self._costs: dict[int | None, int] = {}

    def evaluate(self, values: Sequence[Any]) -> Any:
        """The value, for the variables' values in the order of the environment.

        Raises CelError.
        """
        try:
            return self._evaluate(values)
        except RecursionError:
            with deep_stack():
                return self._evaluate(values)

    def _evaluate(self, values: Sequence[Any]) -> Any:
        program = self._program
        if program is None:
            program = self._program = self._environment.planner().program(self.root)
        return program.evaluate(values)

    def evaluate_counting(self, values: Sequence[Any], limit: int) -> tuple[Any, int]:
        """The value and what it cost; instead of the value the CelError it ended with.

        Beyond the limit that is a CostExceededError.
        """
        from fakek8s.machinery.cel.counting import CountingPlanner, run_counting

        with deep_stack():
            program = self._counting
            if program is None:
                planner = self._environment.planner(CountingPlanner)
                program = self._counting = planner.program(self.root)
            return run_counting(program, values, limit)

    def planning_error(self) -> str:
        """What making a program of this finds wrong, "" if nothing."""
        planner = self._environment.planner()
        with deep_stack():
            return planning_error(self.root, lambda node, value: planner.function(node)(value))

    def uses(self, name: str) -> bool:
        """Whether a variable occurs in the expression."""
        with deep_stack():
            return self._uses(name)

    def _uses(self, name: str) -> bool:
        return any(
            (isinstance(node, Ident) and node.name == name)
            or (isinstance(node, Select) and node.resolved == name)
            for node in walk(self.root)
        )

    def max_cost(self, cap: int | None = None) -> int:
        """The most that one evaluation costs by estimate.

        cap: no value from outside has more characters or elements than that.
        """
        found = self._costs.get(cap)
        if found is None:
            with deep_stack():
                found = estimate(self.root, self._environment.decls, cap=cap).most
            self._costs[cap] = found
        return found


class Environment:
    """variables: name to declared type, in the order of values. structs: named objects.

    stored: expressions that were accepted before, which may use what is too new for others.
    admission: of mutating policies. bind: with cel.bind (selectors of devices).
    """

    def __init__(
        self,
        variables: Mapping[str, Decl],
        structs: dict[str, Decl] | None = None,
        *,
        stored: bool = False,
        admission: bool = False,
        bind: bool = False,
    ) -> None:
        self._bind = bind
        self.decls = variables
        self.types = {name: decl.type for name, decl in variables.items()}
        self.provider = Provider(structs)
        self.functions = functions(stored=stored, admission=admission)

    def planner(self, kind: type[Planner] = Planner) -> Planner:
        """What makes a program of a checked tree."""
        return kind(list(self.types), self.functions, self.provider)

    def compile(self, text: str) -> Expression:
        """The expression of a text. Raises CompileError with upstream's report."""
        try:
            return self._compile(text)
        except RecursionError:
            with deep_stack():
                return self._compile(text)

    def _compile(self, text: str) -> Expression:
        root, source = parse(text, bind=self._bind)
        of = check(root, source, self.types, self.functions, self.provider)
        if not source.count:
            validate(root, source)
        if source.count:
            raise CompileError(source.text_of_issues())
        return Expression(self, text, root, of)
