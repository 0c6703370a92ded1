"""Claims by scope: what each scope stands for, and nothing beside."""

import pytest

from app.grants.claims import CLAIMS_OF_SCOPE, profile, select_claims
from app.identity.attributes import REGISTER
from app.keys.datakeys import DataKeys
from app.keys.keyring import Keyring
from tests.deployment import Browser, Deployment

KNOWN = {
    "name": "Мария",
    "email": "m@mail.ru",
    "email_verified": True,
    "phone_number": "+79201234567",
    "secret": "x",
}


@pytest.mark.rule("OIDC Core", "5.4", "a scope stands for its claims")
@pytest.mark.sr("SR-174")
def test_only_what_the_scopes_stand_for_is_taken() -> None:
    assert select_claims(KNOWN, []) == {}
    assert select_claims(KNOWN, ["openid", "offline_access", "unknown"]) == {}
    assert select_claims(KNOWN, ["email"]) == {"email": "m@mail.ru", "email_verified": True}
    assert select_claims(KNOWN, ["profile", "phone"]) == {"name": "Мария", "phone_number": "+79201234567"}


@pytest.mark.sr("SR-173")
def test_every_claim_is_one_that_we_may_keep() -> None:
    """Except what is derived: a mark of proof, the time of a change."""
    derived = {"email_verified", "phone_number_verified", "updated_at"}
    assert {name for names in CLAIMS_OF_SCOPE.values() for name in names} - derived == set(REGISTER)


def test_a_profile_for_our_own_pages(deployment: Deployment, browser: Browser) -> None:
    person = deployment.sign_in(browser)
    keys = DataKeys(Keyring(deployment.settings.keys))
    with deployment.storage.transaction() as tx:
        said = profile(tx, keys, person.identity)
        assert profile(tx, keys, person.link) == {}  # nobody's id
    assert (said["name"], said["email"], said["email_verified"]) == ("Мария Иванова", "maria@mail.ru", True)
