"""Certificates of others: whatever their bytes are, they are read, or refused as such."""

import warnings
from ipaddress import ip_address

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from app.keys.certificates import BadCertificate, BadName, distinguished_name, read
from app.keys.jwk import read as read_key
from app.storage.clock import Clock
from tests.protocol.rfc8705.authority import SUBJECT, WRITTEN, holder

KINDS = (x509.DNSName, x509.UniformResourceIdentifier, x509.IPAddress, x509.RFC822Name)


def test_a_certificate_says_whose_it_is() -> None:
    names = [x509.DNSName("a.shop.ru"), x509.IPAddress(ip_address("10.0.0.1"))]
    made = holder(Clock(), names=names)
    found = read(made.der)
    assert found.thumbprint == made.thumbprint
    assert found.subject == distinguished_name(WRITTEN)
    assert [found.alternative_names(kind) for kind in KINDS] == [["a.shop.ru"], [], ["10.0.0.1"], []]
    assert found.holds(read_key(made.jwk()))
    assert found.begins < Clock().now() < found.ends
    assert found.ends % 1000 == 999


MADE = holder(Clock(), names=[x509.DNSName("a.shop.ru"), x509.RFC822Name("a@shop.ru")])
KEY = read_key(MADE.jwk())
CHANGES = st.lists(st.tuples(st.integers(0, len(MADE.der) - 1), st.integers(0, 255)), min_size=1, max_size=5)


@pytest.mark.sr("SR-024")
@settings(max_examples=400, deadline=None)
@given(changes=CHANGES, cut=st.one_of(st.none(), st.integers(0, len(MADE.der))))
def test_broken_bytes(changes: list[tuple[int, int]], cut: int | None) -> None:
    raw = bytearray(MADE.der)
    for place, value in changes:
        raw[place] = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the library only finds odd
        try:
            found = read(bytes(raw[:cut]))
        except BadCertificate:
            return
        assert all(isinstance(found.alternative_names(kind), list) for kind in KINDS)
        assert found.holds(KEY) in (True, False)


@pytest.mark.parametrize("der", [b"", b"0", b"0\x00", bytes(20_000), b"-----BEGIN CERTIFICATE-----"])
def test_what_is_no_certificate(der: bytes) -> None:
    with pytest.raises(BadCertificate):
        read(der)


@pytest.mark.parametrize(
    "text", ["", "CN", "CN=", "=x", "CN=a,", "CN=a;O=b", "CN=#6162", "C=RUS", "1=a", "CN=\\zz"]
)
def test_what_is_no_name(text: str) -> None:
    with pytest.raises(BadName):
        distinguished_name(text)


def test_names_differ_by_order_and_by_type() -> None:
    flat = distinguished_name("CN=a,O=b")
    assert flat != distinguished_name("O=b,CN=a")
    assert flat != distinguished_name("CN=a+O=b")
    assert flat != distinguished_name("CN=a,OU=b")
    assert distinguished_name("CN=a+O=b") == distinguished_name("o=B+2.5.4.3=A")
    assert len(distinguished_name(WRITTEN)) == len(SUBJECT)
