"""RFC 8705 §2: a client proves itself by the certificate of its connection, which a trusted proxy hands on."""

import logging
from collections.abc import Iterator
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.x509 import NameOID
from werkzeug.test import TestResponse

from tests.deployment import HTTPS, Browser, Deploy, Deployment, Service
from tests.protocol.rfc8705.authority import (
    PROXY,
    STRANGER,
    SUBJECT,
    WRITTEN,
    Holder,
    holder,
    new_key,
    own,
    post,
)
from tests.protocol.rfc8705.conftest import OWN
from tests.upstreams.fakes import Fake, told


def check_refused(answer: TestResponse) -> None:
    """One answer for all failures (SR-033)."""
    assert (answer.status_code, answer.json) == (401, {"error": "invalid_client"})


@pytest.mark.rule("RFC 8705", "2.1", "a client with a certificate for its subject is known; it names itself")
@pytest.mark.sr("SR-030")
def test_by_subject(deployment: Deployment, browser: Browser, robot: Service, owner: Holder) -> None:
    answer = own(browser, robot, owner.headers())
    assert (answer.status_code, answer.json["token_type"]) == (200, "Bearer")
    renewed = holder(deployment.clock)
    assert own(browser, robot, renewed.headers()).status_code == 200
    check_refused(own(browser, robot, {}))
    check_refused(own(browser, robot, holder(deployment.clock, subject=SUBJECT[1:]).headers()))
    nameless = browser.post("/token", data={"grant_type": "client_credentials"}, headers=owner.headers())
    check_refused(nameless)


@pytest.mark.rule("RFC 8705", "2.1", "the chain of the certificate was verified, and the proxy says so")
def test_a_chain_that_nobody_verified(browser: Browser, robot: Service, owner: Holder) -> None:
    for said in ("", "NONE", "FAILED:self-signed certificate", "success", "SUCCESS,SUCCESS"):
        check_refused(own(browser, robot, owner.headers(said)))
    check_refused(own(browser, robot, {"Client-Cert": owner.header}))
    check_refused(own(browser, robot, {"X-SSL-Client-Verify": "SUCCESS"}))


@pytest.mark.rule("RFC 8705", "2.1.2", "names are compared by what they mean, not by their letters")
@pytest.mark.parametrize(
    "written",
    [
        WRITTEN,
        r"cn=robot,o=\d0\9b\d0\b0\d0\b2\d0\ba\d0\b0\2c  ООО,c=ru",
        r"2.5.4.3=ROBOT,2.5.4.10=ЛАВКА\, ООО,2.5.4.6=RU",
    ],
)
def test_names_that_are_the_same(
    deployment: Deployment, browser: Browser, owner: Holder, written: str
) -> None:
    method = "tls_client_auth"
    made = deployment.register(token_endpoint_auth_method=method, tls_client_auth_subject_dn=written, **OWN)
    assert own(browser, made, owner.headers()).status_code == 200


@pytest.mark.rule("RFC 8705", "2.1.2", "a name that only looks alike is another one")
@pytest.mark.parametrize(
    "subject",
    [
        SUBJECT[::-1],
        SUBJECT[1:],
        (*SUBJECT, (NameOID.COMMON_NAME, "Robot")),
        (*SUBJECT[:2], (NameOID.COMMON_NAME, "Robot,O=Лавка")),
        ((NameOID.COMMON_NAME, WRITTEN),),
        (*SUBJECT[:2], (NameOID.SURNAME, "Robot")),
        (*SUBJECT[:2], (NameOID.COMMON_NAME, "Ro bot")),
    ],
)
def test_names_that_are_others(
    deployment: Deployment,
    browser: Browser,
    robot: Service,
    subject: tuple[tuple[x509.ObjectIdentifier, str]],
) -> None:
    check_refused(own(browser, robot, holder(deployment.clock, subject=subject).headers()))


def test_parts_of_a_relative_name_have_no_order(deployment: Deployment, browser: Browser) -> None:
    written = "OU=shop+CN=robot,C=RU"
    made = deployment.register(
        token_endpoint_auth_method="tls_client_auth", tls_client_auth_subject_dn=written, **OWN
    )
    flat = (
        (NameOID.COUNTRY_NAME, "RU"),
        (NameOID.COMMON_NAME, "robot"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "shop"),
    )
    check_refused(own(browser, made, holder(deployment.clock, subject=flat).headers()))
    other = deployment.register(
        token_endpoint_auth_method="tls_client_auth",
        tls_client_auth_subject_dn="CN=robot+OU=shop,C=RU",
        **OWN,
    )
    pair = [x509.NameAttribute(oid, value) for oid, value in flat[1:]]
    name = x509.Name(
        [
            x509.RelativeDistinguishedName([x509.NameAttribute(*flat[0])]),
            x509.RelativeDistinguishedName(pair),
        ]
    )
    joined = holder(deployment.clock, name=name)
    assert own(browser, made, joined.headers()).status_code == 200
    assert own(browser, other, joined.headers()).status_code == 200


NAMES = {
    "tls_client_auth_san_dns": ("robot.shop.ru", x509.DNSName("ROBOT.shop.ru"), x509.DNSName("*.shop.ru")),
    "tls_client_auth_san_uri": (
        "spiffe://shop.ru/robot",
        x509.UniformResourceIdentifier("spiffe://shop.ru/robot"),
        x509.UniformResourceIdentifier("spiffe://shop.ru/Robot"),
    ),
    "tls_client_auth_san_ip": (
        "2001:DB8:0:0::1",
        x509.IPAddress(ip_address("2001:db8::1")),
        x509.IPAddress(ip_address("2001:db8::2")),
    ),
    "tls_client_auth_san_email": (
        "robot@SHOP.ru",
        x509.RFC822Name("robot@shop.ru"),
        x509.RFC822Name("Robot@shop.ru"),
    ),
}


@pytest.mark.rule(
    "RFC 8705", "2.1.2", "a client is known by one alternative name: host, URI, address or e-mail"
)
@pytest.mark.parametrize("member", NAMES)
def test_by_alternative_name(deployment: Deployment, browser: Browser, member: str) -> None:
    written, good, bad = NAMES[member]
    made = deployment.register(token_endpoint_auth_method="tls_client_auth", **{member: written}, **OWN)
    assert own(browser, made, holder(deployment.clock, names=[bad, good]).headers()).status_code == 200
    assert own(browser, made, holder(deployment.clock, subject=(), names=[good]).headers()).status_code == 200
    check_refused(own(browser, made, holder(deployment.clock, names=[bad]).headers()))
    check_refused(own(browser, made, holder(deployment.clock).headers()))
    typed = x509.DNSName("robot.shop.ru") if "dns" not in member else x509.RFC822Name("robot.shop.ru")
    check_refused(own(browser, made, holder(deployment.clock, names=[typed]).headers()))


@pytest.mark.rule("RFC 8705", "2.2", "a self-signed certificate is known by the client's key")
@pytest.mark.parametrize("kind", ["EC", "RSA", "OKP"])
def test_by_key(deployment: Deployment, browser: Browser, kind: str) -> None:
    key = new_key(kind)
    mine, renewed = holder(deployment.clock, key=key), holder(deployment.clock, key=key)
    made = deployment.register(
        token_endpoint_auth_method="self_signed_tls_client_auth", jwks={"keys": [mine.jwk()]}, **OWN
    )
    for one in (mine, renewed):
        assert own(browser, made, one.headers("FAILED:self-signed certificate")).status_code == 200
    check_refused(own(browser, made, holder(deployment.clock).headers()))
    check_refused(own(browser, made, {}))


@pytest.mark.rule(
    "RFC 8705", "2.2.2", "where a certificate is published with the key, it is that certificate alone"
)
def test_by_published_certificate(deployment: Deployment, browser: Browser) -> None:
    mine, other = holder(deployment.clock), holder(deployment.clock)
    renewed = holder(deployment.clock, key=mine.key)
    for chain, good in (
        ([mine.encoded], True),
        ([other.encoded], False),
        ([], False),
        ("x", False),
        (["%"], False),
    ):
        made = deployment.register(
            token_endpoint_auth_method="self_signed_tls_client_auth",
            jwks={"keys": [mine.jwk(x5c=chain)]},
            **OWN,
        )
        assert (own(browser, made, mine.headers()).status_code == 200) is good
        check_refused(own(browser, made, renewed.headers()))
        check_refused(own(browser, made, other.headers()))


@pytest.fixture
def site() -> Iterator[Fake]:
    """The client's own web server."""
    fake = Fake()
    yield fake
    fake.close()


@pytest.mark.rule("RFC 8705", "2.2", "a client publishes a new certificate at its jwks_uri by itself")
@pytest.mark.sr("SR-054")
def test_by_keys_at_its_address(deploy: Deploy, site: Fake) -> None:
    deployment = deploy(
        client_certificates=True, trusted_proxies=(f"{PROXY}/32",), trusted_origins=(site.url,)
    )
    browser, first, second = deployment.client(), holder(deployment.clock), holder(deployment.clock)
    site.replies["/keys"] = told({"keys": [first.jwk(x5c=[first.encoded])]})
    made = deployment.register(
        token_endpoint_auth_method="self_signed_tls_client_auth", jwks_uri=f"{site.url}/keys", **OWN
    )
    assert own(browser, made, first.headers()).status_code == 200
    site.replies["/keys"] = told({"keys": [second.jwk(x5c=[second.encoded])]})
    deployment.clock_file.advance(11)
    with deployment.statements() as statements:
        assert own(browser, made, second.headers()).status_code == 200
    assert [one for one in statements if "versions" not in one] == []
    check_refused(own(browser, made, first.headers()))


@pytest.mark.rule(
    "RFC 8705", "2", "a method is used where it is registered; a certificate is no other client's"
)
@pytest.mark.sr("SR-030", "SR-033")
def test_other_methods(
    deployment: Deployment, browser: Browser, robot: Service, keeper: Service, owner: Holder
) -> None:
    secret = deployment.register("secret", grant_types=["client_credentials"], redirect_uris=[])
    check_refused(own(browser, secret, owner.headers()))
    for one in (robot, keeper):
        given = {"grant_type": "client_credentials"}
        check_refused(post(browser, "/token", one, given | {"client_secret": "x"}, owner.headers()))
        basic = owner.headers(Authorization=secret.basic)
        assert post(browser, "/token", one, given, basic).status_code == 400
        assert own(browser, one, owner.headers()).status_code == 200
    other = deployment.register(
        "other", token_endpoint_auth_method="tls_client_auth", tls_client_auth_subject_dn="CN=Other", **OWN
    )
    check_refused(own(browser, other, owner.headers()))


@pytest.mark.rule("RFC 8705", "2", "the certificate serves at every endpoint where clients prove themselves")
@pytest.mark.sr("SR-030")
def test_at_every_endpoint(browser: Browser, deployment: Deployment, store: Service, owner: Holder) -> None:
    forms = {
        "/par": store.request(),
        "/introspect": {"token": "x"},
        "/revoke": {"token": "x"},
    }
    for path, form in forms.items():
        assert post(browser, path, store, form, owner.headers()).status_code in (200, 201)
        check_refused(post(browser, path, store, form, {}))
        check_refused(
            post(browser, path, store, form, holder(deployment.clock, subject=SUBJECT[:1]).headers())
        )


@pytest.mark.rule(
    "RFC 9440", "2.2", "a certificate that cannot be read, or came twice, is refused in the protocol's form"
)
@pytest.mark.sr("SR-024", "SR-033")
def test_headers_that_cannot_be_read(
    browser: Browser, robot: Service, keeper: Service, owner: Holder
) -> None:
    whole = owner.encoded
    pem = f"-----BEGIN%20CERTIFICATE-----%0A{whole}%0A-----END%20CERTIFICATE-----%0A"
    for text in (
        "", ":", "::", ":=:", ":x:", ":%:", whole, f":{whole}", f"{whole}:", f":{whole[:-8]}:", f":{whole[8:]}:",
        f":{whole}:, :{whole}:", f":{whole}:,:{whole}:", f":{whole}:;x=1", f"({owner.header})", f'"{whole}"', pem,
        f":{whole} :", f":{whole}{whole}:", ":" + "A" * 20_000 + ":", ":MAA=:", ":MIIB:",
    ):  # fmt: skip
        for one in (robot, keeper):
            check_refused(own(browser, one, {"Client-Cert": text, "X-SSL-Client-Verify": "SUCCESS"}))
    for one in (robot, keeper):
        assert own(browser, one, {**owner.headers(), "Client-Cert": f" {owner.header} "}).status_code == 200


@pytest.mark.rule(
    "RFC 8705", "7.3", "a certificate that is over, or not yet valid, by our clock proves nothing"
)
def test_validity(deployment: Deployment, browser: Browser, robot: Service, owner: Holder) -> None:
    key = owner.key
    keeper = deployment.register(
        token_endpoint_auth_method="self_signed_tls_client_auth", jwks={"keys": [owner.jwk()]}, **OWN
    )
    for one in (robot, keeper):
        for days in ((-2.0, -1.0), (1.0, 2.0)):
            check_refused(own(browser, one, holder(deployment.clock, key=key, days=days).headers()))
        assert own(browser, one, owner.headers()).status_code == 200
    deployment.clock_file.advance(31 * 86_400)
    for one in (robot, keeper):
        check_refused(own(browser, one, owner.headers()))


@pytest.mark.rule("RFC 9440", "4", "anybody can write the header: only a trusted proxy's is read")
@pytest.mark.sr("SR-094")
def test_a_header_from_a_stranger(
    browser: Browser, robot: Service, keeper: Service, owner: Holder, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "mostid.door")
    for one in (robot, keeper):
        check_refused(own(browser, one, owner.headers(), STRANGER))
        check_refused(own(browser, one, owner.headers(**{"X-Forwarded-For": PROXY}), STRANGER))
        assert own(browser, one, owner.headers(**{"X-Forwarded-For": STRANGER})).status_code == 200
    said = [record for record in caplog.records if "certificate ignored" in record.message]
    assert len(said) == 4
    assert all(owner.encoded not in str(record.__dict__) for record in said)


def test_nobody_is_believed_unless_it_is_switched_on(deploy: Deploy) -> None:
    for settings in ({}, {"client_certificates": True}, {"trusted_proxies": (f"{PROXY}/32",)}):
        deployment = deploy(**settings, issuer=HTTPS)
        robot = deployment.register(
            "robot", token_endpoint_auth_method="tls_client_auth", tls_client_auth_subject_dn=WRITTEN, **OWN
        )
        check_refused(own(deployment.client(), robot, holder(deployment.clock).headers()))


@pytest.mark.rule("RFC 8705", "2", "who uses no certificate is not asked for one, whatever the proxy passes")
def test_other_clients_take_no_notice(deployment: Deployment, browser: Browser, owner: Holder) -> None:
    service = deployment.register(
        "secret", grant_types=["client_credentials"], redirect_uris=[], allowed_scopes=["a"]
    )
    for header in (owner.header, "x", f"{owner.header}, {owner.header}"):
        headers = {"Authorization": service.basic, "Client-Cert": header}
        answer = browser.post("/token", data={"grant_type": "client_credentials"}, headers=headers)
        assert (answer.status_code, answer.json["token_type"]) == (200, "Bearer")
