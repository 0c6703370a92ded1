from tests.deployment import Deploy, answered
from tests.html import read
from tests.provider.tokens import claims, dead, tokens


def test_a_service_from_its_first_visit_to_the_last(storage_url: str, deploy: Deploy) -> None:
    """Consent, code, tokens, silent return, an ID token as hint, and signing out."""
    deployment = deploy(database_url=storage_url)
    back = "https://merchant.example/out"
    merchant = deployment.register(
        client_name="Лавка",
        first_party=False,
        redirect_uris=["https://merchant.example/cb"],
        post_logout_redirect_uris=[back],
    )
    browser = deployment.client()
    deployment.sign_in(browser)
    form = read(browser.follow(browser.authorize(merchant, scope="openid email"))).form("/consent")
    allowed = browser.post("/consent", data=form.filled(decision="allow", scope="email"))
    assert "code" in answered(browser.follow(allowed))
    given = tokens(browser, merchant, scope="openid email", prompt="none")
    assert given["scope"] == "openid email"
    again = tokens(browser, merchant, scope="openid", prompt="none", id_token_hint=given["id_token"])
    assert claims(again["id_token"])["sub"] == claims(given["id_token"])["sub"]
    query = {"id_token_hint": given["id_token"], "post_logout_redirect_uri": back, "state": "s"}
    assert browser.get("/logout", query_string=query).location == f"{back}?state=s"
    assert answered(browser.authorize(merchant, prompt="none"))["error"] == "login_required"
    assert dead(browser, merchant, given)
    assert [(row.kind, row.client_id) for row in deployment.rows("outbox")] == [
        ("session.ended", merchant.client_id)
    ]
