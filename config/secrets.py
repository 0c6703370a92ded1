"""Fresh secrets for a new deployment, as the text of its settings file."""

import base64
import secrets

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

PURPOSES = ("wrap", "seal", "sign", "lookup", "subject", "sid", "otp", "audit")


def new_env(
    issuer: str = "http://localhost:8000", simulators: str = "http://localhost:8100", profile: str = "development"
) -> str:
    """Lines of `NAME=value`: keys of every purpose, our key for the operator, and the simulators' addresses."""
    values = {"MOSTID_PROFILE": profile, "MOSTID_ISSUER": issuer}
    values |= {f"MOSTID_KEYS__{purpose.upper()}": f"1:{_secret()}" for purpose in PURPOSES}
    values |= {
        "MOSTID_MAILRU__AUTHORIZE_URL": f"{simulators}/mailru/login",
        "MOSTID_MAILRU__TOKEN_URL": f"{simulators}/mailru/token",
        "MOSTID_MAILRU__USERINFO_URL": f"{simulators}/mailru/userinfo",
        "MOSTID_MOBILE_ID__ISSUER": f"{simulators}/mobileid",
        "MOSTID_MOBILE_ID__SI_AUTHORIZE_URL": f"{simulators}/mobileid/si-authorize",
        "MOSTID_MOBILE_ID__JWKS_URL": f"{simulators}/mobileid/jwks",
        "MOSTID_MOBILE_ID__TOKEN_URL": f"{simulators}/mobileid/mc-token",
        "MOSTID_MOBILE_ID__SIGNING_KEY": _signing_key(),
        "MOSTID_SMS__URL": f"{simulators}/sms/v1/sms",
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())


def _secret() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()


def _signing_key() -> str:
    """An RSA key in PKCS #8 PEM on one line: line breaks as `\\n` inside double quotes."""
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return '"' + pem.strip().replace("\n", "\\n") + '"'
