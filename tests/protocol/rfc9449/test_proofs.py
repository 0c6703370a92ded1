"""RFC 9449 §4: proofs that are good, and every way in which one is not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey
from werkzeug.test import TestResponse

from app import create_app
from tests.deployment import ISSUER, Browser, Deploy, Deployment, Service
from tests.provider.proofs import TOKEN, Holder, ask, bound_tokens, encode, exchange, own, rsa, sign
from tests.provider.tokens import claims
from tests.provider.tokens import exchange as bearer_exchange

Made = Callable[[Holder], str]


def check_refused(answer: TestResponse, code: str = "invalid_dpop_proof") -> None:
    """The form of a refusal (RFC 9449 §5)."""
    assert (answer.status_code, answer.json["error"]) == (400, code), answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def headed(**changed: Any) -> Made:
    return lambda holder: holder.signed(changed, holder.claims())


def said(**changed: Any) -> Made:
    return lambda holder: holder.proof(**changed)


def keyed(**changed: Any) -> Made:
    return lambda holder: holder.signed({"jwk": holder.jwk(**changed)}, holder.claims())


def raw(body: bytes) -> Made:
    return lambda holder: holder.signed({}, body)


def by(alg: str, key: Any) -> Made:
    """A proof by another kind of key, which it shows itself."""
    return lambda holder: Holder(holder.clock, key(), alg).proof()


def private(holder: Holder) -> str:
    return holder.signed({"jwk": holder.key.as_dict(private=True)}, holder.claims())


def symmetric(holder: Holder) -> str:
    secret = OctKey.generate_key(256)
    head = {"typ": "dpop+jwt", "alg": "HS256", "jwk": secret.as_dict(private=True)}
    return sign(head, holder.claims(), secret, "HS256")


def unsigned(holder: Holder) -> str:
    head, body, _ = holder.signed({"alg": "none"}, holder.claims()).split(".")
    return f"{head}.{body}."


def small(holder: Holder) -> str:
    short = {"kty": "RSA", "n": encode(b"\xff" * 128), "e": "AQAB"}
    return Holder(holder.clock, rsa(), "PS256").signed({"jwk": short}, holder.claims())


def of_another(holder: Holder) -> str:
    return holder.signed({}, holder.claims(), by=ECKey.generate_key("P-256"))


def changed_afterwards(holder: Holder) -> str:
    head, _, signature = holder.proof().split(".")
    return f"{head}.{encode(json.dumps(holder.claims()).encode())}.{signature}"


def confused(holder: Holder) -> str:
    """The algorithm says RSA, the key is of a curve."""
    return holder.signed({"alg": "PS256"}, holder.claims())


def now(holder: Holder) -> int:
    return int(holder.clock.now() // 1000)


BAD: dict[str, Made] = {
    "no token": lambda _: "x",
    "nothing": lambda _: "",
    "two proofs in one header": lambda holder: f"{holder.proof()}, {holder.proof()}",
    "two headers": lambda holder: f"{holder.proof()},{holder.proof()}",
    "not ASCII": lambda holder: holder.proof() + "é",
    "four parts": lambda holder: holder.proof() + ".AA",
    "too long": said(padding="x" * 4096),
    "padded": lambda holder: holder.proof() + "=",
    "no typ": headed(typ=None),
    "typ JWT": headed(typ="JWT"),
    "typ in capitals": headed(typ="DPOP+JWT"),
    "typ at+jwt": headed(typ="at+jwt"),
    "no alg": headed(alg=None),
    "alg none": unsigned,
    "alg none in capitals": headed(alg="NONE"),
    "alg HS256": symmetric,
    "alg RS256": by("RS256", rsa),
    "alg ES384": by("ES384", lambda: ECKey.generate_key("P-384")),
    "alg of another kind of key": confused,
    "alg a list": headed(alg=["ES256"]),
    "no jwk": headed(jwk=None),
    "jwk a text": headed(jwk="key"),
    "jwk a list": headed(jwk=[]),
    "jwk empty": headed(jwk={}),
    "a private key": private,
    "a private member": keyed(d=""),
    "a point off the curve": keyed(x=encode(bytes(32))),
    "a short coordinate": keyed(x="AA"),
    "a curve that we do not know": keyed(crv="secp256k1"),
    "a key for another algorithm": keyed(alg="ES512"),
    "a key that encrypts": keyed(use="enc"),
    "an RSA key that is too small": small,
    "jku": headed(jku="https://evil.example/keys"),
    "x5c": headed(x5c=["AA"]),
    "crit": headed(crit=["exp"]),
    "kid no text": headed(kid=1),
    "the header too long": headed(padding="x" * 2000),
    "another key's signature": of_another,
    "changed afterwards": changed_afterwards,
    "no signature": lambda holder: holder.proof().rpartition(".")[0] + ".",
    "claims a list": raw(b"[]"),
    "claims no JSON": raw(b"{"),
    "claims empty": raw(b"{}"),
    "claims repeated": raw(b'{"jti":"a","jti":"b"}'),
    "claims deep": raw(b'{"a":' + b"[" * 1200 + b"]" * 1200 + b"}"),
    "no jti": said(jti=None),
    "jti empty": said(jti=""),
    "jti too long": said(jti="x" * 129),
    "jti a number": said(jti=1),
    "jti a list": said(jti=["x"]),
    "no htm": said(htm=None),
    "htm GET": said(htm="GET"),
    "htm in small letters": said(htm="post"),
    "htm a list": said(htm=["POST"]),
    "no htu": said(htu=None),
    "htu a number": said(htu=1),
    "htu a path": said(htu="/token"),
    "htu empty": said(htu=""),
    "htu of another endpoint": said(htu=f"{ISSUER}/userinfo"),
    "htu of another host": said(htu="http://evil.example:8000/token"),
    "htu of another port": said(htu="http://localhost/token"),
    "htu of another scheme": said(htu="https://localhost:8000/token"),
    "htu with a slash more": said(htu=f"{TOKEN}/"),
    "htu with another slash more": said(htu=f"{ISSUER}//token"),
    "htu in capitals": said(htu=f"{ISSUER}/TOKEN"),
    "htu with a user": said(htu="http://maria@localhost:8000/token"),
    "htu with a bad port": said(htu="http://localhost:port/token"),
    "htu no address": said(htu="http://[::1/token"),
    "htu with a line break": said(htu=f"{ISSUER}/to\nken"),
    "htu too long": said(htu=f"{TOKEN}?{'x' * 1024}"),
    "htu with an escaped slash": said(htu=f"{ISSUER}/x%2F..%2Ftoken"),
    "no iat": said(iat=None),
    "iat a text": lambda holder: holder.proof(iat=str(now(holder))),
    "iat true": said(iat=True),
    "iat negative": said(iat=-1),
    "iat endless": lambda holder: holder.signed({}, json.dumps(holder.claims(iat=1)).replace(": 1", ": 1e999").encode()),
    "iat of 400 digits": said(iat=10**400),
    "iat in ms": lambda holder: holder.proof(iat=holder.clock.now()),
    "iat long ago": lambda holder: holder.proof(iat=now(holder) - 62),
    "iat ahead": lambda holder: holder.proof(iat=now(holder) + 20),
    "iat far ahead": lambda holder: holder.proof(iat=now(holder) + 62),
    "exp past": lambda holder: holder.proof(exp=now(holder) - 30),
    "exp a text": said(exp="soon"),
    "nbf ahead": lambda holder: holder.proof(nbf=now(holder) + 30),
    "nbf a list": said(nbf=[]),
}  # fmt: skip


@pytest.mark.rule(
    "RFC 9449", "4.3", "a proof that fails any check is invalid_dpop_proof, and nothing comes of it"
)
@pytest.mark.rule("RFC 9449", "5", "the error of the token endpoint is invalid_dpop_proof")
@pytest.mark.sr("SR-043", "SR-061", "SR-062", "SR-063", "SR-064")
def test_bad_proofs(browser: Browser, robot: Service, holder: Holder) -> None:
    answers = {name: own(browser, robot, made(holder)) for name, made in BAD.items()}
    said = {name: (answer.status_code, answer.json.get("error")) for name, answer in answers.items()}
    assert {name: what for name, what in said.items() if what != (400, "invalid_dpop_proof")} == {}
    assert all(answer.headers["Cache-Control"] == "no-store" for answer in answers.values())


def test_those_proofs_are_bad_for_one_reason_only(browser: Browser, robot: Service, holder: Holder) -> None:
    """What the makers above make unchanged is good."""
    for made in (
        headed(),
        said(),
        keyed(),
        headed(kid="k"),
        said(padding="x" * 1000),
        keyed(use="sig", alg="ES256"),
    ):
        assert own(browser, robot, str(made(holder))).status_code == 200
    assert own(browser, robot, holder.signed({}, json.dumps(holder.claims()).encode())).status_code == 200


@pytest.mark.rule("RFC 9449", "4.3", "each algorithm that is announced is taken")
@pytest.mark.rule("RFC 9449", "5.1", "metadata say which these are")
def test_every_algorithm(deployment: Deployment, browser: Browser, robot: Service) -> None:
    keys = {
        "ES256": ECKey.generate_key("P-256"),
        "PS256": rsa(),
        "EdDSA": OKPKey.generate_key("Ed25519"),
    }
    announced = browser.get("/.well-known/openid-configuration").json["dpop_signing_alg_values_supported"]
    assert announced == list(keys)
    for alg, key in keys.items():
        holder = Holder(deployment.clock, key, alg)
        given = own(browser, robot, holder.proof()).json
        assert given["token_type"] == "DPoP"
        assert claims(given["access_token"])["cnf"] == {"jkt": holder.jkt}
    large = Holder(deployment.clock, rsa(4096), "PS256")
    assert own(browser, robot, large.signed({"kid": "x" * 60}, large.claims())).status_code == 200


@pytest.mark.rule(
    "RFC 9449", "4.3", "htu is compared without query and fragment, normalised by syntax and scheme"
)
@pytest.mark.parametrize(
    "htu",
    [
        f"{TOKEN}?a=b", f"{TOKEN}#part", f"{TOKEN}?", "HTTP://LOCALHOST:8000/token", f"{ISSUER}/%74oken",
        f"{ISSUER}/./token", f"{ISSUER}/other/../token", f"{ISSUER}/../token",
    ],
)  # fmt: skip
def test_addresses_that_are_the_same(browser: Browser, robot: Service, holder: Holder, htu: str) -> None:
    assert own(browser, robot, holder.proof(htu)).status_code == 200


def test_the_default_port_may_be_said(deploy: Deploy) -> None:
    deployment = deploy(issuer="https://id.shop.ru")
    robot = deployment.register(
        "robot", grant_types=["client_credentials"], redirect_uris=[], allowed_scopes=["catalogue.read"]
    )
    holder, browser = Holder(deployment.clock), deployment.client()
    for htu in ("https://id.shop.ru/token", "https://ID.shop.ru:443/token"):
        assert own(browser, robot, holder.proof(htu)).status_code == 200
    for htu in ("http://id.shop.ru/token", "https://id.shop.ru:80/token", "https://id.shop.ru./token"):
        check_refused(own(browser, robot, holder.proof(htu)))


@pytest.mark.rule("RFC 9449", "11.1", "a proof may be a minute old, and dated ten seconds ahead")
def test_clocks_that_differ(deployment: Deployment, browser: Browser, robot: Service, holder: Holder) -> None:
    own(browser, robot, holder.proof())  # from now on the store knows what was used
    deployment.clock_file.advance(120)
    time = now(holder)
    for changed in (
        {"iat": time - 58},
        {"iat": time + 9},
        {"iat": time + 0.5},
        {"exp": time - 5},
        {"nbf": time + 9},
    ):
        assert own(browser, robot, holder.proof(**changed)).status_code == 200, changed


@pytest.mark.rule("RFC 9449", "11.1", "a jti is taken once from each key, as long as its proof is good")
@pytest.mark.sr("SR-043")
def test_replays(deployment: Deployment, browser: Browser, robot: Service, holder: Holder) -> None:
    ahead = holder.proof(iat=now(holder) + 9, jti="the jti")
    assert own(browser, robot, ahead).status_code == 200
    for seconds in (0, 30, 30):
        deployment.clock_file.advance(seconds)
        check_refused(own(browser, robot, ahead))
    check_refused(own(browser, robot, holder.proof(jti="the jti", iat=now(holder) - 1)))
    assert own(browser, robot, Holder(deployment.clock).proof(jti="the jti")).status_code == 200
    assert own(browser, robot, holder.proof(jti="x" * 128)).status_code == 200


@pytest.mark.sr("SR-043")
@pytest.mark.parametrize("store", ["sqlite", "redis"])
def test_replays_at_another_process(
    deploy: Deploy, tmp_path: Path, store: str, request: pytest.FixtureRequest
) -> None:
    settings: dict[str, Any] = {"data_dir": tmp_path}
    first_dir = tmp_path / "mostid-0"
    settings = (
        {"redis_url": request.getfixturevalue("redis_url")} if store == "redis" else {"data_dir": first_dir}
    )
    first, second = deploy(**settings), deploy(**(settings | {"data_dir": first_dir}))
    robot = first.register(
        "robot", grant_types=["client_credentials"], redirect_uris=[], allowed_scopes=["catalogue.read"]
    )
    holder = Holder(first.clock)
    proof = holder.proof()
    assert own(first.client(), robot, proof).status_code == 200
    check_refused(own(second.client(), robot, proof))
    check_refused(own(first.client(), robot, proof))
    assert own(second.client(), robot, holder.proof()).status_code == 200


@pytest.mark.sr("SR-043")
def test_a_store_that_has_forgotten_takes_no_old_proof(
    deployment: Deployment, browser: Browser, robot: Service, holder: Holder
) -> None:
    proof, ahead = holder.proof(), holder.proof(iat=now(holder) + 9)
    assert own(browser, robot, proof).status_code == 200
    assert own(browser, robot, ahead).status_code == 200
    check_refused(own(browser, robot, holder.proof(iat=now(holder) + 59)))  # it would outlive the store
    deployment.clock_file.advance(12)
    for file in deployment.settings.data_dir.glob("ephemeral.db*"):
        file.unlink()
    deployment.app = create_app(deployment.settings)
    check_refused(own(deployment.client(), robot, proof))
    check_refused(own(deployment.client(), robot, ahead))
    deployment.clock_file.advance(2)
    assert own(deployment.client(), robot, holder.proof()).status_code == 200


@pytest.mark.rule("RFC 9449", "5", "a proof is looked at before anything is spent")
def test_a_bad_proof_spends_nothing(maria: Browser, store: Service, holder: Holder) -> None:
    code = maria.code(store)
    for proof in ("x", holder.proof(htm="GET"), f"{holder.proof()},{holder.proof()}"):
        check_refused(exchange(maria, store, code, proof))
    assert bearer_exchange(maria, store, code).json["token_type"] == "Bearer"


@pytest.mark.sr("SR-043")
def test_the_proof_is_spent_before_the_database_is_asked(
    deployment: Deployment, maria: Browser, store: Service, holder: Holder
) -> None:
    code, proof = maria.code(store), holder.proof()
    assert exchange(maria, store, code, proof).status_code == 200
    given = bound_tokens(maria, store, holder)
    again = holder.bound(given["access_token"])
    assert ask(maria, given["access_token"], again).status_code == 200
    with deployment.statements() as seen:
        check_refused(exchange(maria, store, code, proof))
        assert ask(maria, given["access_token"], again).status_code == 401
    assert [statement for statement in seen if "versions" not in statement] == []


def test_a_store_that_is_down(deploy: Deploy) -> None:
    deployment = deploy(redis_url="redis://127.0.0.1:1/0")
    robot = deployment.register(
        "robot", grant_types=["client_credentials"], redirect_uris=[], allowed_scopes=["catalogue.read"]
    )
    answer = own(deployment.client(), robot, Holder(deployment.clock).proof())
    assert (answer.status_code, answer.json["error"]) == (503, "temporarily_unavailable")
    assert own(deployment.client(), robot, None).status_code == 200
