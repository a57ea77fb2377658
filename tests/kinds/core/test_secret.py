from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("", "v1", "secrets")


def secret(kind: str = "", **strings: str) -> dict[str, Any]:
    named = {key.replace("_", ".", 1): value for key, value in strings.items()}
    return {"metadata": {"name": "s"}, "type": kind, "stringData": named}


def pair() -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.fromisoformat("2026-01-01T00:00:00+00:00"))
        .not_valid_after(datetime.fromisoformat("2027-01-01T00:00:00+00:00"))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return certificate.public_bytes(Encoding.PEM).decode(), private.decode()


def test_string_data_is_written_over_data_and_not_kept(doors: Doors) -> None:
    body = {"metadata": {"name": "s"}, "data": {"a": "YQ==", "b": "Yg=="}, "stringData": {"a": "ü"}}
    obj = doors.create(body).object
    assert "stringData" not in obj
    assert obj["data"] == {"a": b64encode("ü".encode()).decode(), "b": "Yg=="}


def test_a_secret_is_opaque_unless_it_says_otherwise(doors: Doors) -> None:
    assert doors.create(secret()).object["type"] == "Opaque"


def test_the_type_stays(doors: Doors) -> None:
    old = doors.create(secret()).object
    assert doors.update(old, {"type": "example.com/x"}).texts == [
        'type: Invalid value: "example.com/x": field is immutable'
    ]


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        ("kubernetes.io/tls", ["data[tls.crt]", "data[tls.key]"]),
        ("kubernetes.io/dockercfg", ["data[.dockercfg]"]),
        ("kubernetes.io/dockerconfigjson", ["data[.dockerconfigjson]"]),
        ("kubernetes.io/basic-auth", ["data[username]", "data[password]"]),
        ("kubernetes.io/ssh-auth", ["data[ssh-privatekey]"]),
        (
            "kubernetes.io/service-account-token",
            ["metadata.annotations[kubernetes.io/service-account.name]"],
        ),
        ("example.com/own", []),
    ],
)
def test_types_demand_their_keys(doors: Doors, kind: str, missing: list[str]) -> None:
    texts = doors.create(secret(kind)).texts
    assert texts == [f"{field}: Required value" for field in missing]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{not json", "invalid character 'n' looking for beginning of object key string"),
        ("", "unexpected end of JSON input"),
        ("[1]", "json: cannot unmarshal array into Go value of type map[string]interface {}"),
        ("null", ""),
        ('{"auths":{}}', ""),
    ],
)
def test_docker_configurations_are_json_objects(doors: Doors, text: str, problem: str) -> None:
    body = secret("kubernetes.io/dockercfg", _dockercfg=text)
    wanted = f'data[.dockercfg]: Invalid value: "<secret contents redacted>": {problem}'
    assert doors.create(body).texts == ([wanted] if problem else [])


def test_an_immutable_secret_keeps_its_data(doors: Doors) -> None:
    old = doors.create({**secret(a="b"), "immutable": True}).object
    texts = doors.update(old, {"stringData": {"a": "c"}}).texts
    assert texts == ["data: Forbidden: field is immutable when `immutable` is set"]


def test_a_certificate_with_its_key_gives_no_warning(doors: Doors) -> None:
    certificate, key = pair()
    body = secret("kubernetes.io/tls", tls_crt=certificate, tls_key=key)
    assert doors.create(body).warnings == []


def test_a_certificate_and_a_key_that_do_not_fit_are_stored_with_a_warning(doors: Doors) -> None:
    (certificate, key), (_, other) = pair(), pair()
    warned = {
        (certificate, other): "tls: private key does not match public key",
        ("x", key): "tls: failed to find any PEM data in certificate input",
        (certificate, "y"): "tls: failed to find any PEM data in key input",
        (certificate, certificate): (
            "tls: found a certificate rather than a key in the PEM for the private key"
        ),
        (key, certificate): (
            "tls: failed to find certificate PEM data in certificate input, but did find a "
            "private key; PEM inputs may have been switched"
        ),
    }
    for (crt, private), text in warned.items():
        written = doors.create(secret("kubernetes.io/tls", tls_crt=crt, tls_key=private))
        assert (written.texts, written.warnings) == ([], [text])
        assert b64decode(written.object["data"]["tls.crt"]).decode() == crt


def test_the_type_can_be_selected_and_is_shown(doors: Doors) -> None:
    obj = doors.create(secret("example.com/own", a="b")).object
    assert doors.field("type", obj) == "example.com/own"
    assert doors.cells(obj) == ["s", "example.com/own", 1, "<unknown>"]
