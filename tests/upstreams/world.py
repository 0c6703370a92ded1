"""Settings of connectors that call a fake."""

from typing import Any

from pydantic import SecretStr

from config.upstream import MailRuSettings, SmsSettings
from tests.upstreams.fakes import Fake

CLIENT_ID = "0123456789abcdef0123456789abcdef"
SECRET = "canary-secret+/="


def mailru_settings(fake: Fake, **changed: Any) -> MailRuSettings:
    return MailRuSettings(
        **{
            "client_id": CLIENT_ID,
            "client_secret": SecretStr(SECRET),
            "authorize_url": fake.url + "/login",
            "token_url": fake.url + "/token",
            "userinfo_url": fake.url + "/userinfo",
            **changed,
        }
    )


def sms_settings(fake: Fake, **changed: Any) -> SmsSettings:
    return SmsSettings(**{"url": fake.url + "/sms", "password": SecretStr(SECRET), **changed})
