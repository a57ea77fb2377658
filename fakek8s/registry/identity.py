"""What a patched object says it is: its apiVersion and kind, and how it is read for that.

Source: apimachinery pkg/runtime/serializer/json (`Decode`, gvkWithDefaults) and versioning
(`codec.Decode`): a JSON patch makes a text that is decoded like any other, into the type that
the resource works with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.machinery.clone import clone
from fakek8s.machinery.wire import jsontext, scheme
from fakek8s.machinery.wire.decode import DecodeError

if TYPE_CHECKING:
    from fakek8s.kind import Kind
    from fakek8s.registry.catalogue import Catalogue
    from fakek8s.registry.patch import Decode

Object = dict[str, Any]

#: What upstream's unversioned types show as JSON: TypeMeta and ObjectMeta, one level up.
_UNVERSIONED = frozenset(
    (
        "kind",
        "apiVersion",
        "name",
        "generateName",
        "namespace",
        "selfLink",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "labels",
        "annotations",
        "ownerReferences",
        "finalizers",
        "managedFields",
    )
)


def read_merged(kind: Kind, patched: Any, live: Object, decode: Decode) -> tuple[Object, list[str]]:
    """What a strategic merge made: the type is the path's, whatever it says of itself.

    Raises DecodeError.
    """
    if patched.__class__ is dict:
        own = {"apiVersion": kind.api_version, "kind": kind.kind}
        said = {name: patched.get(name) for name in own}
        if said != own and all(v is None or v.__class__ is str for v in said.values()):
            patched = {**patched, **own}
    return decode(patched, live)


def read_text(
    kind: Kind, patched: Any, live: Object, decode: Decode, catalogue: Catalogue
) -> tuple[Object, list[str]]:
    """What a JSON or merge patch made, read as what it says it is: (object of the kind, strict
    errors).

    Raises DecodeError; APIError where upstream notices only later.
    """
    if (
        patched.__class__ is dict
        and patched.get("kind") == kind.kind
        and patched.get("apiVersion") == kind.api_version
    ):
        return decode(patched, live)
    if kind.custom:
        return _custom(patched, live, decode)
    try:
        version, name, _ = jsontext.version_and_kind(jsontext.dump(patched))
    except jsontext.KindError as error:
        raise DecodeError(str(error)) from None
    name = name or kind.kind
    if not version:
        return _unversioned(kind, patched, name)
    patched = {**patched, "kind": name}
    if (version, name) == (kind.api_version, kind.kind):
        return decode(patched, live)
    other = catalogue.by_kind(version, name)
    if other is None or other.custom:
        raise DecodeError(scheme.not_registered(version, name))
    obj, strict = other.shape.read(patched)
    if other.resource != kind.resource:
        raise _unrelated(f"{other.version}.{name}", kind)
    return _as(kind, obj, other), strict


def _custom(patched: Any, live: Object, decode: Decode) -> tuple[Object, list[str]]:
    """A custom resource that says it is another is left for validation to find."""
    if not isinstance(patched, dict):
        return decode(patched, live)
    if not patched.get("kind"):
        text = jsontext.dump(patched).decode()
        raise DecodeError(f"Object 'Kind' is missing in '{text}'")
    found = decode(patched, live)
    if not patched.get("apiVersion"):
        raise errors.internal("Object 'apiVersion' is missing in 'object has no apiVersion field'")
    return found


def _unversioned(kind: Kind, patched: Any, name: str) -> tuple[Object, list[str]]:
    """A text without a version is read as the unversioned type, whose fields have Go's names.

    So nothing of the object is found, its name neither.
    """
    if name != kind.kind:
        raise _unrelated(scheme.internal_type(kind.api_version, name), kind)
    unknown = [f'unknown field "{key}"' for key in patched or () if key not in _UNVERSIONED]
    return {**clone(kind.shape.empty()), "metadata": {}}, unknown


def _unrelated(text: str, kind: Kind) -> DecodeError:
    wanted = scheme.internal_type(kind.api_version, kind.kind)
    return DecodeError(f"converting ({text}) to ({wanted}): unknown conversion")


def _as(kind: Kind, obj: Object, other: Kind) -> Object:
    """An object of another version of the kind's resource, converted."""
    obj.setdefault("metadata", {})
    for default in other.behaviour.defaults:
        default(obj)
    if other.behaviour.to_stored is not None:
        obj = other.behaviour.to_stored(obj)
    if kind.behaviour.from_stored is not None:
        obj = kind.behaviour.from_stored(obj)
    return kind.shape.canonical({**obj, "apiVersion": kind.api_version, "kind": kind.kind})
