"""VolumeAttachments: a volume that is to be attached to a node.

Upstream: pkg/registry/storage/volumeattachment, pkg/apis/storage/validation
ValidateVolumeAttachment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour
from fakek8s.kinds.shared import cells, doors
from fakek8s.kinds.shared.declarative import (
    IMMUTABLE_FIELD,
    LONG_NAME_CASELESS,
    REQUIRED,
    covered,
    declaratively,
    field,
    max_length,
)
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.kinds.shared.podtemplate.storage import default_source
from fakek8s.kinds.shared.status import status
from fakek8s.kinds.storage.inline import inline_volume_rules
from fakek8s.kinds.storage.names import driver_name_rules
from fakek8s.machinery import names
from fakek8s.machinery.causes import forbidden, invalid, required, too_long
from fakek8s.machinery.meta import IMMUTABLE
from fakek8s.machinery.rules import subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_METADATA_SIZE = 256 * 1024  # bytes, keys and values together
_MESSAGE_LENGTH = 1024


def default_inline_volume(obj: Object) -> None:
    """The defaults of the source of an inline volume."""
    inline = (obj.setdefault("spec", {}).get("source") or {}).get("inlineVolumeSpec")
    if inline is not None:
        default_source(inline)


def spec_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """validateVolumeAttachmentSpec."""
    spec = obj["spec"]
    yield from driver_name_rules(spec.get("attacher", ""), "spec.attacher")
    source = spec.get("source") or {}
    inline, volume = source.get("inlineVolumeSpec"), source.get("persistentVolumeName")
    one_of = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
    if inline is None and volume is None:
        yield required("spec.source", one_of)
    elif inline is not None and volume is not None:
        yield forbidden("spec.source", one_of)
    elif volume == "":
        text = "must specify non empty persistentVolumeName"
        yield required("spec.source.persistentVolumeName", text)
    elif inline is not None:
        yield from inline_volume_rules(inline, "spec.source.inlineVolumeSpec")
    node = spec.get("nodeName", "")
    for message in subdomain_name(node, False):
        yield invalid("spec.nodeName", node, message)


def status_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """validateVolumeAttachmentStatus."""
    status = obj.get("status") or {}
    metadata = status.get("attachmentMetadata") or {}
    size = sum(names.byte_length(key) + names.byte_length(metadata[key]) for key in metadata)
    if size > _METADATA_SIZE:
        yield too_long("status.attachmentMetadata", _METADATA_SIZE)
    for name in ("attachError", "detachError"):
        error, path = status.get(name) or {}, f"status.{name}"
        if names.byte_length(error.get("message", "")) > _MESSAGE_LENGTH:
            yield too_long(f"{path}.message", _MESSAGE_LENGTH)
        code = error.get("errorCode")
        if code is not None and code < 0:
            text = names.inclusive_range_error(0, 2**31 - 1)
            yield invalid(f"{path}.errorCode", code, text)


def volume_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """The end of ValidateVolumeAttachment."""
    volume = (obj["spec"].get("source") or {}).get("persistentVolumeName")
    for message in subdomain_name(volume, False) if volume is not None else ():
        yield invalid("spec.source.persistentVolumeName", volume, message)


def fixed_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateVolumeAttachmentUpdate."""
    if op.old is not None and obj["spec"] != op.old["spec"]:
        yield covered(invalid("spec", None, IMMUTABLE), "immutable")


#: Validate_VolumeAttachment.
DECLARED = field(
    "spec",
    IMMUTABLE_FIELD,
    field("attacher", REQUIRED, LONG_NAME_CASELESS, max_length(63)),
)
_RULES = declaratively(
    finalizer_names, spec_rules, status_rules, volume_rules, fixed_rules, node=DECLARED
)

KIND = Behaviour(
    group="storage.k8s.io",
    plural="volumeattachments",
    defaults=(default_inline_volume,),
    name=subdomain_name,
    main=doors.main(rules=(_RULES,)),
    status=status(rules=(_RULES,)),
    cells=cells.row(
        lambda obj: obj["spec"].get("attacher", ""),
        lambda obj: (obj["spec"].get("source") or {}).get("persistentVolumeName", ""),
        lambda obj: obj["spec"].get("nodeName", ""),
        lambda obj: (obj.get("status") or {}).get("attached", False),
    ),
    allow_unconditional_update=False,
    returns_deleted=True,
)
