"""How a claim's spec looks in messages that show it whole: as upstream's internal type.

Upstream: pkg/apis/resource types.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fakek8s.kinds.shared.podtemplate.internal import Fields

_TOLERATION: Fields = (
    ("Key", "key", ""),
    ("Operator", "operator", ""),
    ("Value", "value", ""),
    ("Effect", "effect", ""),
    ("TolerationSeconds", "tolerationSeconds", None),
)
_WANTED: Fields = (
    ("DeviceClassName", "deviceClassName", ""),
    ("Selectors", "selectors", [(("CEL", "cel", (("Expression", "expression", ""),)),)]),
    ("AllocationMode", "allocationMode", ""),
    ("Count", "count", 0),
)
_CAPACITY: Fields = (("Capacity", "capacity", (("Requests", "requests", None),)),)
_DERIVED: Fields = (("DerivedAttributes", "derivedAttributes", None),)
#: The spec as upstream's internal type is printed.
SPEC: Fields = (
    (
        "Devices",
        "devices",
        (
            (
                "Requests",
                "requests",
                [
                    (
                        ("Name", "name", ""),
                        (
                            "Exactly",
                            "exactly",
                            (
                                *_WANTED,
                                ("AdminAccess", "adminAccess", None),
                                ("Tolerations", "tolerations", [_TOLERATION]),
                                *_CAPACITY,
                                *_DERIVED,
                            ),
                        ),
                        (
                            "FirstAvailable",
                            "firstAvailable",
                            [
                                (
                                    ("Name", "name", ""),
                                    *_WANTED,
                                    ("Tolerations", "tolerations", [_TOLERATION]),
                                    *_CAPACITY,
                                    *_DERIVED,
                                )
                            ],
                        ),
                    )
                ],
            ),
            (
                "Constraints",
                "constraints",
                [
                    (
                        ("Requests", "requests", None),
                        ("MatchAttribute", "matchAttribute", None),
                        ("DistinctAttribute", "distinctAttribute", None),
                    )
                ],
            ),
            (
                "Config",
                "config",
                [
                    (
                        ("Requests", "requests", None),
                        (
                            "Opaque",
                            "opaque",
                            (("Driver", "driver", ""), ("Parameters", "parameters", None)),
                        ),
                    )
                ],
            ),
        ),
    ),
)
