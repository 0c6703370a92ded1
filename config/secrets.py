"""Fresh secrets for a new deployment, as the text of its settings file."""

import base64
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from config.keys import PURPOSES


def new_env(
    issuer: str = "http://localhost:8000",
    simulators: str = "http://localhost:8100",
    profile: str = "development",
) -> str:
    """Lines of `NAME=value`: keys of every purpose, our key for the operator, and the simulators' addresses."""
    values = {"MOSTID_PROFILE": profile, "MOSTID_ISSUER": issuer} | _own_keys()
    values |= {
        "MOSTID_MAILRU__AUTHORIZE_URL": f"{simulators}/mailru/login",
        "MOSTID_MAILRU__TOKEN_URL": f"{simulators}/mailru/token",
        "MOSTID_MAILRU__USERINFO_URL": f"{simulators}/mailru/userinfo",
        "MOSTID_VKID__ENABLED": "true",
        "MOSTID_VKID__AUTHORIZE_URL": f"{simulators}/vkid/authorize",
        "MOSTID_VKID__TOKEN_URL": f"{simulators}/vkid/oauth2/auth",
        "MOSTID_VKID__USERINFO_URL": f"{simulators}/vkid/oauth2/user_info",
        "MOSTID_MOBILE_ID__ISSUER": f"{simulators}/mobileid",
        "MOSTID_MOBILE_ID__SI_AUTHORIZE_URL": f"{simulators}/mobileid/si-authorize",
        "MOSTID_MOBILE_ID__JWKS_URL": f"{simulators}/mobileid/jwks",
        "MOSTID_MOBILE_ID__TOKEN_URL": f"{simulators}/mobileid/mc-token",
        "MOSTID_SMS__URL": f"{simulators}/sms/v1/sms",
        "MOSTID_SMS__INBOUND_NUMBER": "8464",
    }
    return _lines(values)


def production_env(issuer: str, admin_issuer: str) -> str:
    """Lines of `NAME=value` to begin a deployment with: fresh keys, and a blank for what others give us."""
    values = {"MOSTID_PROFILE": "production", "MOSTID_ISSUER": issuer, "MOSTID_ADMIN_ISSUER": admin_issuer}
    blanks = (
        "MOSTID_DATA_DIR", "MOSTID_DATABASE_URL", "MOSTID_REDIS_URL", "MOSTID_TRUSTED_PROXIES", "MOSTID_OWNED_DOMAINS",
        "MOSTID_MAILRU__CLIENT_ID", "MOSTID_MAILRU__CLIENT_SECRET", "MOSTID_MOBILE_ID__CLIENT_ID",
        "MOSTID_SMS__LOGIN", "MOSTID_SMS__PASSWORD", "MOSTID_SMS__SENDER",
    )  # fmt: skip
    return _lines(values | _own_keys()) + "".join(f"# {name}=\n" for name in blanks)


def write_env(file: Path, text: str) -> None:
    """Write a settings file that only its owner reads (SR-189). Raises FileExistsError: keys are never overwritten."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)


def _own_keys() -> dict[str, str]:
    values = {f"MOSTID_KEYS__{purpose.upper()}": f"1:{_secret()}" for purpose in PURPOSES}
    return values | {"MOSTID_MOBILE_ID__SIGNING_KEY": _signing_key()}


def _lines(values: dict[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in values.items())


def _secret() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()


def _signing_key() -> str:
    r"""An RSA key in PKCS #8 PEM on one line: line breaks as `\n` inside double quotes."""
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return '"' + pem.strip().replace("\n", "\\n") + '"'
