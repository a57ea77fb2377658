"""Expressions of policies and webhooks, compiled when they are written.

Upstream: pkg/apis/admissionregistration/validation (validateCELCondition and its callers).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.machinery.causes import internal, invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fakek8s.machinery.causes import FieldError
    from fakek8s.machinery.cel.policies import Compiled, Compiler
    from fakek8s.machinery.cel.types import Type

Object = dict[str, Any]


class Expressions:
    """The expressions of one policy, in the order in which they are checked.

    The engine is loaded when there is an expression. composed: they may use variables.
    """

    def __init__(self, *, params: bool, composed: bool) -> None:
        self._params = params
        self._composed = composed
        self._compiler: Compiler | None = None

    def _compile(
        self,
        text: str,
        returns: tuple[Type, ...],
        *,
        authorizer: bool = True,
        patches: bool = False,
        stored: bool = False,
    ) -> Compiled:
        from fakek8s.machinery.cel.policies import Needs

        needs = Needs(params=self._params, authorizer=authorizer, patches=patches)
        return self._loaded().compile(text, returns, needs, stored=stored)

    def _loaded(self) -> Compiler:
        if self._compiler is None:
            from fakek8s.machinery.cel.policies import Compiler

            self._compiler = Compiler(composed=self._composed)
        return self._compiler

    def variable(self, name: str, text: str, path: str) -> Iterator[FieldError]:
        """A variable; those that come later may use it."""
        from fakek8s.machinery.cel.policies import Needs

        needs = Needs(params=self._params, authorizer=True)
        found = self._loaded().add_variable(name, text, needs, stored=False)
        yield from _cause(found, path, text)

    def condition(self, text: str, path: str, *, stored: bool = False) -> Iterator[FieldError]:
        """What is true or false."""
        from fakek8s.machinery.cel.policies import CONDITION

        yield from _cause(self._compile(text, CONDITION, stored=stored), path, text)

    def message(self, text: str, path: str, *, stored: bool = False) -> Iterator[FieldError]:
        """A text for who is refused, which may not tell what others are allowed."""
        from fakek8s.machinery.cel.policies import MESSAGE

        found = self._compile(text, MESSAGE, authorizer=False, stored=stored)
        yield from _cause(found, path, text)

    def annotation(self, text: str, path: str, *, stored: bool = False) -> Iterator[FieldError]:
        """A text or nothing for the audit log."""
        from fakek8s.machinery.cel.policies import ANNOTATION

        yield from _cause(self._compile(text.strip(), ANNOTATION, stored=stored), path, text)

    def mutation(
        self, text: str, path: str, *, json_patch: bool, stored: bool = False
    ) -> Iterator[FieldError]:
        """A partial object, or a list of patch operations."""
        from fakek8s.machinery.cel.dynamicobjects import OBJECT, PATCHES

        returns = (PATCHES if json_patch else OBJECT,)
        text = text.strip()
        yield from _cause(self._compile(text, returns, patches=True, stored=stored), path, text)


def _cause(found: Compiled, path: str, text: str) -> Iterator[FieldError]:
    if found.planless:
        yield internal(path, found.error)
    elif found.error:
        yield invalid(path, text, found.error)


def texts(items: Iterable[Object] | None, name: str) -> frozenset[str]:
    """The expressions under a name that were there before; "" where there is none."""
    return frozenset(item.get(name) or "" for item in items or ())
