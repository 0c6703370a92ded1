"""What may be registered as a redirect address, and what is taken for a registered one."""

import pytest

from app.clients.addresses import BadAddress, check_redirect, origin_of
from app.clients.client import Client, make
from app.clients.metadata import parse
from app.clients.policy import Policy

DEVELOPMENT, PRODUCTION = Policy(), Policy(production=True, owned_domains=("eco.example",))

BAD = [
    "", "cb", "/cb", "//shop.example/cb", "shop.example/cb", "https:", "https://", "https:///cb",
    "https:shop.example/cb",
    "https:/shop.example/cb", "http://shop.example/cb", "HTTPS://shop.example/cb", "https://Shop.example/cb",
    "https://shop.example/cb#", "https://shop.example/cb#top", "https://user@shop.example/cb",
    "https://user:word@shop.example/cb", "https://shop.example@evil.example/cb", "https://*.shop.example/cb",
    "https://shop.example/*", "https://shop.example/a/../cb", "https://shop.example/./cb", "https://shop.example/..",
    "https://shop.example/%2e%2e/cb", "https://shop.example/%2E%2E/cb", "https://shop.example/a%2Fb",
    "https://shop.example/a%5Cb", "https://shop.example/a%252Fb", "https://shop.example/%00", "https://shop.example/%0D%0A",
    "https://shop.example/%", "https://shop.example/%zz", "https://shop.example\\cb", "https://shop.example/\\evil.example",
    "https:\\\\shop.example/cb", "https://shop.example/c b", " https://shop.example/cb", "https://shop.example/cb ",
    "https://shop.example/cb\n", "https://shop.example/\tcb", "https://shop.example/\r\nSet-Cookie:a=b",
    "https://shop.example/\x00", "https://магазин.рф/cb", "https://shop。example/cb", "https://shop.example/\u202ecb",
    "https://shop.example:0/cb", "https://shop.example:65536/cb", "https://shop.example:99999999/cb",
    "https://shop.example:/cb", "https://shop.example:a/cb", "https://shop.example:80:80/cb", "https://.example/cb",
    "https://shop..example/cb", "https://shop.example./cb", "https://-shop.example/cb", "https://sh_op.example/cb",
    "https://93.184.216.34/cb", "https://2130706433/cb", "https://0x7f000001/cb", "https://0177.0.0.1/cb",
    "https://127.1/cb", "https://[2001:db8::1]/cb", "https://[::1/cb", "https://[g::1]/cb", "https://::1/cb",
    "http://127.0.0.2/cb", "http://localhost.evil.example/cb", "http://evil.localhost.example/cb", "ftp://shop.example/cb",
    "javascript:alert(1)", "data:text/html,hi", "vbscript:x", "file:///etc/passwd", "about:blank", "blob:https://a.example/b",
    "https://shop.example/cb?code=1", "https://shop.example/cb?state=1", "https://shop.example/cb?a=1&iss=x",
    "https://shop.example/cb?error=x", "https://shop.example/cb?error_description=x", "https://shop.example/cb?%63ode=1",
    "https://shop.example/cb?CODE=1", "https://shop.example/cb?response=x", "https://shop.example/cb?state",
    "https://shop.example/cb;a<b", 'https://shop.example/"', "https://shop.example/`", "https://shop.example/{a}",
    "https://shop.example/|", "https://shop.example/^", "com.shop.app:/cb", "shop:/cb",
    "https://shop.example/" + "a" * 500,
]  # fmt: skip

BAD_NATIVE = [
    "shop:/cb", "com.shop.app:cb", "com.shop.app://cb", "com.shop.app://evil.example/cb", "com.shop.app:/cb?a=1",
    "com.shop.app:/cb#a", "Com.Shop.App:/cb", "javascript.x:alert(1)", "com.shop.app:", "com.shop.app:/a@b",
    "http://192.168.0.1/cb", "http://shop.example/cb", "http://127.0.0.1:0/cb?code=1", "http://[::2]/cb",
]  # fmt: skip

GOOD = [
    "https://shop.example/cb", "https://shop.example", "https://shop.example/", "https://a.b.shop.example:8443/cb",
    "https://shop.example/cb?tab=1&x=%D0%90", "https://xn--80aaxitdbjk.xn--p1ai/cb", "https://shop.example/a.b/..c/cb~;v=1",
]  # fmt: skip

DEVELOPMENT_ONLY = [
    "http://localhost:8200/cb", "http://127.0.0.1/cb", "http://[::1]:8200/cb", "http://store.localhost:8200/cb",
    "https://localhost:8443/cb",
]  # fmt: skip


@pytest.mark.sr("SR-051", "SR-003")
@pytest.mark.parametrize("policy", [DEVELOPMENT, PRODUCTION])
@pytest.mark.parametrize("uri", BAD)
def test_an_unsafe_address_is_not_registered(uri: str, policy: Policy) -> None:
    with pytest.raises(BadAddress):
        check_redirect(uri, policy, native=False)


@pytest.mark.sr("SR-051")
@pytest.mark.parametrize("uri", BAD_NATIVE)
def test_an_unsafe_native_address_is_not_registered(uri: str) -> None:
    with pytest.raises(BadAddress):
        check_redirect(uri, DEVELOPMENT, native=True)


@pytest.mark.parametrize("policy", [DEVELOPMENT, PRODUCTION])
@pytest.mark.parametrize("uri", GOOD)
def test_an_exact_https_address_is_registered(uri: str, policy: Policy) -> None:
    check_redirect(uri, policy, native=False)


@pytest.mark.parametrize("uri", DEVELOPMENT_ONLY)
def test_loopback_addresses_of_web_services_are_for_development(uri: str) -> None:
    check_redirect(uri, DEVELOPMENT, native=False)
    with pytest.raises(BadAddress):
        check_redirect(uri, PRODUCTION, native=False)


@pytest.mark.rule(
    "RFC 8252", "7.1", "a native application may use a reversed domain name as scheme, or http on loopback"
)
@pytest.mark.parametrize(
    "uri", ["com.shop.app:/cb", "http://127.0.0.1/cb", "http://[::1]:9/cb", "http://localhost/cb"]
)
def test_native_addresses_are_registered_in_production_too(uri: str) -> None:
    check_redirect(uri, PRODUCTION, native=True)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_a_port_that_does_not_exist_is_not_registered(host: str) -> None:
    for policy in (PRODUCTION, DEVELOPMENT):
        check_redirect(f"http://{host}:65535/cb", policy, native=True)
        for port in ("65536", "99999"):
            with pytest.raises(BadAddress, match="its port does not exist"):
                check_redirect(f"http://{host}:{port}/cb", policy, native=True)


def client_of(*uris: str, native: bool = False) -> Client:
    kind = "native" if native else "web"
    given = {"client_name": "Shop", "redirect_uris": list(uris), "application_type": kind}
    return make("shop", parse(given, DEVELOPMENT), [])


REGISTERED = "https://shop.example/cb?tab=1"
MUTATIONS = sorted(
    {REGISTERED[:at] + put + REGISTERED[at:] for at in range(len(REGISTERED) + 1) for put in "/.%a @\\"}
    | {REGISTERED[:at] + REGISTERED[at + 1 :] for at in range(len(REGISTERED))}
    | {REGISTERED[:at] + REGISTERED[at].swapcase() + REGISTERED[at + 1 :] for at in range(len(REGISTERED))}
    | {REGISTERED + end for end in ("#", "&", "&a=1", "/", "\n", "\x00", "%00", ".evil.example")}
)


@pytest.mark.sr("SR-001")
def test_only_the_very_string_is_accepted() -> None:
    client = client_of(REGISTERED)
    mutations = [uri for uri in MUTATIONS if uri != REGISTERED]
    assert len(mutations) >= 250
    assert [uri for uri in mutations if client.accepts_redirect(uri)] == []
    assert client.accepts_redirect(REGISTERED)


@pytest.mark.sr("SR-052")
def test_a_client_without_addresses_accepts_none() -> None:
    given = {"client_name": "Job", "redirect_uris": [], "grant_types": ["client_credentials"]}
    client = make("job", parse(given, DEVELOPMENT), [])
    assert not client.accepts_redirect("")
    assert not client.accepts_redirect("https://shop.example/cb")


HOSTS = ("127.0.0.1", "[::1]", "localhost")


@pytest.mark.sr("SR-002")
@pytest.mark.rule(
    "RFC 8252", "7.3", "any port of a native client's loopback address is accepted, and nothing else differs"
)
@pytest.mark.parametrize("registered", HOSTS)
@pytest.mark.parametrize(
    "presented", [*HOSTS, "127.0.0.2", "LOCALHOST", "127.1", "[::]", "[0:0:0:0:0:0:0:1]"]
)
@pytest.mark.parametrize("port", ["", ":1", ":8200", ":65535"])
def test_only_the_port_of_a_native_loopback_address_may_differ(
    registered: str, presented: str, port: str
) -> None:
    native = client_of(f"http://{registered}:4000/cb?a=1", native=True)
    web = client_of(f"http://{registered}:4000/cb?a=1")
    assert native.accepts_redirect(f"http://{presented}{port}/cb?a=1") == (presented == registered)
    assert not web.accepts_redirect(f"http://{presented}{port}/cb?a=1")
    assert not native.accepts_redirect(f"http://{presented}{port}/cb?a=2")
    assert not native.accepts_redirect(f"http://{presented}{port}/other?a=1")
    assert not native.accepts_redirect(f"https://{presented}{port}/cb?a=1")


@pytest.mark.sr("SR-002")
@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:0/cb", "http://127.0.0.1:080/cb", "http://127.0.0.1:65536/cb", "http://127.0.0.1:/cb",
        "http://127.0.0.1:1@evil.example/cb", "http://127.0.0.1:8200\\@evil.example/cb", "http://127.0.0.1:٣/cb",
        "http://127.0.0.1.evil.example/cb", "http://127.0.0.1:8200/cb\n", "http://127.0.0.1:99999999999999999999/cb",
    ],
)  # fmt: skip
def test_a_port_that_is_none_is_refused(uri: str) -> None:
    assert not client_of("http://127.0.0.1/cb", native=True).accepts_redirect(uri)


@pytest.mark.sr("SR-002")
def test_a_native_https_address_keeps_its_port() -> None:
    client = client_of("https://shop.example/cb", "http://127.0.0.1/cb", native=True)
    assert not client.accepts_redirect("https://shop.example:8443/cb")


def test_origins_are_written_as_browsers_write_them() -> None:
    assert origin_of("https://shop.example:443/cb") == "https://shop.example"
    assert origin_of("http://localhost:8200/cb?x=1") == "http://localhost:8200"
    assert origin_of("http://[::1]:8200") == "http://[::1]:8200"
