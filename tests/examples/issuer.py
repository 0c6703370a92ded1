"""A small OpenID Provider over HTTP that can be told to misbehave in one way at a time."""

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import WSGIRequestHandler, make_server

PERSON = {"sub": "s-anna", "name": "Анна <b>Ким</b>", "email": "anna@mail.ru", "email_verified": True}


@cache
def key(kid: str, number: int = 0) -> RSAKey:
    """A key of this name; another `number` is another key under the same name."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


class Quiet(WSGIRequestHandler):
    """Says nothing."""

    def log(self, *args: Any) -> None:
        """Say nothing."""


class Issuer:
    """The provider. `signed_in`: somebody is; the other switches are faults."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.url, self.now = "", now
        self.signed_in = True
        self.error = ""
        """Error of the authorization endpoint."""
        self.refuses_renewal = self.down = False
        self.claims: dict[str, Any] = {}
        """Members that ID tokens get instead of the right ones; None takes one away."""
        self.metadata: dict[str, Any] = {}
        self.userinfo_sub = PERSON["sub"]
        self.answer: dict[str, str | None] = {}
        """Members that the authorization answer gets instead of the right ones; None takes one away."""
        self.header: dict[str, Any] = {}
        self.key = key("k1")
        self.published = [self.key]
        self.codes: dict[str, dict[str, str]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.generation = 0
        self.expires_in = 600

    def calls(self, path: str) -> list[dict[str, str]]:
        """What came to one endpoint."""
        return [values for name, values in self.requests if name == path]

    def id_token(self, client_id: str, nonce: str | None, access_token: str) -> str:
        now = int(self.now())
        claims = {
            "iss": self.url, "sub": PERSON["sub"], "aud": client_id, "iat": now, "exp": now + 600, "nonce": nonce,
            "at_hash": _base64(hashlib.sha256(access_token.encode()).digest()[:16]),
        } | self.claims  # fmt: skip
        header = {"alg": "RS256", "kid": self.key.kid} | self.header
        said = {name: value for name, value in claims.items() if value is not None}
        if header["alg"] == "none":
            return ".".join(_base64(json.dumps(part).encode()) for part in (header, said)) + "."
        return jwt.encode(header, said, self.key, [header["alg"]])

    def app(self) -> Flask:
        app = Flask("issuer")

        @app.before_request
        def note() -> Response | None:
            values = {**request.args.to_dict(), **request.form.to_dict()}
            if request.authorization is not None:
                values["auth"] = f"{request.authorization.type}:{request.authorization.username}"
            self.requests.append((request.path, values))
            return Response("down", 503) if self.down else None

        app.get("/.well-known/openid-configuration")(self._discovery)
        app.get("/keys", endpoint="keys")(
            lambda: jsonify({"keys": [key.as_dict(private=False) for key in self.published]})
        )
        app.get("/somewhere/authorize")(self._authorize)
        app.post("/somewhere/token")(self._token)
        app.get("/somewhere/userinfo", endpoint="userinfo")(
            lambda: jsonify(PERSON | {"sub": self.userinfo_sub})
        )
        app.post("/somewhere/revoke", endpoint="revoke")(lambda: ("", 200))
        return app

    def _discovery(self) -> Response:
        names = {
            "authorization_endpoint": "authorize", "token_endpoint": "token", "userinfo_endpoint": "userinfo",
            "revocation_endpoint": "revoke", "end_session_endpoint": "leave",
        }  # fmt: skip
        document = {name: f"{self.url}/somewhere/{path}" for name, path in names.items()}
        document |= {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        return jsonify(document | {"authorization_response_iss_parameter_supported": True} | self.metadata)

    def _authorize(self) -> Any:
        asked = request.args.to_dict()
        answer: dict[str, str | None] = {"state": asked["state"], "iss": self.url}
        if self.error or (asked.get("prompt") == "none" and not self.signed_in):
            answer["error"] = self.error or "login_required"
        else:
            answer["code"] = f"code-{len(self.codes)}"
            self.codes[answer["code"]] = asked
        answer |= self.answer
        sent = {name: value for name, value in answer.items() if value is not None}
        return redirect(f"{asked['redirect_uri']}?{urlencode(sent)}", 303)

    def _token(self) -> Any:
        form = request.form
        if form["grant_type"] == "refresh_token":
            if self.refuses_renewal or form["refresh_token"] != f"refresh-{self.generation}":
                return jsonify({"error": "invalid_grant"}), 400
            return self._tokens("client", None)
        asked = self.codes.pop(form["code"])
        challenge = _base64(hashlib.sha256(form["code_verifier"].encode()).digest())
        if asked["code_challenge"] != challenge or asked["redirect_uri"] != form["redirect_uri"]:
            return jsonify({"error": "invalid_grant"}), 400
        return self._tokens(asked["client_id"], asked["nonce"], asked.get("authorization_details"))

    def _tokens(self, client_id: str, nonce: str | None, details: str | None = None) -> Response:
        self.generation += 1
        access = f"access-{self.generation}"
        body = {
            "access_token": access, "token_type": "Bearer", "expires_in": self.expires_in, "scope": "openid profile",
            "refresh_token": f"refresh-{self.generation}", "id_token": self.id_token(client_id, nonce, access),
        }  # fmt: skip
        if details is not None:
            body["authorization_details"] = json.loads(details)
        return Response(json.dumps(body), content_type="application/json")


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


@contextmanager
def running(now: Callable[[], float]) -> Iterator[Issuer]:
    """The provider on a free port of loopback."""
    issuer = Issuer(now)
    server = make_server("127.0.0.1", 0, issuer.app(), threaded=True, request_handler=Quiet)
    issuer.url = f"http://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
