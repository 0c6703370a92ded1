"""A small operator over real HTTP: takes requests for prompts, publishes its keys, and says what happened on a handset."""

import base64
import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from app.storage.clock import Clock
from config.upstream import MobileIdSettings
from tests.upstreams.fakes import Fake, Reply, Wire, made

OURS = "http://localhost:8000"
NOTIFY = OURS + "/upstream/mobileid/notify"
CLIENT = "mostid-demo"


@cache
def key(name: str) -> RSAKey:
    """An RSA key, made once a test process."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig", "alg": "RS256"})


@cache
def our_pem() -> str:
    """Our key for requests, as settings have it."""
    raw: Any = key("mobileid-1").private_key
    return str(raw.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


def claims_of(request: str) -> dict[str, Any]:
    """The claims of one of our requests, its signature checked."""
    public = RSAKey.import_key(key("mobileid-1").as_dict(private=False))
    return dict(jwt.decode(request, public, algorithms=["RS256"]).claims)


def header_of(request: str) -> dict[str, Any]:
    """The header of a token."""
    head = request.partition(".")[0]
    return dict(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))))


def closing(value: Any, status: int = 200) -> bytes:
    """A JSON answer after which both sides hang up: nothing stays open when a test ends."""
    return made(json.dumps(value), status, "application/json", "Connection: close")


@dataclass(slots=True)
class Operator:
    """One operator. `prompts`: claims of the requests that it took, oldest first, each with its `auth_req_id`."""

    fake: Fake
    clock: Clock
    kid: str = "operator-1"
    prompts: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.publish(self.kid)
        self.fake.replies["/si-authorize"] = self._take

    @property
    def issuer(self) -> str:
        return self.fake.url

    def settings(self, **changed: Any) -> MobileIdSettings:
        """Our settings for it."""
        return MobileIdSettings(
            **{
                "client_id": CLIENT,
                "issuer": self.issuer,
                "si_authorize_url": self.fake.url + "/si-authorize",
                "jwks_url": self.fake.url + "/jwks",
                "token_url": self.fake.url + "/mc-token",
                "signing_key": SecretStr(our_pem()),
                **changed,
            }
        )

    def publish(self, *kids: str) -> None:
        """Publish these keys and no others."""
        self.fake.replies["/jwks"] = closing({"keys": [key(kid).as_dict(private=False) for kid in kids]})

    def answer(self, reply: Reply) -> None:
        """Answer every request so."""
        self.fake.replies["/si-authorize"] = reply

    def asked(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(received.target == path for received in self.fake.received)

    def id_token(self, prompt: Mapping[str, Any], *, signed_by: str = "", **changed: Any) -> str:
        """An ID token for a prompt; None takes a claim away."""
        now = self.clock.now() // 1000
        said = {
            "iss": self.issuer,
            "aud": CLIENT,
            "azp": CLIENT,
            "sub": "5c1e3f0a-pcr",
            "nonce": prompt["nonce"],
            "acr": "2",
            "amr": ["SIM_OK"],
            "auth_time": now,
            "iat": now,
            "exp": now + 600,
            "jti": str(uuid.uuid4()),
            "hashed_login_hint": hashlib.sha256(prompt["login_hint"].encode()).hexdigest(),
            "recipient": prompt["notification_uri"],
        } | changed
        kept = {name: value for name, value in said.items() if value is not None}
        kid = signed_by or self.kid
        return jwt.encode({"alg": "RS256", "kid": kid}, kept, key(kid), algorithms=["RS256"])

    def success(self, prompt: Mapping[str, Any], id_token: str | None = None, **claims: Any) -> str:
        """The body of a callback after a yes."""
        return self._body(
            prompt,
            access_token="the operator's token",
            token_type="Bearer",
            expires_in=600,
            id_token=id_token or self.id_token(prompt, **claims),
        )

    def failure(self, prompt: Mapping[str, Any], error: str, description: str) -> str:
        """The body of a callback after anything else."""
        return self._body(prompt, error=error, error_description=description)

    def code_needed(self, prompt: Mapping[str, Any]) -> str:
        """The body of a callback for a code of the operator's own."""
        endpoint = f"{self.issuer}/sms_otp/send/1"
        return self._body(prompt, smsotp_endpoint=endpoint, send={"verify_code": "enter_otp_code"})

    @staticmethod
    def bearer(prompt: Mapping[str, Any]) -> str:
        """The Authorization header of its callback."""
        return f"Bearer {prompt['client_notification_token']}"

    @staticmethod
    def code(prompt: Mapping[str, Any]) -> str:
        """The code that the handset shows."""
        words = str(prompt["binding_message"]).replace(":", " ").split()
        return next(word for word in words if len(word) == 6 and word.isdigit())

    @staticmethod
    def _body(prompt: Mapping[str, Any], **members: Any) -> str:
        ids = {"auth_req_id": prompt["auth_req_id"], "correlation_id": prompt["correlation_id"]}
        return json.dumps(ids | members)

    def _take(self, wire: Wire) -> None:
        received = self.fake.received[-1]
        is_json = received.headers["content-type"] == "application/json"
        outer = received.json if is_json else received.form
        prompt = claims_of(outer["request"]) | {"auth_req_id": str(uuid.uuid4())}
        self.prompts.append(prompt)
        members = {name: prompt[name] for name in ("auth_req_id", "correlation_id")}
        wire.send(closing(members | {"expires_in": 140}))
