"""MostID as the simulators see it: it publishes its key, and takes down what they send."""

import json
import threading
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.simulation import Simulation, wait_until

JWKS = "/upstream/mobileid/jwks.json"
NOTIFY = "/upstream/mobileid/notify"
CLIENT_ID = "mostid-demo"


@cache
def signing_key(kid: str = "mobileid-1") -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the simulators."""

    path: str
    authorization: str
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True)
class MostId:
    """A real server on loopback."""

    keys: list[RSAKey] = field(default_factory=lambda: [signing_key()])
    """What it publishes."""
    statuses: list[int] = field(default_factory=list)
    """Statuses of the next answers; 204 when there are none left."""
    calls: list[Call] = field(default_factory=list)
    key_reads: int = 0
    server: ThreadingHTTPServer = field(init=False)

    def __post_init__(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def wait(self, calls: int = 1) -> Call:
        """The last call, once there are so many."""
        wait_until(lambda: len(self.calls) >= calls, f"called {len(self.calls)} times, not {calls}")
        return self.calls[calls - 1]

    def claims(self, simulation: Simulation, number: str = "+79201234567", **changed: Any) -> dict[str, Any]:
        """Claims of a request; None takes one away."""
        said = {
            "iss": CLIENT_ID,
            "client_id": CLIENT_ID,
            "aud": f"{simulation.url}/mobileid",
            "response_type": "mc_si_async_code",
            "scope": "openid mc_authn",
            "version": "mc_si_r2_v1.0",
            "nonce": "the nonce",
            "login_hint": f"MSISDN:{number[1:]}",
            "acr_values": "2",
            "client_notification_token": "the-token",
            "notification_uri": f"{self.url}{NOTIFY}",
            "correlation_id": str(uuid4()),
            "binding_message": "MostID: 482913",
        } | changed
        return {name: value for name, value in said.items() if value is not None}

    def parameters(self, claims: dict[str, Any], key: RSAKey | None = None, **changed: Any) -> dict[str, Any]:
        """Outer parameters around signed claims; None takes one away."""
        key = key or signing_key()
        header = {"alg": "RS256", "typ": "JWT", "kid": key.kid}
        outer = {
            "client_id": CLIENT_ID,
            "response_type": claims.get("response_type", "mc_si_async_code"),
            "scope": claims.get("scope", "openid mc_authn"),
            "request": jwt.encode(header, claims, key),
        } | changed
        return {name: value for name, value in outer.items() if value is not None}

    def ask(self, simulation: Simulation, number: str = "+79201234567", **changed: Any) -> str:
        """Start a request; its `auth_req_id`."""
        parameters = self.parameters(self.claims(simulation, number, **changed))
        answer = simulation.http.post(f"{simulation.url}/mobileid/si-authorize", json=parameters)
        assert answer.status_code == 200, answer.text
        auth_req_id: str = answer.json()["auth_req_id"]
        return auth_req_id


def _handler(mostid: MostId) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            mostid.key_reads += 1
            body = json.dumps({"keys": [key.as_dict(private=False) for key in mostid.keys]}).encode()
            self._send(200 if self.path == JWKS else 404, body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            mostid.calls.append(Call(self.path, self.headers.get("Authorization", ""), body))
            self._send(mostid.statuses.pop(0) if mostid.statuses else 204, b"")

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler
