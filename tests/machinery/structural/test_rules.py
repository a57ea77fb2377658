"""How compiled CEL rules become causes: places, costs, old values."""

from __future__ import annotations

from typing import Any

from fakek8s.machinery.causes import invalid
from fakek8s.machinery.structural.check_crd import check_create, check_update
from fakek8s.machinery.structural.rules import CompiledRule, UntypedSchemaError
from tests.machinery.structural.schemas import Object, crd, object_meta, of_spec

RULE = [{"rule": "self.ok"}]


class Compiler:
    """Answers every rule with the same result."""

    def __init__(self, result: CompiledRule | None = None) -> None:
        self.result = result
        self.seen: list[tuple[Any, bool, frozenset[str]]] = []

    def compile(
        self, schema: Object, *, resource_root: bool, known: frozenset[str]
    ) -> list[CompiledRule]:
        self.seen.append((schema.get("type"), resource_root, known))
        if self.result is None:
            raise UntypedSchemaError("no type")
        return [self.result for _ in schema["x-kubernetes-validations"]]


def texts(schema: Object, result: CompiledRule | None) -> list[str]:
    found = check_create(crd(schema), object_meta(), compiler=Compiler(result))
    return [error.text for error in found]


def ruled(**more: Any) -> Object:
    return of_spec({"a": {"type": "string", "x-kubernetes-validations": RULE, **more}})


WHERE = "spec.validation.openAPIV3Schema.properties[spec].properties[a]"


def test_a_compile_error_shows_the_rule_as_go_has_it() -> None:
    assert texts(ruled(), CompiledRule(error="compilation failed: x")) == [
        (
            f'{WHERE}.x-kubernetes-validations[0].rule: Invalid value: {{"Rule":"self.ok",'
            '"Message":"","MessageExpression":"","Reason":null,"FieldPath":"",'
            '"OptionalOldSelf":null}: compilation failed: x'
        )
    ]


def test_a_schema_without_a_type_is_an_internal_error() -> None:
    assert texts(ruled(), None) == [
        (
            f"{WHERE}.x-kubernetes-validations: Internal error: internal error: failed to "
            "construct type information for x-kubernetes-validations rules: no type"
        )
    ]


def test_rules_are_compiled_only_where_the_schema_is_right() -> None:
    compiler = Compiler(CompiledRule())
    broken = of_spec({"a": {"type": "string", "x-kubernetes-validations": RULE, "id": "x"}})
    check_create(crd(broken), object_meta(), compiler=compiler)
    assert compiler.seen == []


def test_the_root_and_embedded_objects_are_whole_objects() -> None:
    compiler = Compiler(CompiledRule())
    embedded = {
        "type": "object",
        "x-kubernetes-embedded-resource": True,
        "x-kubernetes-preserve-unknown-fields": True,
        "x-kubernetes-validations": RULE,
    }
    schema = of_spec({"a": embedded}, **{"x-kubernetes-validations": RULE})
    schema["x-kubernetes-validations"] = RULE
    check_create(crd(schema), object_meta(), compiler=compiler)
    assert [root for _, root, _ in compiler.seen] == [True, False, True]


def test_costs_grow_with_the_lists_around_and_count_together() -> None:
    items = {"type": "string", "x-kubernetes-validations": RULE}
    bounded = of_spec({"a": {"type": "array", "maxItems": 10, "items": items}})
    assert texts(bounded, CompiledRule(cost=1_000_000, cardinality=99)) == []
    found = texts(bounded, CompiledRule(cost=1_200_000))
    assert [text.partition(": ")[2][:62] for text in found] == [
        "Forbidden: estimated rule cost exceeds budget by factor of 1.2"
    ]
    unbounded = of_spec({"a": {"type": "array", "items": items}})
    found = texts(unbounded, CompiledRule(cost=1_000_000, cardinality=1000))
    assert [text.partition(" (")[0].partition("Forbidden: ")[2] for text in found] == [
        "estimated rule cost exceeds budget by factor of 100.0x",
        "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema",
        (
            "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema "
            "exceeds budget by factor of 10.0x"
        ),
    ]


def test_old_values_can_t_be_asked_for_inside_plain_lists() -> None:
    items = {"type": "string", "x-kubernetes-validations": RULE}
    schema = of_spec({"a": {"type": "array", "items": items}})
    assert texts(schema, CompiledRule(uses_old_self=True)) == [
        (
            f'{WHERE}.items.x-kubernetes-validations[0].rule: Invalid value: "self.ok": oldSelf '
            f"cannot be used on the uncorrelatable portion of the schema within {WHERE}"
        )
    ]


def test_an_unchanged_schema_is_not_judged_again_by_single_costs() -> None:
    body = crd(ruled())
    compiler = Compiler(CompiledRule(cost=20_000_000))
    assert len(check_create(body, object_meta(), compiler=compiler)) == 1
    assert check_update(body, body, object_meta(), compiler=compiler) == []
    assert compiler.seen[-1][2] == frozenset({"self.ok"})


def test_defaults_must_satisfy_the_rules() -> None:
    class Evaluator:
        def evaluate(
            self, value: Any, old: Any, path: str, *, warnings: list[str] | None = None
        ) -> list[Any]:
            return [] if old == value else [invalid(path, value, "must be new")]

    found = check_create(
        crd(ruled(default="b")),
        object_meta(),
        evaluators=lambda schema, *, resource_root: Evaluator(),
    )
    assert [error.text for error in found] == [f'{WHERE}.default: Invalid value: "b": must be new']
