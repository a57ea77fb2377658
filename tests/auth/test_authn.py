"""Credentials: tokens in the real server's file form, certificates, impersonation."""

from __future__ import annotations

import pytest

from fakek8s.auth.authn import Authenticator, ignored
from fakek8s.auth.certs import Authority, user_of
from fakek8s.auth.tokens import TokenFileError, parse_token_file
from fakek8s.auth.user import ANONYMOUS, AUTHENTICATED, User


def test_a_token_file_names_users_and_groups() -> None:
    found = parse_token_file('t1,ann,1,"dev,ops"\n\nt2,bob,2\n')
    assert found == {"t1": User("ann", "1", ("dev", "ops")), "t2": User("bob", "2")}


@pytest.mark.parametrize("text", ["t1,ann\n", ",ann,1\n"])
def test_a_broken_token_file_is_refused(text: str) -> None:
    with pytest.raises(TokenFileError):
        parse_token_file(text)


def test_credentials_are_known_unknown_or_absent() -> None:
    authenticator = Authenticator({"t": User("ann")})
    known = authenticator.authenticate("Bearer t", None)
    assert known == User("ann", groups=(AUTHENTICATED,))
    assert authenticator.authenticate("Bearer wrong", None) is None
    nobody = authenticator.authenticate(None, None)
    assert nobody is not None
    assert nobody.name == ANONYMOUS


def test_a_bearer_token_ends_at_a_space() -> None:
    authenticator = Authenticator({"t": User("ann")})
    assert authenticator.authenticate("bearer t and more", None) == authenticator.review("t").user
    nobody = authenticator.authenticate("Bearer  t", None)
    assert nobody is not None
    assert nobody.name == ANONYMOUS
    assert "extra space before the bearer token" in ignored("Bearer  t")
    assert ignored("Basic  t") == ignored("Bearer t") == ""


def test_a_static_token_is_for_the_server_alone() -> None:
    authenticator = Authenticator({"t": User("ann")})
    here = "https://kubernetes.default.svc"
    assert authenticator.review("t", ["a", here]).audiences == (here,)
    elsewhere = authenticator.review("t", ["a"])
    assert (elsewhere.user, elsewhere.error) == (None, "invalid bearer token")
    blank = authenticator.review(" ", ["a"])
    assert blank.user is not None
    assert (blank.user.name, blank.audiences) == (ANONYMOUS, ("a",))


def test_a_certificate_names_its_user() -> None:
    subject = ((("organizationName", "system:masters"),), (("commonName", "admin"),))
    assert user_of({"subject": subject}) == User("admin", groups=("system:masters",))
    assert user_of({"subject": ()}) is None


def test_an_authority_issues_what_it_is_asked_for() -> None:
    from cryptography import x509

    authority = Authority()
    pair = authority.issue("admin", ("system:masters",))
    certificate = x509.load_pem_x509_certificate(pair.certificate)
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.certificate))
    assert certificate.subject.rfc4514_string() == "CN=admin,O=system:masters"
    server = authority.issue("kube-apiserver", names=["127.0.0.1", "localhost"], server=True)
    names = x509.load_pem_x509_certificate(server.certificate).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert names.value.get_values_for_type(x509.DNSName) == ["localhost"]
