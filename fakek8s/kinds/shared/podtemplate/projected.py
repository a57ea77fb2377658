"""Volumes made of files: keys and their paths, the downward API, projections.

Upstream: pkg/apis/core/validation validateKeyToPath, validateDownwardAPIVolumeFile,
validateProjectionSources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kinds.shared.podtemplate.env import field_selector_rules, resource_selector_rules
from fakek8s.kinds.shared.podtemplate.internal import TRUST_BUNDLE, internal
from fakek8s.kinds.shared.podtemplate.paths import local_path
from fakek8s.kinds.shared.podtemplate.selectors import label_selector_rules
from fakek8s.machinery import names
from fakek8s.machinery.causes import forbidden, invalid, not_supported, required, too_long
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakek8s.kinds.shared.podtemplate.options import Options
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

_VOLUME_FIELDS = (
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
)
_KEY_TYPES = ("RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519")
_DAY = 24 * 60 * 60
_CONFLICT = "conflicting duplicate paths"
_MODE = "must be a number between 0 and 0777 (octal), both inclusive"


def mode_rules(mode: int | None, path: str) -> Iterator[FieldError]:
    """File permissions of an optional field."""
    if mode is not None and not 0 <= mode <= 0o777:
        yield invalid(path, mode, _MODE)


def items_rules(items: list[Object], path: str) -> Iterator[FieldError]:
    """validateKeyToPath of each."""
    for number, item in enumerate(items):
        yield from _item_rules(item, f"{path}[{number}]")


def _item_rules(item: Object, path: str) -> Iterator[FieldError]:
    if not item.get("key"):
        yield required(f"{path}.key")
    target = item.get("path", "")
    if not target:
        yield required(f"{path}.path")
    yield from local_path(target, f"{path}.path")
    yield from mode_rules(item.get("mode"), f"{path}.mode")


def downward_rules(source: Object, path: str) -> Iterator[FieldError]:
    """validateDownwardAPIVolumeSource: errors of a file name the volume, not the file."""
    yield from mode_rules(source.get("defaultMode"), f"{path}.defaultMode")
    for file in source.get("items") or ():
        yield from _file_rules(file, path)


def _file_rules(file: Object, path: str) -> Iterator[FieldError]:
    target = file.get("path", "")
    if not target:
        yield required(f"{path}.path")
    yield from local_path(target, f"{path}.path")
    field, resource = file.get("fieldRef"), file.get("resourceFieldRef")
    if field is not None:
        yield from field_selector_rules(field, f"{path}.fieldRef", _VOLUME_FIELDS)
        if resource is not None:
            detail = "fieldRef and resourceFieldRef can not be specified simultaneously"
            yield invalid(path, "resource", detail)
    elif resource is not None:
        yield from resource_selector_rules(resource, f"{path}.resourceFieldRef", volume=True)
    else:
        yield required(path, "one of fieldRef and resourceFieldRef is required")
    yield from mode_rules(file.get("mode"), f"{path}.mode")


class _Paths:
    """The paths that a projected volume's sources write, each to be written once."""

    def __init__(self, volume: str) -> None:
        self._volume = volume
        self._taken: set[str] = set()

    def take(self, path: str, shown: str) -> Iterator[FieldError]:
        if path in self._taken:
            yield invalid(self._volume, shown, _CONFLICT)
        self._taken.add(path)


def projected_rules(source: Object, path: str, options: Options) -> Iterator[FieldError]:
    """validateProjectedVolumeSource."""
    yield from mode_rules(source.get("defaultMode"), f"{path}.defaultMode")
    paths = _Paths(path)
    for number, projection in enumerate(source.get("sources") or ()):
        where = f"{path}.sources[{number}]"
        found = 0
        for kind in ("secret", "configMap"):
            if (part := projection.get(kind)) is not None:
                found += 1
                yield from _keys_rules(part, f"{where}.{kind}", paths)
        if (part := projection.get("downwardAPI")) is not None:
            found += 1
            for file in part.get("items") or ():
                yield from _file_rules(file, f"{where}.downwardAPI")
                if target := file.get("path"):
                    yield from paths.take(target, target)
        if (part := projection.get("serviceAccountToken")) is not None:
            found += 1
            yield from _token_rules(part, f"{where}.serviceAccountToken", path, options)
        if (part := projection.get("clusterTrustBundle")) is not None:
            found += 1
            yield from _trust_bundle_rules(part, f"{where}.clusterTrustBundle", paths)
        if (part := projection.get("podCertificate")) is not None:
            found += 1
            yield from _certificate_rules(part, f"{where}.podCertificate", paths)
        if found > 1:
            yield forbidden(where, "may not specify more than 1 volume type per source")


def _keys_rules(part: Object, path: str, paths: _Paths) -> Iterator[FieldError]:
    name = part.get("name", "")
    if not name:
        yield required(f"{path}.name")
    for number, item in enumerate(part.get("items") or ()):
        yield from _item_rules(item, f"{path}.items[{number}]")
        if target := item.get("path"):
            yield from paths.take(target, name)


def token_lifetime_rules(seconds: int, path: str) -> Iterator[FieldError]:
    """How long a token of a service account may be good for, wherever one is asked for."""
    if seconds < 600:
        yield invalid(path, seconds, "may not specify a duration less than 10 minutes")
    if seconds > 1 << 32:
        yield invalid(path, seconds, "may not specify a duration larger than 2^32 seconds")


def _token_rules(part: Object, path: str, volume: str, options: Options) -> Iterator[FieldError]:
    expiration = part.get("expirationSeconds")
    where = f"{path}.expirationSeconds"
    if expiration is None:
        yield required(where)
    else:
        yield from token_lifetime_rules(expiration, where)
    target = part.get("path", "")
    if not target:
        yield required(f"{volume}.path")
    elif not options.non_local_token_path:
        yield from local_path(target, f"{volume}.path")


def _trust_bundle_rules(part: Object, path: str, paths: _Paths) -> Iterator[FieldError]:
    name, signer = part.get("name"), part.get("signerName")
    selector = part.get("labelSelector")
    if name is not None and signer is not None:
        shown = internal(part, TRUST_BUNDLE)
        yield invalid(path, shown, "only one of name and signerName may be used")
    elif name is not None:
        if not name:
            yield required(f"{path}.name", "must be a valid object name")
        for message in bundle_name_problems(name):
            detail = f"not a valid clustertrustbundlename: {message}"
            yield invalid(f"{path}.name", name, detail)
        if selector is not None:
            detail = "labelSelector must be unset if name is specified"
            yield invalid(f"{path}.labelSelector", selector, detail)
    elif signer is not None:
        if not signer:
            yield required(f"{path}.signerName", "must be a valid signer name")
        yield from signer_name_rules(signer, f"{path}.signerName")
        yield from label_selector_rules(selector, f"{path}.labelSelector")
    else:
        yield required(path, "either name or signerName must be specified")
    target = part.get("path", "")
    if not target:
        yield required(f"{path}.path")
    yield from local_path(target, f"{path}.path")
    yield from paths.take(target, target)


def bundle_name_problems(name: str) -> list[str]:
    """ValidateClusterTrustBundleName with the signer name that the name itself tells."""
    signer, colon, _ = name.rpartition(":")
    if not colon:
        return names.is_dns1123_subdomain(name)
    prefix = signer.replace("/", ":") + ":"
    if not name.startswith(prefix):
        shown = signer.replace(":", "/")
        return [f"ClusterTrustBundle for signerName {shown} must be named with prefix {prefix}"]
    return names.is_dns1123_subdomain(name.removeprefix(prefix))


def signer_name_rules(signer: str, path: str) -> Iterator[FieldError]:
    """ValidateSignerName."""
    if not signer:
        yield required(path)
        return
    domain, slash, rest = signer.partition("/")
    if not slash or "/" in rest:
        detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
        yield invalid(path, signer, detail)
        return
    if names.byte_length(domain) > 253:
        yield too_long(path, 253)
    for label in domain.split("."):
        if messages := names.is_dns1123_label(label):
            for message in messages:
                yield invalid(path, domain, f"validating label {quote(label)}: {message}")
            break
    if "." not in domain:
        detail = "should be a domain with at least two segments separated by dots"
        yield invalid(path, domain, detail)
    for label in rest.split("."):
        if messages := names.is_dns1123_subdomain(label):
            for message in messages:
                yield invalid(path, rest, f"validating label {quote(label)}: {message}")
            break
    if names.byte_length(signer) > 571:
        yield too_long(path, 571)


def _certificate_rules(part: Object, path: str, paths: _Paths) -> Iterator[FieldError]:
    signer = part.get("signerName", "")
    yield from signer_name_rules(signer, f"{path}.signerName")
    for key in part.get("userAnnotations") or ():
        yield from domain_key_rules(key.lower(), f"{path}.userAnnotations")
    key_type = part.get("keyType", "")
    if key_type not in _KEY_TYPES:
        yield not_supported(f"{path}.keyType", key_type, _KEY_TYPES)
    seconds = part.get("maxExpirationSeconds")
    if seconds is not None:
        where = f"{path}.maxExpirationSeconds"
        if seconds < 3600:
            yield invalid(where, seconds, "if provided, maxExpirationSeconds must be >= 3600")
        host = signer.partition("/")[0]
        own = host == "kubernetes.io" or host.endswith(".kubernetes.io")
        most = _DAY if own else 91 * _DAY
        if seconds > most:
            yield invalid(where, seconds, f"if provided, maxExpirationSeconds must be <= {most}")
    found = 0
    for name in ("credentialBundlePath", "keyPath", "certificateChainPath"):
        target = part.get(name)
        if target:
            found += 1
            yield from local_path(target, f"{path}.{name}")
            yield from paths.take(target, target)
    if not found:
        detail = "specify at least one of credentialBundlePath, keyPath, and certificateChainPath"
        yield required(path, detail)


def domain_key_rules(key: str, path: str) -> Iterator[FieldError]:
    """validation.IsDomainPrefixedKey."""
    if not key:
        yield required(path)
        return
    messages = names.is_qualified_name(key)
    if not messages and "/" not in key:
        messages = ['must be a domain-prefixed key (such as "acme.io/foo")']
    for message in messages:
        yield invalid(path, key, message)
