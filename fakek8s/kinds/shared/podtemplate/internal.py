"""How upstream's internal structs look as bad values: Go field names and every field.

Internal types have no JSON names, so messages that print a whole struct show `{"IP":"1.2.3.4"}`.
A table gives each field's Go name, JSON name and kind: "" for a plain value that is zero when
absent, "*" for a pointer, "[]" for a slice (null when absent), or a table of its own.
"""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]
#: (Go name, JSON name, shape, zero value or table of the struct behind it).
Fields = tuple[tuple[str, str, Any], ...]

POD_IP: Fields = (("IP", "ip", ""),)
SECCOMP_PROFILE: Fields = (("Type", "type", ""), ("LocalhostProfile", "localhostProfile", None))
SECURITY_CONTEXT: Fields = (
    (
        "Capabilities",
        "capabilities",
        (("Add", "add", None), ("Drop", "drop", None)),
    ),
    ("Privileged", "privileged", None),
    (
        "SELinuxOptions",
        "seLinuxOptions",
        (("User", "user", ""), ("Role", "role", ""), ("Type", "type", ""), ("Level", "level", "")),
    ),
    (
        "WindowsOptions",
        "windowsOptions",
        (
            ("GMSACredentialSpecName", "gmsaCredentialSpecName", None),
            ("GMSACredentialSpec", "gmsaCredentialSpec", None),
            ("RunAsUserName", "runAsUserName", None),
            ("HostProcess", "hostProcess", None),
        ),
    ),
    ("RunAsUser", "runAsUser", None),
    ("RunAsGroup", "runAsGroup", None),
    ("RunAsNonRoot", "runAsNonRoot", None),
    ("ReadOnlyRootFilesystem", "readOnlyRootFilesystem", None),
    ("AllowPrivilegeEscalation", "allowPrivilegeEscalation", None),
    ("ProcMount", "procMount", None),
    ("SeccompProfile", "seccompProfile", SECCOMP_PROFILE),
    ("AppArmorProfile", "appArmorProfile", SECCOMP_PROFILE),
)
RESOURCE_CLAIM: Fields = (
    ("Name", "name", ""),
    ("ResourceClaimName", "resourceClaimName", None),
    ("ResourceClaimTemplateName", "resourceClaimTemplateName", None),
)
TRUST_BUNDLE: Fields = (
    ("Name", "name", None),
    ("SignerName", "signerName", None),
    ("LabelSelector", "labelSelector", None),
    ("Optional", "optional", None),
    ("Path", "path", ""),
    ("User", "user", None),
)
_REQUIREMENT: Fields = (
    ("Key", "key", ""),
    ("Operator", "operator", ""),
    ("Values", "values", None),
)
NODE_SELECTOR_TERM: Fields = (
    ("MatchExpressions", "matchExpressions", [_REQUIREMENT]),
    ("MatchFields", "matchFields", [_REQUIREMENT]),
)


def internal(value: Object, fields: Fields) -> Object:
    """An object as its internal struct is printed."""
    return {go: _field(value.get(name), shape) for go, name, shape in fields}


def internal_list(values: list[Object] | None, fields: Fields) -> list[Object] | None:
    """A slice of structs; an absent one is null."""
    return None if values is None else [internal(value, fields) for value in values]


def _field(value: Any, shape: Any) -> Any:
    if isinstance(shape, list):
        return internal_list(value, shape[0])
    if isinstance(shape, tuple):
        return None if value is None else internal(value, shape)
    return shape if value is None else value
