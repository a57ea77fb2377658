"""What a real server of 1.37 answered, beside the schemas and expressions it was asked about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read(name: str) -> dict[str, Any]:
    """One recording of this folder."""
    found: dict[str, Any] = json.loads((Path(__file__).parent / name).read_text())
    return found


def with_rules(schema: dict[str, Any], *rules: str | dict[str, Any]) -> dict[str, Any]:
    """The schema with rules at its root."""
    full = [{"rule": rule} if isinstance(rule, str) else rule for rule in rules]
    return {**schema, "x-kubernetes-validations": full}


def inside(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of an object whose `spec` it is."""
    return {"type": "object", "properties": {"spec": schema}}
