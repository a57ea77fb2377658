from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from tests.kinds.conftest import Doors

KIND = ("certificates.k8s.io", "v1", "certificatesigningrequests")


@pytest.fixture(name="request_pem", scope="module")
def _request_pem() -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somebody")])
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, SHA256())
    return b64encode(request.public_bytes(Encoding.PEM)).decode()


def a_request(pem: str, **spec: Any) -> dict[str, Any]:
    wanted = {"request": pem, "signerName": "example.com/s", "usages": ["client auth"], **spec}
    return {"metadata": {"name": "c"}, "spec": wanted}


def test_the_server_says_who_asks(doors: Doors, request_pem: str) -> None:
    written = doors.create(a_request(request_pem, username="root", groups=["system:masters"]))
    assert written.errors == []
    assert written.object["spec"]["username"] == "somebody"
    assert "groups" not in written.object["spec"]


def test_a_request_does_not_change(doors: Doors, request_pem: str) -> None:
    old = doors.create(a_request(request_pem)).object
    written = doors.update(old, {"spec": {"signerName": "example.com/other"}})
    assert written.object["spec"] == old["spec"]


def test_approval_fills_the_times_and_keeps_the_rest(doors: Doors, request_pem: str) -> None:
    old = doors.create(a_request(request_pem)).object
    approved = {"type": "Approved", "status": "True", "reason": "R"}
    changes = {"status": {"certificate": "eA==", "conditions": [approved]}}
    status = doors.update(old, changes, "approval").object["status"]
    assert "certificate" not in status
    assert status["conditions"][0]["lastUpdateTime"] == "2026-01-02T03:04:05Z"
    assert status["conditions"][0]["lastTransitionTime"] == "2026-01-02T03:04:05Z"


def test_the_status_door_does_not_touch_a_verdict(doors: Doors, request_pem: str) -> None:
    old = doors.create(a_request(request_pem)).object
    denied = {"type": "Denied", "status": "True", "reason": "R"}
    old = doors.update(old, {"status": {"conditions": [denied]}}, "approval").object
    changed = {"status": {"conditions": [{**denied, "reason": "other"}]}}
    assert doors.update(old, changed, "status").object == old


def test_a_text_that_is_no_request_is_refused(doors: Doors) -> None:
    texts = doors.create(a_request("bm90IGEgcmVxdWVzdA==")).texts
    assert texts == [
        (
            'spec.request: Invalid value: "bm90IGEgcmVxdWVzdA==": '
            "PEM block type must be CERTIFICATE REQUEST"
        )
    ]
