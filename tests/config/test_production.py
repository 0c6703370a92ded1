"""Production refuses to start with what would be unsafe, and says what to change (SR-156)."""

import base64
import re
from itertools import combinations
from pathlib import Path

import pytest

import app
from config import ConfigurationError, load
from config.complaint import variable
from config.keys import PURPOSES

pytestmark = pytest.mark.sr("SR-156")

EVEN = "1:" + base64.urlsafe_b64encode(bytes(range(8)) * 4).decode()
ZEROS = "1:" + "A" * 43
TYPED = "1:" + base64.urlsafe_b64encode(b"correct horse battery staple 32!").decode()
SHORT = "1:" + "A" * 22

UNSAFE = [
    ("issuer", "http://id.shop.ru", "https"),
    ("issuer", "http://localhost:8000", "https"),
    ("issuer", "https://localhost", "host name"),
    ("issuer", "https://192.168.1.7", "host name"),
    ("issuer", "https://203.0.113.7", "host name"),
    ("issuer", "https://id.shop.local", "host name"),
    ("issuer", "https://id.example.com", "host name"),
    ("issuer", "https://mostid", "host name"),
    ("admin_issuer", "http://id-admin.shop.ru", "https"),
    ("admin_issuer", "http://localhost:8001", "https"),
    ("admin_issuer", "https://id.shop.ru", "another one"),
    ("admin_issuer", "https://id.shop.ru:8443", "host of their own"),
    ("keys.wrap", ZEROS, "random"),
    ("keys.lookup", EVEN, "random"),
    ("keys.otp", TYPED, "random"),
    ("keys.audit", "", "no key"),
    ("keys.sid", SHORT, "32 bytes"),
    ("mailru.client_id", "5d0a6f0e2c7b4b6f9a3d1e8c7b2f4a60", "simulator"),
    ("mailru.client_secret", "mailru-simulator-secret", "simulator"),
    ("mailru.client_secret", "", "simulator"),
    ("mobile_id.client_id", "mostid-demo", "simulator"),
    ("sms.password", "sms-simulator-secret", "simulator"),
    ("mailru.authorize_url", "http://oauth.mail.ru/login", "https"),
    ("mailru.token_url", "https://localhost:8100/mailru/token", "https"),
    ("mailru.userinfo_url", "https://127.0.0.1/userinfo", "https"),
    ("mobile_id.issuer", "http://localhost:8100/mobileid", "https"),
    ("mobile_id.si_authorize_url", "http://mobileid.megafon.ru/si-authorize", "https"),
    ("mobile_id.jwks_url", "http://mobileid.megafon.ru/jwks", "https"),
    ("mobile_id.token_url", "ftp://mobileid.megafon.ru", "https"),
    ("sms.url", "http://localhost:8100/sms/v1/sms", "https"),
    ("clock_file", "/run/clock", "tests"),
    ("trusted_origins", '["http://localhost:8200"]', "development"),
    ("storage_region", "nl", "Russia"),
    ("log_level", "DEBUG", "INFO"),
    ("metrics_address", "0.0.0.0:8090", "private"),
    ("metrics_address", "[::]:8090", "private"),
    ("metrics_address", "8.8.8.8:8090", "private"),
    ("metrics_address", ":8090", "private"),
    ("trusted_proxies", '["0.0.0.0/0"]', "wide"),
    ("trusted_proxies", '["10.1.2.0/24", "::/0"]', "wide"),
    ("trusted_proxies", '["*"]', "networks"),
    ("mtls_origin", "http://localhost:8443", "https"),
    ("owned_domains", "[]", "name the domains"),
    ("owned_domains", '["ru"]', "bare name"),
    ("owned_domains", '["*.shop.ru"]', "bare name"),
    ("owned_domains", '["https://shop.ru"]', "bare name"),
    ("mailru.own_domains", '["*"]', "verified"),
    ("data_dir", "var", "absolute"),
    ("data_dir", "/tmp/mostid", "temporary"),
    ("data_dir", "/dev/shm/mostid", "temporary"),
    ("redis_url", "redis://redis.shop.ru/0", "password"),
    ("redis_url", "rediss://:redis@redis.shop.ru/0", "password"),
    ("redis_url", "rediss://redis.shop.ru/0", "password"),
    ("redis_url", "redis://:a-long-one@redis.shop.ru/0", "encrypted"),
    ("redis_url", "rediss://:a-long-one@redis.shop.ru/0?ssl_cert_reqs=none", "prove who they are"),
    ("redis_url", "rediss://:a-long-one@redis.shop.ru/0?ssl_check_hostname=false", "prove who they are"),
    ("database_url", "postgresql+psycopg://mostid:postgres@localhost/mostid", "password"),
    ("database_url", "postgresql+psycopg://mostid:long-one@db.shop.ru/mostid", "sslmode"),
    ("database_url", "postgresql+psycopg://mostid:long-one@db.shop.ru/mostid?sslmode=disable", "sslmode"),
    ("lifetimes.key_publish_s", "0", "SR-069"),
    ("lifetimes.key_retire_s", "600", "SR-068"),
    ("lifetimes.session_absolute_s", "3600", "SESSION_ABSOLUTE"),
    ("lifetimes.refresh_absolute_s", "3600", "REFRESH_ABSOLUTE"),
    ("limits.sms_gaps_s", "[1]", "longer waits"),
    ("limits.sms_gaps_s", "[30, 60, 120, 300, 30]", "longer waits"),
]


def test_safe_settings_are_served_with(production_file: Path) -> None:
    settings = load(production_file)
    assert settings.profile == "production"
    assert settings.secure


@pytest.mark.parametrize(("setting", "value", "said"), UNSAFE)
def test_each_unsafe_setting_stops_the_start(
    production_file: Path, setting: str, value: str, said: str
) -> None:
    with production_file.open("a") as file:
        file.write(f"{variable(setting)}={value}\n")
    with pytest.raises(ConfigurationError) as refused:
        load(production_file)
    lines = str(refused.value).splitlines()
    named = setting.replace("absolute_s", "idle_s")
    assert any(line.startswith(f"{variable(named)}: ") and said in line for line in lines), lines
    assert len({line.partition(":")[0] for line in lines}) <= 2


def test_certificates_need_a_proxy_that_hands_them_on(production_file: Path) -> None:
    with production_file.open("a") as file:
        file.write("MOSTID_CLIENT_CERTIFICATES=true\n")
    assert load(production_file).client_certificates
    with production_file.open("a") as file:
        file.write("MOSTID_TRUSTED_PROXIES=[]\n")
    with pytest.raises(ConfigurationError, match="MOSTID_CLIENT_CERTIFICATES: name the proxy"):
        load(production_file)


@pytest.mark.sr("SR-074")
@pytest.mark.parametrize(("first", "second"), list(combinations(PURPOSES, 2)))
def test_one_secret_for_two_purposes_is_refused(production_file: Path, first: str, second: str) -> None:
    """Whatever the two are, and whichever of their versions: here a former one of the second."""
    names = variable(f"keys.{first}"), variable(f"keys.{second}")
    shared = re.search(rf"{names[0]}=1:(\S+)", production_file.read_text())
    assert shared
    with production_file.open("a") as file:
        file.write(f"{names[1]}=2:{'B' * 42}A,1:{shared[1]}\n")
    with pytest.raises(ConfigurationError) as refused:
        load(production_file)
    assert f"{names[1]}: this secret serves {names[0]} already" in str(refused.value).splitlines()[0]


@pytest.mark.sr("SR-189")
@pytest.mark.parametrize("place", ["app", "app/web/static", "app/web/static/var"])
def test_data_never_lies_where_the_program_serves_files_from(production_file: Path, place: str) -> None:
    with production_file.open("a") as file:
        file.write(f"MOSTID_DATA_DIR={Path(app.__file__).parents[1] / place}\n")
    with pytest.raises(ConfigurationError, match="MOSTID_DATA_DIR: choose a directory that is neither"):
        load(production_file)


@pytest.mark.sr("SR-186")
@pytest.mark.parametrize("region", ["nl", "de", "us-east-1", "RU", ""])
def test_the_first_store_of_personal_data_stands_in_russia(production_file: Path, region: str) -> None:
    assert load(production_file).storage_region == "ru"
    with production_file.open("a") as file:
        file.write(f"MOSTID_STORAGE_REGION={region}\n")
    with pytest.raises(ConfigurationError, match=r"MOSTID_STORAGE_REGION: keep the first store .* say ru"):
        load(production_file)


@pytest.mark.parametrize("value", ["1", "true", "on"])
def test_debug_pages_are_refused(production_file: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("FLASK_DEBUG", value)
    with pytest.raises(ConfigurationError, match="FLASK_DEBUG: unset it"):
        load(production_file)
    monkeypatch.setenv("FLASK_DEBUG", "0")
    assert load(production_file)


def test_all_mistakes_are_told_at_once_and_no_secret_with_them(production_file: Path) -> None:
    once: dict[str, str] = {}
    for setting, value, _ in UNSAFE:
        once.setdefault(setting, value)
    with production_file.open("a") as file:
        file.writelines(f"{variable(setting)}={value}\n" for setting, value in once.items())
    with pytest.raises(ConfigurationError) as refused:
        load(production_file)
    told = {line.partition(":")[0] for line in str(refused.value).splitlines()}
    missing = {variable(setting) for setting in once if "lifetimes" not in setting} - told
    assert missing == set()
    assert not any(
        secret in str(refused.value) for secret in (ZEROS[2:], TYPED[2:], "long-one", "simulator-secret")
    )


@pytest.mark.parametrize("way", ["mailru", "mobile_id", "sms"])
def test_a_way_in_that_is_off_needs_no_settings(production_file: Path, way: str) -> None:
    text = "".join(
        line
        for line in production_file.read_text().splitlines(keepends=True)
        if f"MOSTID_{way.upper()}" not in line
    )
    production_file.write_text(text + f"MOSTID_{way.upper()}__ENABLED=false\n")
    assert not getattr(load(production_file), way).enabled


@pytest.mark.parametrize(
    "setting",
    [
        "MOSTID_DATABASE_URL=sqlite:////var/lib/mostid/mostid.db",
        "MOSTID_DATABASE_URL=postgresql+psycopg:///mostid?host=/run/postgresql",
        "MOSTID_REDIS_URL=unix:///run/redis.sock",
        "MOSTID_METRICS_ADDRESS=10.3.0.9:8090",
        "MOSTID_ISSUER=https://id.shop.ru:8443",
    ],
)
def test_safe_variants_are_served_with(production_file: Path, setting: str) -> None:
    with production_file.open("a") as file:
        file.write(setting + "\n")
    assert load(production_file)


@pytest.mark.sr("SR-147")
def test_messages_of_people_are_believed_of_nobody_with_the_simulators_password(
    production_file: Path,
) -> None:
    """The gateway's password says whose number a message comes from, also where we send nothing."""
    switches = "MOSTID_SMS__ENABLED=false\nMOSTID_SMS__PASSWORD=sms-simulator-secret\n"
    production_file.write_text(production_file.read_text() + switches)
    assert load(production_file)
    production_file.write_text(production_file.read_text() + "MOSTID_SMS__INBOUND_NUMBER=8464\n")
    with pytest.raises(ConfigurationError, match="MOSTID_SMS__PASSWORD: this is the simulator's"):
        load(production_file)
