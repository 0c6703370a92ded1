"""Each endpoint keeps to its budget of statements, on each database, however it is asked."""

import pytest

from tests.deployment import Browser, Deploy, Deployment, Service
from tests.provider.tokens import exchange, post, refresh, revoke, tokens, userinfo


@pytest.fixture
def deployment(deploy: Deploy, storage_url: str) -> Deployment:
    """A deployment on one of the databases."""
    return deploy(database_url=storage_url)


@pytest.fixture
def robot(deployment: Deployment) -> Service:
    """A service that acts for itself."""
    return deployment.register(
        "robot", grant_types=["client_credentials"], redirect_uris=[], allowed_scopes=["catalogue.read"]
    )


@pytest.fixture
def maria(deployment: Deployment, browser: Browser, store: Service, robot: Service) -> Browser:
    """A browser with somebody signed in, at a process that has its keys and clients in memory."""
    deployment.sign_in(browser)
    tokens(browser, store)
    post(browser, "/token", robot, {"grant_type": "client_credentials"})
    return browser


def test_every_endpoint_keeps_to_its_budget(
    deployment: Deployment, maria: Browser, store: Service, robot: Service
) -> None:
    spent: dict[str, list[str]] = {}

    def count(name: str, act: object, status: int = 200) -> dict[str, str]:
        with deployment.statements() as statements:
            answer = act()  # type: ignore[operator]
        assert answer.status_code == status, (name, answer.text)
        spent[name] = [one for one in statements if "FROM versions" not in one]  # read once a second for all
        return dict(answer.json or {})

    code = maria.code(store)
    given = count("exchange", lambda: exchange(maria, store, code))
    count("userinfo", lambda: userinfo(maria, given["access_token"]))
    for kind in ("access_token", "refresh_token"):
        count(
            f"introspection of {kind}",
            lambda kind=kind: post(maria, "/introspect", store, {"token": given[kind]}),
        )
    again = count("refresh", lambda: refresh(maria, store, given["refresh_token"]))
    count("refresh once more", lambda: refresh(maria, store, given["refresh_token"]))
    count("narrowed refresh", lambda: refresh(maria, store, again["refresh_token"], scope="openid"))
    count("revocation", lambda: revoke(maria, store, given["access_token"]))
    count("revocation of what has ended", lambda: revoke(maria, store, given["refresh_token"]))
    count("client credentials", lambda: post(maria, "/token", robot, {"grant_type": "client_credentials"}))
    hint = given["id_token"]
    for name, more in (("authorization", {}), ("authorization with a hint", {"id_token_hint": hint})):
        count(name, lambda more=more: maria.authorize(store, **more), 303)
    for path in ("/jwks.json", "/.well-known/openid-configuration"):
        count(path, lambda path=path: maria.get(path))
    assert {name: len(statements) for name, statements in spent.items()} == {
        "exchange": 2,
        "userinfo": 1,
        "introspection of access_token": 1,
        "introspection of refresh_token": 1,
        "refresh": 1,
        "refresh once more": 2,
        "narrowed refresh": 1,
        "revocation": 1,
        "revocation of what has ended": 1,
        "client credentials": 0,
        "authorization": 2,
        "authorization with a hint": 3,
        "/jwks.json": 0,
        "/.well-known/openid-configuration": 0,
    }


@pytest.mark.sr("SR-202")
def test_strangers_cost_no_statement(deployment: Deployment, maria: Browser, store: Service) -> None:
    """What fails by its form, its signature or its client is refused before the database is asked."""
    access = tokens(maria, store)["access_token"]
    with deployment.statements() as statements:
        for answer in (
            maria.post(
                "/token", data={"grant_type": "authorization_code", "code": "x", "client_id": "store"}
            ),
            exchange(maria, store, "x"),
            exchange(maria, store, maria.cookie("sid") or ""),
            refresh(maria, store, "x"),
            revoke(maria, store, access + "x"),
            post(maria, "/introspect", store, {"token": "x.y.z"}),
            userinfo(maria, access[:-1]),
        ):
            assert answer.status_code in {200, 400, 401}
    assert [one for one in statements if "FROM versions" not in one] == []
