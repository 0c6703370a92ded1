"""Settings that production may be served with, to be made unsafe in one place at a time."""

from pathlib import Path

import pytest

from config.secrets import new_env, production_env

GIVEN = """
MOSTID_DATA_DIR=/var/lib/mostid
MOSTID_DATABASE_URL=postgresql+psycopg://mostid:a-long-one@db.mostid.ru/mostid?sslmode=verify-full
MOSTID_REDIS_URL=rediss://:another-long-one@redis.mostid.ru/0
MOSTID_TRUSTED_PROXIES=["10.1.2.0/24"]
MOSTID_OWNED_DOMAINS=["shop.ru"]
MOSTID_MAILRU__CLIENT_ID=7f00
MOSTID_MAILRU__CLIENT_SECRET=given-by-mail
MOSTID_MOBILE_ID__CLIENT_ID=given-by-megafon
MOSTID_SMS__PASSWORD=given-by-megalabs
"""


@pytest.fixture(scope="session")
def production_text() -> str:
    return production_env("https://id.shop.ru", "https://id-admin.shop.ru") + GIVEN


@pytest.fixture(scope="session")
def development_text() -> str:
    return new_env()


@pytest.fixture
def production_file(tmp_path: Path, production_text: str) -> Path:
    """A settings file that production accepts."""
    file = tmp_path / "production.env"
    file.write_text(production_text)
    return file


@pytest.fixture
def development_file(tmp_path: Path, development_text: str) -> Path:
    """A settings file as `make run` writes it."""
    file = tmp_path / "development.env"
    file.write_text(development_text)
    return file
