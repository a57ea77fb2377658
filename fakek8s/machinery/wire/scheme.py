"""Which kinds a body may name where, and what upstream calls their types in its messages.

Upstream keeps a scheme for each of its three servers (legacyscheme, apiextensions,
apiregistration): a kind that one knows is "not registered" in another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from fakek8s.machinery.wire.types import WireTypes

#: What schemes call themselves: by where they are made.
NAME: Final = "pkg/runtime/scheme.go:111"
#: Groups whose server has a scheme of its own.
_APART: Final = ("apiextensions.k8s.io", "apiregistration.k8s.io")
#: Packages that are not named after the first label of their group.
_PACKAGES: Final = {
    "": "core",
    "events.k8s.io": "core",
    "extensions": "apps",
    "internal.apiserver.k8s.io": "apiserverinternal",
}
#: Kinds of a group that are types of another package.
_MOVED: Final = {
    ("apps", "Scale"): "autoscaling",
    ("extensions", "Scale"): "autoscaling",
    ("extensions", "Ingress"): "networking",
    ("extensions", "IngressList"): "networking",
    ("extensions", "NetworkPolicy"): "networking",
    ("extensions", "NetworkPolicyList"): "networking",
}
#: Body versions that subresources take beside their own (rest.GroupVersionAcceptor).
_ACCEPTED: Final = {("policy/v1", "Eviction"): frozenset({"policy/v1beta1"})}
_OPTIONS: Final = frozenset({"DeleteOptions", "CreateOptions", "UpdateOptions"})
_UNVERSIONED: Final = frozenset(
    {"Status", "APIVersions", "APIGroupList", "APIGroup", "APIResourceList"}
)
_FORMS: Final = frozenset(
    {"Table", "TableOptions", "PartialObjectMetadata", "PartialObjectMetadataList"}
)
_META_KINDS: Final = _OPTIONS | {"GetOptions", "ListOptions", "PatchOptions", "WatchEvent"}


def group_of(api_version: str) -> str:
    """`apps` of `apps/v1`, "" of `v1`."""
    return api_version.rpartition("/")[0]


def version_of(api_version: str) -> str:
    """`v1` of `apps/v1` and of `v1`."""
    return api_version.rpartition("/")[2]


def internal_type(api_version: str, kind: str) -> str:
    """The Go type that upstream's server works with: `core.ConfigMap`."""
    group = group_of(api_version)
    package = _MOVED.get((group, kind)) or _PACKAGES.get(group) or group.partition(".")[0]
    return f"{package}.{kind}"


def is_registered(types: WireTypes, api_version: str, kind: str, expected: str) -> bool:
    """Whether the server that serves the group of `expected` (an apiVersion) knows a kind."""
    if types.of_kind(api_version, kind) is None:
        return False
    group, home = group_of(api_version), group_of(expected)
    if home in _APART:
        return group == home or (api_version == "v1" and kind in _META_KINDS)
    return group not in _APART


def is_registered_option(api_version: str, kind: str) -> bool:
    """Whether the scheme of option objects knows a kind (meta/internalversion addToGroupVersion);
    some it knows in every version.
    """
    if kind in _OPTIONS or kind in _UNVERSIONED:
        return True
    if api_version == "meta.k8s.io/v1":
        return kind in _META_KINDS or kind in _FORMS
    return api_version == "meta.k8s.io/v1beta1" and kind in _FORMS


def not_registered(api_version: str, kind: str) -> str:
    """runtime.NewNotRegisteredErrForKind."""
    return (
        f"no kind {quote(kind)} is registered for version {quote(api_version)} "
        f"in scheme {quote(NAME)}"
    )


def no_type(types: WireTypes, api_version: str, kind: str) -> str:
    """runtime.NewNotRegisteredErrForType."""
    wire = types.of_kind(api_version, kind)
    assert wire is not None
    return f"no kind is registered for the type {wire.text} in scheme {quote(NAME)}"


def accepts(expected: str, kind: str, api_version: str) -> bool:
    """Whether a body of `api_version` may stand where `expected` is served."""
    return api_version == expected or api_version in _ACCEPTED.get((expected, kind), ())


def with_defaults(api_version: str, kind: str, default: str, default_kind: str) -> tuple[str, str]:
    """What a body leaves out of its type is that of the path (json.gvkWithDefaults)."""
    if not api_version or api_version == f"{group_of(default)}/":
        api_version = default
    elif api_version[0] == "/" and api_version.count("/") == 1:
        api_version = api_version[1:]
    return api_version, kind or default_kind
