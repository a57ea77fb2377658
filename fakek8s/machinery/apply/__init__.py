"""Who owns which field: field sets, comparison, managers, and server-side apply on top of them.

The algebra of sigs.k8s.io/structured-merge-diff and the decorators of
k8s.io/apimachinery/pkg/util/managedfields, as pure functions over JSON objects.
"""

from fakek8s.machinery.apply.applier import (
    Applied,
    BadConfiguration,
    Conflicts,
    UntypedConfiguration,
    apply,
)
from fakek8s.machinery.apply.managers import InvalidManagedFields, without_managed_fields_equal
from fakek8s.machinery.apply.updater import update_managed_fields

__all__ = [
    "Applied",
    "BadConfiguration",
    "Conflicts",
    "InvalidManagedFields",
    "UntypedConfiguration",
    "apply",
    "update_managed_fields",
    "without_managed_fields_equal",
]
