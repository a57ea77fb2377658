from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("admissionregistration.k8s.io", "v1", "validatingadmissionpolicies")


def test_a_warning_points_to_its_expression_by_a_path_that_can_be_read(doors: Doors) -> None:
    old = doors.decode({"metadata": {"name": "p"}, "spec": {}})
    warnings = [
        {"fieldRef": "spec.validations[0].expression", "warning": "w"},
        {"fieldRef": "nope[", "warning": "w"},
        {"fieldRef": " ", "warning": "w"},
    ]
    changes = {"status": {"typeChecking": {"expressionWarnings": warnings}}}
    where = "status.typeChecking.expressionWarnings"
    assert doors.update(old, changes, "status").texts == [
        f'{where}[1].fieldRef: Invalid value: "nope[": invalid JSONPath: unterminated array',
        f"{where}[2].fieldRef: Required value",
    ]


def test_an_expression_that_makes_no_program_is_an_internal_error(doors: Doors) -> None:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["*"]}
    spec = {
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": "int('x') == 1"}],
    }
    (text,) = doors.create({"metadata": {"name": "p"}, "spec": spec}).texts
    assert text == (
        "spec.validations[0].expression: Internal error: program instantiation failed: "
        "type conversion error from 'string' to 'int'"
    )
