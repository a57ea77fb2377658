"""ClusterTrustBundles: certificates of those who are trusted to sign.

Upstream: pkg/registry/certificates/clustertrustbundle, pkg/apis/certificates/validation
ValidateClusterTrustBundle, pkg/apis/core/validation ValidateClusterTrustBundleName.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.certificates.pem import authority_problem, blocks
from fakek8s.kinds.shared import cells
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.kinds.shared.podtemplate.projected import signer_name_rules
from fakek8s.machinery import meta, names
from fakek8s.machinery.causes import FieldError, invalid, too_long
from fakek8s.machinery.rules import immutable, subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fakek8s.kind import Operation

Object = dict[str, Any]

_MOST_BYTES = 1024 * 1024
_OMITTED = "<value omitted>"


def metadata_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateObjectMeta, of creates and of updates: the name starts with the signer's."""
    signer = obj["spec"].get("signerName", "")

    def name_rule(name: str, prefix: bool) -> list[str]:
        return _name_problems(name, prefix, signer)

    yield from meta.object_meta_rules(obj["metadata"], "metadata", False, name_rule)


def _name_problems(name: str, prefix: bool, signer: str) -> list[str]:
    """ValidateClusterTrustBundleName."""
    if not signer:
        if ":" in name:
            return ['ClusterTrustBundle without signer name must not have ":" in its name']
        return subdomain_name(name, prefix)
    start = signer.replace("/", ":") + ":"
    if not name.startswith(start):
        return [f"ClusterTrustBundle for signerName {signer} must be named with prefix {start}"]
    return subdomain_name(name.removeprefix(start), prefix)


def bundle_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateClusterTrustBundle."""
    signer, bundle = obj["spec"].get("signerName", ""), obj["spec"].get("trustBundle", "")
    if signer:
        yield from signer_name_rules(signer, "spec.signerName")
    if op.old is None or bundle != op.old["spec"].get("trustBundle", ""):
        yield from _anchor_rules(bundle, "spec.trustBundle")
    if op.old is not None:
        before = op.old["spec"].get("signerName", "")
        yield from immutable(signer, before, "spec.signerName")


def _anchor_rules(bundle: str, path: str) -> Iterator[FieldError]:
    """validateTrustBundle."""
    if names.byte_length(bundle) > _MOST_BYTES:
        yield too_long(path, _MOST_BYTES)
        return
    entries: dict[bytes, list[int]] = {}
    wrong = False
    for number, block in enumerate(blocks(bundle)):
        if problem := authority_problem(block):
            wrong = True
            yield invalid(path, _OMITTED, f"entry {number} {problem}")
        else:
            entries.setdefault(block.data, []).append(number)
    if wrong:
        return
    if not entries:
        yield invalid(path, _OMITTED, "at least one trust anchor must be provided")
    for places in entries.values():
        if len(places) > 1:
            shown = " ".join(map(str, places))
            yield invalid(path, _OMITTED, f"duplicate trust anchor (indices [{shown}])")


def bundle_cells(obj: Object, now: datetime) -> list[Any]:
    """Name, SignerName."""
    return [obj["metadata"].get("name", ""), obj["spec"].get("signerName") or cells.NONE]


KIND = Behaviour(
    group="certificates.k8s.io",
    plural="clustertrustbundles",
    checks_metadata=False,
    main=Strategy(rules=(metadata_rules, finalizer_names, bundle_rules)),
    cells=bundle_cells,
    selectable={"spec.signerName": lambda obj: str(obj["spec"].get("signerName", ""))},
    allow_unconditional_update=False,
)
