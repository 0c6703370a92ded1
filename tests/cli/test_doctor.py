"""`flask doctor` finds mistakes that settings alone do not show, and says what to change."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from click.testing import CliRunner
from sqlalchemy import text, update

from app.cli.doctor import command, findings
from app.cli.finding import Finding
from app.keys.keyring import Keyring
from app.keys.lifecycle import ALGORITHMS, KeyLifecycle
from app.keys.signing import SigningKeys
from app.keys.tables import signing_keys
from app.storage.clock import Clock
from app.storage.database import Storage
from app.storage.ephemeral import Ephemeral, RedisEphemeral, SqliteEphemeral
from app.storage.versions import Versions
from config import load
from config.secrets import new_env, write_env
from config.settings import Settings
from migrations.commands import upgrade
from tests.services import ClockFile

DAY_S = 86_400


@dataclass
class Deployment:
    """One deployment with everything right."""

    settings: Settings
    storage: Storage
    ephemeral: Ephemeral
    clock: Clock

    @property
    def signing(self) -> SigningKeys:
        keyring = Keyring(self.settings.keys)
        return SigningKeys(self.storage, Versions(self.storage), keyring, self.settings.issuer)

    def lifecycle(self) -> KeyLifecycle:
        return KeyLifecycle(Keyring(self.settings.keys), self.clock, self.settings.lifetimes)

    def find(self) -> list[Finding]:
        return findings(self.settings, self.storage, self.ephemeral, self.signing, self.clock)

    def sql(self, statement: str) -> None:
        with self.storage.transaction(write=True) as tx:
            tx.execute(text(statement))


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory as `make run` leaves it, to be copied: making keys costs more than most tests."""
    data = tmp_path_factory.mktemp("prepared") / "data"
    write_env(data / "mostid.env", new_env())
    settings = load(data / "mostid.env", data_dir=data)
    upgrade(settings.database)
    storage = Storage(settings.database, Clock())
    lifecycle = KeyLifecycle(Keyring(settings.keys), Clock(), settings.lifetimes)
    storage.run(lifecycle.ensure, write=True)
    storage.close()
    return data


@pytest.fixture
def deployment(
    tmp_path: Path, prepared: Path, clock_file: ClockFile, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Deployment]:
    data = tmp_path / "data"
    shutil.copytree(prepared, data)
    monkeypatch.setenv("MOSTID_ENV_FILE", str(data / "mostid.env"))
    settings = load(data_dir=data, clock_file=clock_file.path, workers=1)
    clock = Clock(clock_file.path)
    storage = Storage(settings.database, clock)
    monkeypatch.setattr("shutil.disk_usage", lambda _: _Disk(1 << 40))
    yield Deployment(settings, storage, SqliteEphemeral(data / "ephemeral.db", clock), clock)
    storage.close()


@dataclass
class _Disk:
    free: int


def changed(deployment: Deployment, **values: object) -> None:
    deployment.settings = deployment.settings.model_copy(update=values)


def only(found: list[Finding], level: str, area: str, change: str) -> None:
    assert [(finding.level, finding.area) for finding in found] == [(level, area)], found
    assert change in found[0].change


def test_nothing_is_found_where_nothing_is_wrong(deployment: Deployment) -> None:
    assert deployment.find() == []


def run(deployment: Deployment, *flags: str) -> tuple[int, str]:
    made = deployment
    doctor = command(made.settings, made.storage, made.ephemeral, made.signing, made.clock)
    result = CliRunner().invoke(doctor, list(flags))
    return result.exit_code, result.output


def test_the_command_speaks_to_people_and_to_programs(deployment: Deployment) -> None:
    assert run(deployment) == (0, "no mistake found\n")
    assert run(deployment, "--json") == (0, "[]\n")
    changed(deployment, issuer="http://127.0.0.1:8000")
    code, told = run(deployment)
    assert code == 0
    assert told.startswith("warning: cookie: people reach us at the bare address 127.0.0.1")
    deployment.sql("DELETE FROM signing_keys WHERE algorithm = 'ES256'")
    code, told = run(deployment, "--json")
    assert code == 1
    assert [finding["level"] for finding in json.loads(told)] == ["error", "warning"]
    assert json.loads(told)[0] == {
        "level": "error",
        "area": "key",
        "what": "no ES256 key is current: nothing can be signed",
        "change": "run `flask keys ensure`",
    }


@pytest.mark.parametrize(
    ("values", "area", "change"),
    [
        (
            {"issuer": "https://id.shop.ru", "admin_issuer": "https://x.ru", "profile": "production"},
            "proxy",
            "PROXIES",
        ),
        (
            {"issuer": "https://localhost", "trusted_proxies": ("10.0.0.0/8",)},
            "cookie",
            "MOSTID_ADMIN_ISSUER",
        ),
        ({"issuer": "http://[::1]:8000"}, "cookie", "localhost"),
        ({"trusted_proxies": ("8.8.8.0/24",)}, "proxy", "your own"),
        ({"workers": 256}, "limit", "MOSTID_WORKERS"),
    ],
)
def test_mistakes_of_settings(
    deployment: Deployment, values: dict[str, object], area: str, change: str
) -> None:
    changed(deployment, **values)
    only([one for one in deployment.find() if one.area != "file"], "warning", area, change)


def test_certificates_that_nobody_is_trusted_to_hand_on(deployment: Deployment) -> None:
    changed(deployment, client_certificates=True)
    only(deployment.find(), "error", "proxy", "MOSTID_TRUSTED_PROXIES")
    changed(deployment, client_certificates=True, trusted_proxies=("10.0.0.0/8",))
    assert deployment.find() == []


def test_a_public_address_wants_the_profile_production(deployment: Deployment) -> None:
    admin = "https://ops.shop.ru"
    changed(deployment, issuer="https://id.shop.ru", admin_issuer=admin, trusted_proxies=("10.0.0.0/8",))
    only(deployment.find(), "warning", "address", "MOSTID_PROFILE=production")


@pytest.mark.parametrize(
    ("limits", "level", "change"),
    [
        ({"sms_per_hour": 2}, "warning", "lower MOSTID_LIMITS__SMS_PER_10_MINUTES"),
        ({"sends_per_hour": 100}, "warning", "lower MOSTID_LIMITS__SENDS_PER_PREFIX_HOUR"),
        ({"sms_gaps_s": (400, 500, 600, 700)}, "error", "MOSTID_LIFETIMES__OTP_S"),
    ],
)
def test_limits_that_contradict_each_other(
    deployment: Deployment, limits: dict[str, object], level: str, change: str
) -> None:
    changed(deployment, limits=deployment.settings.limits.model_copy(update=limits))
    only(deployment.find(), level, "limit", change)


def test_a_misspelt_name_in_the_environment(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOSTID_LIMITS__SMS_PER_HOUR", "4")
    monkeypatch.setenv("MOSTID_LIMITS__SMS_PER_HOURS", "4")
    only(deployment.find(), "warning", "setting", "docs/settings.md")


def test_a_moved_clock(deployment: Deployment, clock_file: ClockFile) -> None:
    clock_file.set(3)
    only(deployment.find(), "warning", "clock", "MOSTID_CLOCK_FILE")


def test_a_clock_that_was_set_back(deployment: Deployment, clock_file: ClockFile) -> None:
    clock_file.set(-DAY_S)
    found = deployment.find()
    assert ("error", "clock") in {(finding.level, finding.area) for finding in found}
    assert any("set back" in finding.what for finding in found)


def test_keys_that_are_missing_or_old(deployment: Deployment, clock_file: ClockFile) -> None:
    deployment.sql("DELETE FROM signing_keys WHERE algorithm = 'RS256' AND state = 'next'")
    only(deployment.find(), "warning", "key", "keys ensure")
    deployment.storage.run(deployment.lifecycle().ensure, write=True)
    clock_file.set(91 * DAY_S)
    rotate = {finding.what for finding in deployment.find() if "rotate" in finding.change}
    assert rotate == {f"the {name} key signs since 91 days" for name in ALGORITHMS}


def test_an_algorithm_that_is_new_to_the_deployment(deployment: Deployment, clock_file: ClockFile) -> None:
    deployment.sql("DELETE FROM signing_keys WHERE algorithm = 'PS256'")
    only(deployment.find(), "warning", "key", "keys ensure")
    deployment.storage.run(deployment.lifecycle().ensure, write=True)
    assert deployment.find() == []
    clock_file.set(3 * 3600)
    found = [one for one in deployment.find() if one.area == "key"]
    only(found, "warning", "key", "start `flask worker`")


def test_a_key_that_stays_when_no_worker_runs(deployment: Deployment, clock_file: ClockFile) -> None:
    with deployment.storage.transaction(write=True) as tx:
        row = update(signing_keys).where(signing_keys.c.algorithm == "ES256", signing_keys.c.state == "next")
        tx.execute(row.values(state="retiring", retiring_at=deployment.clock.now()))
        deployment.lifecycle().ensure(tx)
    assert deployment.find() == []
    clock_file.set(5 * 3600)
    assert {finding.change for finding in deployment.find() if finding.area == "key"} == {
        "start `flask worker`"
    }


@pytest.mark.sr("SR-073")
def test_keys_that_another_master_key_wrapped(deployment: Deployment) -> None:
    changed(deployment, keys=load(keys={"wrap": "2:" + "QUJD" * 10 + "QUE"}).keys)
    found = deployment.find()
    assert [finding.level for finding in found] == ["error"] * 4
    assert all("MOSTID_KEYS__WRAP" in finding.change for finding in found)


@pytest.mark.sr("SR-198")
def test_a_database_that_is_not_migrated_is_one_finding(deployment: Deployment) -> None:
    deployment.sql("UPDATE alembic_version SET version_num = '0000'")
    only(deployment.find(), "error", "database", "flask db upgrade")
    deployment.sql("DROP TABLE alembic_version")
    only(deployment.find(), "error", "database", "flask db upgrade")


def test_a_database_that_does_not_answer_is_one_finding(deployment: Deployment, clock: Clock) -> None:
    gone = Storage("postgresql+psycopg://mostid@127.0.0.1:1/mostid", clock)
    deployment.storage = gone
    only(deployment.find(), "error", "database", "MOSTID_DATABASE_URL")
    gone.close()


def test_a_database_without_a_write_ahead_log(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a network file system: locks by files, and no memory that readers and writers could share."""
    monkeypatch.chdir(deployment.settings.data_dir)
    deployment.storage.close()
    with closing(sqlite3.connect("mostid.db")) as database:
        assert database.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
    deployment.storage = Storage("sqlite:///file:mostid.db?vfs=unix-dotfile&uri=true", deployment.clock)
    only(deployment.find(), "error", "database", "local disk")


@pytest.mark.sr("SR-189")
def test_files_that_others_may_read(deployment: Deployment) -> None:
    deployment.find()
    files = [file for file in deployment.settings.data_dir.iterdir() if ".lock" not in file.name]
    assert {"mostid.env", "mostid.db", "ephemeral.db"} <= {file.name for file in files}
    for file in files:
        file.chmod(0o644)
        only(deployment.find(), "warning", "file", f"chmod 600 {file}")
        file.chmod(0o600)
    deployment.settings.data_dir.chmod(0o755)
    only(deployment.find(), "warning", "file", f"chmod 700 {deployment.settings.data_dir}")


@pytest.mark.parametrize(("free", "level"), [(50 << 20, "error"), (500 << 20, "warning")])
def test_a_disk_that_is_nearly_full(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, free: int, level: str
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: _Disk(free))
    only(deployment.find(), level, "file", "make room")


@pytest.mark.sr("SR-060")
def test_a_client_that_production_would_not_take(deployment: Deployment) -> None:
    from_http = '{"client_name": "Store", "redirect_uris": ["http://localhost:8200/callback"]}'
    deployment.sql(
        "INSERT INTO clients (client_id, metadata, secrets, created_at, changed_at)"
        f" VALUES ('store', '{from_http}', '[]', 0, 0)".replace(":8200", "\\:8200")
    )
    assert deployment.find() == []
    changed(deployment, profile="production")
    found = [finding for finding in deployment.find() if finding.area == "client"]
    only(found, "error", "client", "flask clients disable store")


def test_a_type_of_authorization_details_that_is_not_registered(
    deployment: Deployment, tmp_path: Path
) -> None:
    deployment.sql(
        "INSERT INTO clients (client_id, metadata, secrets, created_at, changed_at)"
        """ VALUES ('store', '{"client_name": "Store", "grant_types": ["client_credentials"],"""
        """ "authorization_details_types": ["loan"]}', '[]', 1, 1)"""
    )
    only(
        deployment.find(),
        "warning",
        "client",
        "put loan.json into the directory of MOSTID_AUTHORIZATION_DETAILS_DIR",
    )
    changed(deployment, authorization_details_dir=tmp_path)
    deployment.sql("DELETE FROM clients")
    only(deployment.find(), "warning", "setting", "put a <type>.json there, or unset it")


@pytest.fixture
def at_scale(deployment: Deployment, postgres_url: str, redis_url: str) -> Iterator[Deployment]:
    upgrade(postgres_url)
    storage = Storage(postgres_url, deployment.clock)
    deployment.storage.close()
    deployment.storage, deployment.ephemeral = storage, RedisEphemeral(redis_url, deployment.clock)
    changed(deployment, database_url=postgres_url, redis_url=redis_url)
    storage.run(deployment.lifecycle().ensure, write=True)
    yield deployment
    storage.close()


@pytest.mark.sr("SR-195")
def test_a_postgresql_that_may_lose_what_it_acknowledged(at_scale: Deployment) -> None:
    told = {finding.change for finding in at_scale.find()}
    assert told == {
        "set fsync = on",
        "set synchronous_commit = on",
        "set full_page_writes = on",
    }  # as tests run it
    at_scale.settings = at_scale.settings.model_copy(update={"workers": 40, "threads": 8})
    assert any("max_connections" in finding.change for finding in at_scale.find())


def test_a_redis_that_evicts(at_scale: Deployment, redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as server:
        server.config_set("maxmemory-policy", "allkeys-lru")
        try:
            found = [finding for finding in at_scale.find() if finding.area == "ephemeral"]
        finally:
            server.config_set("maxmemory-policy", "noeviction")
    only(found, "error", "ephemeral", "noeviction")


def test_a_redis_that_does_not_answer(at_scale: Deployment, clock: Clock) -> None:
    at_scale.ephemeral = RedisEphemeral("redis://127.0.0.1:1", clock)
    found = [finding for finding in at_scale.find() if finding.area == "ephemeral"]
    only(found, "error", "ephemeral", "MOSTID_REDIS_URL")


def test_many_machines_with_one_machines_file(at_scale: Deployment, tmp_path: Path) -> None:
    at_scale.ephemeral = SqliteEphemeral(tmp_path / "other.db", at_scale.clock)
    found = [finding for finding in at_scale.find() if finding.area == "ephemeral"]
    only(found, "warning", "ephemeral", "MOSTID_REDIS_URL")


def test_the_databases_clock(at_scale: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    real = __import__("time").time_ns
    shift: Callable[[], int] = lambda: real() + 3_000_000_000  # noqa: E731
    monkeypatch.setattr("app.cli.check_stores.time.time_ns", shift)
    found = [finding for finding in at_scale.find() if "database's clock" in finding.what]
    only(found, "warning", "clock", "time server")
