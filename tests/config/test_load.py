"""Settings are read from a file and the environment; what every profile refuses."""

import stat
from importlib import import_module
from pathlib import Path

import pytest

from config import ConfigurationError, load
from config.complaint import variable
from config.keys import PURPOSES
from config.secrets import new_env, write_env
from scripts import new_env as new_env_script


def refusal(file: Path, **overrides: object) -> str:
    with pytest.raises(ConfigurationError) as refused:
        load(file, **overrides)
    return str(refused.value)


def test_a_fresh_development_file_is_served_with(development_file: Path) -> None:
    settings = load(development_file)
    assert settings.profile == "development"
    assert settings.issuer == "http://localhost:8000"
    assert settings.mailru.token_url == "http://localhost:8100/mailru/token"
    assert settings.mobile_id.jwks_url == "http://localhost:8100/mobileid/jwks"
    assert settings.sms.url == "http://localhost:8100/sms/v1/sms"
    assert settings.mobile_id.signing_key.get_secret_value().startswith("-----BEGIN PRIVATE KEY-----\n")
    assert "BEGIN" not in repr(settings)


def test_fresh_files_share_no_key() -> None:
    one, other = (
        {line.partition("=")[2] for line in new_env().splitlines() if "KEY" in line.partition("=")[0]}
        for _ in range(2)
    )
    assert len(one) == len(PURPOSES) + 1
    assert not one & other


@pytest.mark.sr("SR-189")
def test_a_settings_file_is_its_owners_alone_and_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "var" / "mostid.env"
    write_env(file, "first")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    with pytest.raises(FileExistsError):
        write_env(file, "second")
    assert file.read_text() == "first"


def test_the_script_writes_either_kind_of_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert new_env_script.main(["--development", str(tmp_path / "d.env")]) == 0
    assert load(tmp_path / "d.env").profile == "development"
    addresses = ["--issuer", "https://id.shop.ru", "--admin-issuer", "https://ops.shop.ru"]
    assert new_env_script.main([*addresses, str(tmp_path / "p.env")]) == 0
    told = refusal(tmp_path / "p.env")
    assert "MOSTID_MAILRU__CLIENT_ID" in told
    assert "MOSTID_KEYS" not in told
    assert new_env_script.main(["--development", str(tmp_path / "p.env")]) == 1
    assert "left alone" in capsys.readouterr().err


def test_the_environment_wins_over_the_file_and_a_keyword_over_both(
    development_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOSTID_WORKERS", "3")
    monkeypatch.setenv("MOSTID_LIMITS__SMS_PER_HOUR", "4")
    with development_file.open("a") as file:
        file.write("MOSTID_WORKERS=9\nMOSTID_LIMITS__SMS_PER_DAY=6\n")
    settings = load(development_file)
    assert (settings.workers, settings.limits.sms_per_hour, settings.limits.sms_per_day) == (3, 4, 6)
    assert load(development_file, workers=5).workers == 5


def test_the_file_is_named_by_the_environment(
    development_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOSTID_ENV_FILE", str(development_file))
    assert load().mailru.token_url == "http://localhost:8100/mailru/token"


@pytest.mark.sr("SR-156")
def test_a_file_that_is_named_and_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOSTID_ENV_FILE", str(tmp_path / "mostid.evn"))
    with pytest.raises(ConfigurationError, match=r"MOSTID_ENV_FILE: there is no file .*mostid\.evn"):
        load()


def test_a_text_with_escaped_line_breaks_is_read_in_any_form(
    development_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = load(development_file).mobile_id.signing_key.get_secret_value()
    for form in (pem, pem.replace("\n", "\\n"), '"' + pem.replace("\n", "\\n") + '"'):
        monkeypatch.setenv("MOSTID_MOBILE_ID__SIGNING_KEY", form)
        assert load(development_file).mobile_id.signing_key.get_secret_value() == pem


@pytest.mark.sr("SR-156")
@pytest.mark.parametrize("profile", ["development", "testing"])
@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("issuer", "http://localhost:8000/", "slash"),
        ("issuer", "http://localhost:8000/id", "path"),
        ("issuer", "http://localhost:8000?a=1", "query"),
        ("issuer", "http://localhost:8000#a", "fragment"),
        ("issuer", "http://me@localhost:8000", "user"),
        ("issuer", "http://LOCALHOST:8000", "lower case"),
        ("issuer", "http://localhost:80", "port 80"),
        ("issuer", "https://id.shop.ru:443", "port 443"),
        ("issuer", "http://localhost:99999", "write an address"),
        ("issuer", "localhost:8000", "write an address"),
        ("issuer", "https://почта.рф", "write an address"),
        ("issuer", "http://id.shop.ru", "use https"),
        ("admin_issuer", "http://localhost:8000", "another one"),
        ("support_url", "javascript:alert(1)", "http or https"),
        ("op_policy_uri", "javascript:alert(1)", "http or https"),
        ("op_tos_uri", "terms", "http or https"),
        ("service_documentation", "//shop.ru/docs", "http or https"),
        ("database_url", "mysql://localhost/mostid", "sqlite"),
        ("database_url", "not an address", "sqlite"),
        ("database_url", "sqlite://", "in memory"),
        ("redis_url", "http://localhost", "redis://"),
        ("trusted_proxies", '["nowhere"]', "networks"),
        ("mtls_origin", "https://mtls.shop.ru/token", "path"),
        ("mtls_origin", "https://mtls.shop.ru", "CLIENT_CERTIFICATES"),
        ("trusted_proxies", "10.0.0.0/8", "JSON"),
        ("trusted_origins", '["https://shop.ru"]', "this machine"),
        ("trusted_origins", '["http://localhost:8200/x"]', "this machine"),
        ("number_countries", "[]", "calling code"),
        ("mobile_id.signing_key", "", "RSA"),
        ("mobile_id.signing_key", "-----BEGIN PRIVATE KEY-----", "RSA"),
        ("keys.wrap", "", "no key"),
        ("keys.wrap", "1:short", "32 bytes"),
        ("limits.sms_per_hour", "11", "less than or equal to 10"),
        ("limits.sms_per_hours", "1", "no such setting"),
        ("isuer", "http://localhost:8000", "no such setting"),
        ("limits", "none", "it is a group"),
    ],
)
def test_every_profile_refuses(
    development_file: Path, profile: str, setting: str, value: str, said: str
) -> None:
    with development_file.open("a") as file:
        file.write(f"MOSTID_PROFILE={profile}\n{variable(setting)}={value}\n")
    lines = refusal(development_file).splitlines()
    assert any(line.startswith(f"{variable(setting)}: ") and said in line for line in lines), lines


@pytest.mark.sr("SR-156")
def test_every_mistake_is_named_at_once(development_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOSTID_LIMITS__SMS_GAPS_S", "30,60")
    monkeypatch.setenv("MOSTID_NUMBER_COUNTRIES", '["seven"]')
    with development_file.open("a") as file:
        file.write("MOSTID_TRUSTED_PROXIES=10.0.0.0/8\nMOSTID_WORKERS=0\nMOSTID_ISUER=x\n")
    named = [line.partition(":")[0] for line in refusal(development_file).splitlines()]
    wrong = ["ISUER", "LIMITS__SMS_GAPS_S", "NUMBER_COUNTRIES", "TRUSTED_PROXIES", "WORKERS"]
    assert sorted(named) == [f"MOSTID_{name}" for name in wrong]


@pytest.mark.parametrize(
    ("name", "stops"),
    [("MOSTID_LIMITS__SMS_PER_HOURS", True), ("MOSTID_LIMIT__SMS_PER_HOUR", False), ("MOSTID_PORT", False)],
)
def test_names_of_platforms_stop_nothing(
    development_file: Path, monkeypatch: pytest.MonkeyPatch, name: str, stops: bool
) -> None:
    monkeypatch.setenv(name, "1")
    if stops:
        assert f"{name}: there is no such setting" in refusal(development_file)
    else:
        assert load(development_file)


def test_lists_are_read_from_both_places(development_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOSTID_LIMITS__SMS_GAPS_S", "[31, 61]")
    with development_file.open("a") as file:
        file.write('MOSTID_TRUSTED_PROXIES=["10.0.0.0/8"]\n')
    settings = load(development_file)
    assert (settings.limits.sms_gaps_s, settings.trusted_proxies) == ((31, 61), ("10.0.0.0/8",))


@pytest.mark.sr("SR-156")
def test_somebody_must_be_able_to_sign_in(development_file: Path) -> None:
    off = {name: {"enabled": False} for name in ("mailru", "vkid", "sms")}
    assert "nobody could sign in" in refusal(development_file, **off, mobile_id={"enabled": False})
    assert load(development_file, **off)


@pytest.mark.sr("SR-156")
def test_outside_a_checkout_the_profile_must_be_said(
    development_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = development_file.read_text()
    development_file.write_text(
        "".join(line for line in text.splitlines(keepends=True) if "PROFILE" not in line)
    )
    module = import_module("config.load")
    monkeypatch.setattr(module, "CHECKOUT", tmp_path)
    assert load(development_file).profile == "development"
    monkeypatch.setattr(module, "CHECKOUT", tmp_path / "nothing")
    assert "MOSTID_PROFILE: say" in refusal(development_file)
    monkeypatch.setenv("MOSTID_PROFILE", "development")
    assert load(development_file).profile == "development"


@pytest.mark.sr("SR-156")
@pytest.mark.parametrize("profile", ["development", "testing"])
def test_a_moving_clock_is_for_tests(development_file: Path, profile: str) -> None:
    assert load(development_file, profile=profile, clock_file="clock").clock_file == Path("clock")
