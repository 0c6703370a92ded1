"""TLS to upstreams is verified: chain, name, time, purpose, version (SR-119)."""

import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.upstreams.base import UpstreamError
from app.upstreams.http import Http
from tests.upstreams.certificates import Authority
from tests.upstreams.fakes import Fake, Wire, made


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """The only one that this machine trusts."""
    made_now = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made_now.pem))
    return made_now


def ask(client: Callable[..., Http], fake: Fake, host: str = "localhost") -> str:
    fake.replies["/x"] = made("{}")
    http = client(connect_s=5, total_s=9)
    with pytest.raises(UpstreamError) as caught:
        http.post("mailru", f"https://{host}:{fake.port}/x", form={"access_token": "t"})
    assert caught.value.kind == "unavailable"
    assert fake.received == []  # not a byte of the request was sent
    return caught.value.detail


@pytest.mark.sr("SR-119")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_good_server_is_asked(
    client: Callable[..., Http], fakes: Callable[..., Fake], authority: Authority, version: ssl.TLSVersion
) -> None:
    context = authority.server("localhost")
    context.minimum_version = context.maximum_version = version
    fake = fakes(tls=context)
    fake.replies["/x"] = made('{"a": 1}')
    http = client(connect_s=5, total_s=9)
    for _ in range(3):
        assert http.get("mailru", fake.url + "/x").body == b'{"a": 1}'
    assert fake.connections == 1


@pytest.mark.sr("SR-119")
@pytest.mark.parametrize(
    ("names", "options", "reason"),
    [
        (["localhost"], {"own_signature": True}, "certificate verify failed"),
        (["localhost"], {"days": (-3, -1)}, "expired"),
        (["localhost"], {"days": (1, 3)}, "not yet valid"),
        (["oauth.mail.ru"], {}, "mismatch"),
        (["localhost.evil", "*.localhost", "localhos", "local"], {}, "mismatch"),
        (["localhost"], {"client_only": True}, "certificate verify failed"),
    ],
    ids=["self-signed", "expired", "not yet valid", "wrong name", "similar names", "wrong purpose"],
)
def test_a_bad_certificate_is_refused(
    client: Callable[..., Http],
    fakes: Callable[..., Fake],
    authority: Authority,
    names: list[str],
    options: dict[str, object],
    reason: str,
) -> None:
    assert reason in ask(client, fakes(tls=authority.server(*names, **options)))  # type: ignore[arg-type]


@pytest.mark.sr("SR-119")
def test_an_unknown_authority_is_refused(
    client: Callable[..., Http], fakes: Callable[..., Fake], authority: Authority, tmp_path: Path
) -> None:
    assert "verify failed" in ask(client, fakes(tls=Authority(tmp_path, "other").server("localhost")))


@pytest.mark.sr("SR-119")
def test_a_number_is_not_the_name(
    client: Callable[..., Http], fakes: Callable[..., Fake], authority: Authority
) -> None:
    assert "mismatch" in ask(client, fakes(tls=authority.server("localhost")), host="127.0.0.1")


@pytest.mark.sr("SR-119")
@pytest.mark.filterwarnings("ignore:.*TLSv1_1:DeprecationWarning")
def test_tls_1_1_is_refused(
    client: Callable[..., Http], fakes: Callable[..., Fake], authority: Authority
) -> None:
    context = authority.server("localhost")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    assert "version" in ask(client, fakes(tls=context)).lower()


@pytest.mark.sr("SR-119")
@pytest.mark.parametrize("name", ["PYTHONHTTPSVERIFY", "SSL_VERIFY", "HTTPX_VERIFY", "MOSTID_TLS_VERIFY"])
def test_no_word_of_the_environment_turns_it_off(
    client: Callable[..., Http],
    fakes: Callable[..., Fake],
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    monkeypatch.setenv(name, "0")
    ask(client, fakes(tls=authority.server("localhost", own_signature=True)))


@pytest.mark.sr("SR-191")
def test_a_server_that_never_shakes_hands_is_left_in_time(client: Callable[..., Http], fake: Fake) -> None:
    began = time.monotonic()
    with pytest.raises(UpstreamError, match="unavailable"):
        client(connect_s=0.3, total_s=5).get("mailru", f"https://localhost:{fake.port}/")
    assert time.monotonic() - began < 1


@pytest.mark.sr("SR-191")
def test_a_server_that_drips_its_handshake_is_left_in_time(
    client: Callable[..., Http], fakes: Callable[..., Fake]
) -> None:
    fake = fakes(greeting=_drip_record)
    began = time.monotonic()
    with pytest.raises(UpstreamError, match="unavailable"):
        client(connect_s=0.3, total_s=5).get("mailru", f"https://localhost:{fake.port}/")
    assert time.monotonic() - began < 1


def _drip_record(wire: Wire) -> None:
    wire.drip(b"\x16\x03\x03\x3f\x00" + b"\x02" * 500)
