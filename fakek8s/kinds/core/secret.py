"""Secrets: bytes under keys, of a type that demands some of them.

Upstream: pkg/registry/core/secret, pkg/apis/core/validation ValidateSecret and
ValidateSecretUpdate, pkg/apis/core/v1 SetDefaults_Secret and Convert_v1_Secret_To_core_Secret.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

from fakek8s.kind import Behaviour, Strategy
from fakek8s.kinds.core.configmap import MAX_SIZE
from fakek8s.kinds.shared import cells, keypair
from fakek8s.kinds.shared.data import bytes_in, immutable_data, key_rules, read_json
from fakek8s.kinds.shared.metadata import finalizer_names
from fakek8s.machinery.causes import invalid, required, too_long
from fakek8s.machinery.rules import immutable, subdomain_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fakek8s.kind import Operation
    from fakek8s.machinery.causes import FieldError

Object = dict[str, Any]

TLS = "kubernetes.io/tls"
ACCOUNT_TOKEN = "kubernetes.io/service-account-token"
ACCOUNT_NAME = "kubernetes.io/service-account.name"
#: Types and the keys that a Secret of them must have.
_REQUIRED_KEYS = {
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    TLS: ("tls.crt", "tls.key"),
}
_JSON_TYPES = ("kubernetes.io/dockercfg", "kubernetes.io/dockerconfigjson")
_REDACTED = "<secret contents redacted>"


def fold_strings(obj: Object) -> None:
    """stringData is a way of writing: it ends up in data, over what stands there."""
    strings = obj.pop("stringData", None)
    if strings:
        data = obj["data"] = dict(obj.get("data") or {})
        for key, text in strings.items():
            data[key] = b64encode(text.encode()).decode()


def default_type(obj: Object) -> None:
    """SetDefaults_Secret."""
    if not obj.get("type"):
        obj["type"] = "Opaque"


def type_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """The type stays what it is."""
    if op.old is not None:
        yield from immutable(obj.get("type", ""), op.old.get("type", ""), "type")


def data_rules(obj: Object, op: Operation) -> Iterator[FieldError]:
    """ValidateSecret: keys and size, then what the type demands."""
    data: Object = obj.get("data") or {}
    for key in data:
        yield from key_rules(key, f"data[{key}]")
    if sum(map(bytes_in, data.values())) > MAX_SIZE:
        yield too_long("data", MAX_SIZE)
    kind = obj.get("type", "")
    if kind == ACCOUNT_TOKEN:
        if not (obj["metadata"].get("annotations") or {}).get(ACCOUNT_NAME):
            yield required(f"metadata.annotations[{ACCOUNT_NAME}]")
    elif kind == "kubernetes.io/basic-auth":
        if "username" not in data and "password" not in data:
            yield required("data[username]")
            yield required("data[password]")
    elif kind == "kubernetes.io/ssh-auth" and not data.get("ssh-privatekey"):
        yield required("data[ssh-privatekey]")
    for key in _REQUIRED_KEYS.get(kind, ()):
        if key not in data:
            yield required(f"data[{key}]")
        elif kind in _JSON_TYPES and (problem := _json_problem(b64decode(data[key]))):
            yield invalid(f"data[{key}]", _REDACTED, problem)


def _json_problem(text: bytes) -> str:
    """What encoding/json says when it is to read an object; "" if it can."""
    try:
        read_json(text, dict, "map[string]interface {}")
    except ValueError as error:
        return str(error)
    return ""


def tls_warnings(obj: Object, op: Operation) -> Iterable[str]:
    """warningsForSecret: a certificate and a key that don't fit are stored all the same."""
    if obj.get("type") != TLS:
        return ()
    data: Object = obj.get("data") or {}
    problem = keypair.problem(
        b64decode(data.get("tls.crt") or ""), b64decode(data.get("tls.key") or "")
    )
    return (problem,) if problem else ()


KIND = Behaviour(
    group="",
    plural="secrets",
    defaults=(fold_strings, default_type),
    name=subdomain_name,
    main=Strategy(
        rules=(finalizer_names, type_rules, immutable_data("data"), data_rules),
        warnings=(tls_warnings,),
    ),
    cells=cells.row(lambda obj: obj.get("type", ""), lambda obj: len(obj.get("data") or ())),
    selectable={"type": lambda obj: str(obj.get("type", ""))},
)
