"""Expressions of policies and match conditions: what they may name, and how they compile.

Objects are dynamic: what is written is not known when an expression compiles. The request and
the namespace have declared types, and so have the variables of a policy, each of the type of its
expression. Upstream: apiserver pkg/admission/plugin/cel (compile.go, composition.go).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from fakek8s.machinery.cel import types as t
from fakek8s.machinery.cel.counting import CountingPlanner
from fakek8s.machinery.cel.decl import Decl, DeclField
from fakek8s.machinery.cel.declarations import parse_type
from fakek8s.machinery.cel.dynamicobjects import DynamicProvider
from fakek8s.machinery.cel.environment import CompileError, Environment, Expression
from fakek8s.machinery.cel.program import Frame, Planner
from fakek8s.machinery.cel.values import CelError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "ANNOTATION", "CONDITION", "MESSAGE", "Compiled", "Compiler", "Needs", "VariableReader",
    "shown_type",
]  # fmt: skip

#: What an expression may be of: a condition, a text, a text or nothing.
CONDITION: Final = (t.BOOL,)
MESSAGE: Final = (t.STRING,)
ANNOTATION: Final = (t.STRING, t.NULL)

_VARIABLES: Final = "kubernetes.variables"
_LISTS: Final = t.list_of(t.STRING)
_LABELS: Final = t.map_of(t.STRING, t.STRING)


class Needs(NamedTuple):
    """What an expression may use beside the objects and the request."""

    params: bool = False
    authorizer: bool = False
    #: Object{...}, JSONPatch{...} and jsonpatch.escapeKey.
    patches: bool = False


class VariableReader:
    """The value of `variables`: reads one when it is asked for. Evaluations make their own."""

    __slots__ = ()

    def read(self, name: str) -> Any:
        """The value; raises CelError."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """One expression, or why it is none. error: upstream's words. planless: it compiles, but
    can't be made a program (ErrorTypeInternal)."""

    text: str
    needs: Needs
    expression: Expression | None = None
    error: str = ""
    planless: bool = False


def _struct(struct: str, /, **fields: t.Type) -> Decl:
    return Decl(
        t.struct(struct),
        fields={field: DeclField(field, Decl(of)) for field, of in fields.items()},
        is_object=True,
    )


def _structs() -> dict[str, Decl]:
    """BuildRequestType and BuildNamespaceType."""
    kind, resource = t.struct("kubernetes.GroupVersionKind"), "kubernetes.GroupVersionResource"
    found = (
        _struct(kind.name, group=t.STRING, version=t.STRING, kind=t.STRING),
        _struct(resource, group=t.STRING, version=t.STRING, resource=t.STRING),
        _struct(
            "kubernetes.UserInfo",
            username=t.STRING,
            uid=t.STRING,
            groups=_LISTS,
            extra=t.map_of(t.STRING, _LISTS),
        ),
        _struct(
            "kubernetes.AdmissionRequest",
            kind=kind,
            resource=t.struct(resource),
            subResource=t.STRING,
            requestKind=kind,
            requestResource=t.struct(resource),
            requestSubResource=t.STRING,
            name=t.STRING,
            namespace=t.STRING,
            operation=t.STRING,
            userInfo=t.struct("kubernetes.UserInfo"),
            dryRun=t.BOOL,
            options=t.DYN,
        ),
        _struct("kubernetes.NamespaceSpec", finalizers=_LISTS),
        _struct(
            "kubernetes.NamespaceCondition",
            status=t.STRING,
            type=t.STRING,
            lastTransitionTime=t.TIMESTAMP,
            message=t.STRING,
            reason=t.STRING,
        ),
        _struct(
            "kubernetes.NamespaceStatus",
            conditions=t.list_of(t.struct("kubernetes.NamespaceCondition")),
            phase=t.STRING,
        ),
        _struct(
            "kubernetes.NamespaceMetadata",
            name=t.STRING,
            generateName=t.STRING,
            namespace=t.STRING,
            labels=_LABELS,
            annotations=_LABELS,
            UID=t.STRING,
            creationTimestamp=t.TIMESTAMP,
            deletionGracePeriodSeconds=t.INT,
            deletionTimestamp=t.TIMESTAMP,
            generation=t.INT,
            resourceVersion=t.STRING,
            finalizers=_LISTS,
        ),
        _struct(
            "kubernetes.Namespace",
            metadata=t.struct("kubernetes.NamespaceMetadata"),
            spec=t.struct("kubernetes.NamespaceSpec"),
            status=t.struct("kubernetes.NamespaceStatus"),
        ),
    )
    return {decl.type.name: decl for decl in found}


class _Planner(Planner):
    """Fields of declared structs, whose values may be null, and of variables."""

    def field(
        self, inner: Callable[[Frame], Any], decl: Decl | None, name: str, *, test: bool
    ) -> Callable[[Frame], Any]:
        if decl is None:
            return super().field(inner, decl, name, test=test)
        if decl.type.name == _VARIABLES:
            return (lambda _: True) if test else (lambda frame: inner(frame).read(name))
        if test:
            return lambda frame: name in (inner(frame) or ())
        problem = f"no such key: {name}"

        def read(frame: Frame) -> Any:
            value = inner(frame)
            if value is None or name not in value:
                raise CelError(problem)
            return value[name]

        return read


class _CountingPlanner(_Planner, CountingPlanner):
    """The same with costs."""


class PolicyEnvironment(Environment):
    """An environment of policies; the values are those of `Activation`, in its order."""

    def __init__(
        self, needs: Needs, variables: Decl | None, structs: dict[str, Decl], *, stored: bool
    ) -> None:
        names = {
            "object": Decl(t.DYN),
            "oldObject": Decl(t.DYN),
            "namespaceObject": structs["kubernetes.Namespace"],
            "request": structs["kubernetes.AdmissionRequest"],
        }
        if needs.params:
            names["params"] = Decl(t.DYN)
        if needs.authorizer:
            names["authorizer"] = Decl(parse_type("Authorizer"))
            names["authorizer.requestResource"] = Decl(parse_type("ResourceCheck"))
        if variables is not None:
            names["variables"] = variables
            structs = {**structs, _VARIABLES: variables}
        super().__init__(names, structs, stored=stored, admission=needs.patches)
        if needs.patches:
            self.provider = DynamicProvider(structs)

    def planner(self, kind: type[Planner] = Planner) -> Planner:
        return super().planner(_CountingPlanner if kind is CountingPlanner else _Planner)


class Compiler:
    """Compiles the expressions of one policy or webhook.

    composed: expressions may use `variables`, which are added one after the other.
    """

    def __init__(self, *, composed: bool) -> None:
        self.variables: dict[str, Compiled] = {}
        self._declared = Decl(t.struct(_VARIABLES), is_object=True) if composed else None
        self._structs = _structs()
        self._environments: dict[tuple[Needs, bool], PolicyEnvironment] = {}

    def compile(
        self, text: str, returns: tuple[t.Type, ...], needs: Needs, *, stored: bool
    ) -> Compiled:
        """`returns`: the types that the value may have, () for any. stored: the expression was
        accepted before."""
        environment = self._environments.get((needs, stored))
        if environment is None:
            environment = PolicyEnvironment(needs, self._declared, self._structs, stored=stored)
            self._environments[needs, stored] = environment
        try:
            expression = environment.compile(text)
        except CompileError as error:
            return Compiled(text=text, needs=needs, error=f"compilation failed: {error}")
        wrong = _wrong_type(expression.type, returns)
        if wrong:
            return Compiled(text=text, needs=needs, error=wrong)
        if problem := expression.planning_error():
            wrong = f"program instantiation failed: {problem}"
            return Compiled(text=text, needs=needs, error=wrong, planless=True)
        return Compiled(text=text, needs=needs, expression=expression)

    def add_variable(self, name: str, text: str, needs: Needs, *, stored: bool) -> Compiled:
        """A variable, which those that are compiled later may use."""
        assert self._declared is not None
        found = self.compile(text, (), needs, stored=stored)
        of = found.expression.type if found.expression else t.DYN
        self._declared.fields[name] = DeclField(name, Decl(_variable_type(of)))
        self.variables[name] = found
        return found


_PLAIN: Final = frozenset(
    ("bool", "bytes", "double", "duration", "int", "null_type", "string", "timestamp", "uint")
)


def _variable_type(of: t.Type) -> t.Type:
    """convertCelTypeToDeclType: what is no plain type, list or map is dynamic."""
    if of.kind in _PLAIN:
        return of
    if of.kind in ("list", "map"):
        return t.Type(of.kind, "", tuple(map(_variable_type, of.params)))
    return t.DYN


def _wrong_type(found: t.Type, returns: tuple[t.Type, ...]) -> str:
    if not returns or found in returns:
        return ""
    if len(returns) == 1:
        return f"must evaluate to {shown_type(returns[0])} but got {shown_type(found)}"
    wanted = " ".join(map(shown_type, returns))
    return f"must evaluate to one of [{wanted}] but got {shown_type(found)}"


_NAMES: Final = {
    "duration": "google.protobuf.Duration",
    "timestamp": "google.protobuf.Timestamp",
    "any": "google.protobuf.Any",
}


def shown_type(of: t.Type) -> str:
    """A type as messages of compilers have it (types.Type.String)."""
    name = of.name or _NAMES.get(of.kind, of.kind)
    if not of.params:
        return name
    return f"{name}({', '.join(map(shown_type, of.params))})"
