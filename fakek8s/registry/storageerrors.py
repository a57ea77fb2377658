"""What upstream's storage says when a write's conditions do not hold of what is stored.

Sources: apiserver pkg/storage/errors.go (`NewInvalidObjError`), pkg/storage/interfaces.go
(`Preconditions.Check`), pkg/registry/generic/registry (keys below the resource's prefix).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakek8s import errors
from fakek8s.machinery.meta import key_of

if TYPE_CHECKING:
    from typing import Any

    from fakek8s.kind import Kind


def invalid_object(
    kind: Kind, metadata: dict[str, Any], why: str, *, dry_run: bool = False
) -> errors.APIError:
    """The 409 of a stored object (its metadata) that is not as the write wants it.

    What only tries (DryRunnableStorage) does not know below which prefix etcd keeps the object.
    """
    name = metadata["name"]
    key = key_of(metadata.get("namespace", ""), name)
    prefix = "" if dry_run else "/registry"
    text = (
        f"StorageError: invalid object, Code: 4, Key: {prefix}/{kind.stored_under}/{key}, "
        f"ResourceVersion: 0, AdditionalErrorMsg: {why}"
    )
    return errors.conflict(kind.plural, kind.group, name, text)


def other_uid(kind: Kind, metadata: dict[str, Any], wanted: str, dry_run: bool) -> errors.APIError:
    """The 409 of an object that has another uid than the one the write is for."""
    found = metadata.get("uid", "")
    why = f"Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}"
    return invalid_object(kind, metadata, why, dry_run=dry_run)
