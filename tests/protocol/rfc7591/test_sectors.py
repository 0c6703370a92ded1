"""OIDC Registration §5, OIDC Core §8.1: third parties of several hosts, and who shares subjects with whom."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.deployment import Browser, Deploy, Deployment, Service
from tests.protocol.rfc7591.registering import post, put, token
from tests.provider.ends import consent
from tests.provider.tokens import claims, tokens
from tests.upstreams.fakes import Fake, Wire, made, told

FIRST, SECOND = "https://one.example/cb", "https://two.example/cb"
BOTH = [FIRST, SECOND]


@pytest.fixture
def site() -> Iterator[Fake]:
    """The web server of the sector."""
    fake = Fake()
    fake.replies["/sector"] = told([*BOTH, "https://three.example/cb"])
    yield fake
    fake.close()


@pytest.fixture
def deployment(deploy: Deploy, site: Fake) -> Deployment:
    """Trusts the sector's server."""
    return deploy(trusted_origins=(site.url,))


def document(site: Fake, **changed: Any) -> dict[str, Any]:
    given = {"redirect_uris": BOTH, "scope": "openid", "sector_identifier_uri": f"{site.url}/sector"}
    return {name: value for name, value in (given | changed).items() if value is not None}


def why_refused(answer: TestResponse) -> str:
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_client_metadata"), answer.text
    said: str = answer.json["error_description"]
    assert said.startswith("sector_identifier_uri: ")
    return said


@pytest.mark.rule(
    "OIDC Core", "8.1", "services of which one host's file lists every address share subjects; others do not"
)
@pytest.mark.sr("SR-076")
def test_services_of_a_sector(deployment: Deployment, browser: Browser, site: Fake) -> None:
    person, subjects = deployment.sign_in(browser), []
    for changed in (
        {},
        {"redirect_uris": [SECOND]},
        {"redirect_uris": [FIRST], "sector_identifier_uri": None},
    ):
        answer = post(browser, document(site, **changed))
        assert answer.status_code == 201, answer.text
        said = answer.json
        assert said.get("sector_identifier_uri") == document(site, **changed).get("sector_identifier_uri")
        service = Service(said["client_id"], said["client_secret"], said["redirect_uris"][0])
        deployment.clock_file.advance(2)
        consent(deployment, person, service, "openid")
        subjects.append(claims(tokens(browser, service, "openid")["id_token"])["sub"])
    assert subjects[0] == subjects[1] != subjects[2]


@pytest.mark.rule("OIDC Registration", "2", "addresses at several hosts demand a sector_identifier_uri")
@pytest.mark.parametrize("application_type", ["web", "native"])
def test_several_hosts(deployment: Deployment, site: Fake, application_type: str) -> None:
    """Of a native application none is demanded, nor taken: whoever copies its address could answer there."""
    browser, native = deployment.client(), application_type == "native"
    answer = post(browser, document(site, sector_identifier_uri=None, application_type=application_type))
    assert answer.status_code == (201 if native else 400), answer.text
    answer = post(browser, document(site, application_type=application_type))
    assert answer.status_code == (400 if native else 201), answer.text
    alone = document(site, redirect_uris=[FIRST, f"{FIRST}/b"], sector_identifier_uri=None)
    assert post(browser, alone).status_code == 201


@pytest.mark.rule(
    "OIDC Registration", "5", "the file is a JSON array at an https address that lists every redirect address"
)
@pytest.mark.sr("SR-058")
@pytest.mark.parametrize(
    "reply",
    [told([FIRST]), told([]), told([*BOTH[:1], f"{SECOND}/"]), told([FIRST, "https://TWO.example/cb"]), told({"a": BOTH}),
     told([FIRST, SECOND, 1]), told(FIRST), made("<html>"), made("[" * 60_000), made("", 404), made("", 500), b"x\r\n\r\n",
     made("", 302, "text/html", "Location: /other")],
)  # fmt: skip
def test_a_file_that_does_not_say_so(deployment: Deployment, site: Fake, reply: bytes) -> None:
    browser, once = deployment.client(), token(deployment)
    good = site.replies["/sector"]
    site.replies |= {"/sector": reply, "/other": good}
    why_refused(post(browser, document(site), once))
    site.replies["/sector"] = good
    assert post(browser, document(site), once).status_code == 201  # the token's use was not taken


@pytest.mark.rule("OIDC Registration", "5", "the address of the file is https, of a public host")
@pytest.mark.sr("SR-054")
def test_addresses(deployment: Deployment, site: Fake) -> None:
    browser = deployment.client()
    for uri in (
        "http://one.example/sector",
        "one.example",
        "https://10.0.0.1/x",
        "http://localhost:9/x",
        7,
        None,
        [],
    ):
        answer = post(browser, document(site) | {"sector_identifier_uri": uri})
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_client_metadata"), uri
    assert site.received == []


@pytest.mark.sr("SR-053", "SR-201")
def test_only_for_whom_may_register_is_it_fetched(deployment: Deployment, site: Fake) -> None:
    """And outside of any transaction: nothing is held while somebody else's server takes its time."""
    browser = deployment.client()
    assert post(browser, document(site), "iat_guess").status_code == 401
    assert post(browser, document(site, scope="mostid.admin.write")).status_code == 400
    assert site.received == []
    registered = post(browser, document(site)).json
    assert (
        put(browser, registered | {"registration_access_token": "rat_x"}, document(site)).status_code == 401
    )
    assert len(site.received) == 1
    good, once = site.replies["/sector"], token(deployment)

    def slowly(wire: Wire) -> None:
        deployment.register("meanwhile")  # writes, as anybody else may
        wire.send(good)

    site.replies["/sector"] = slowly
    assert post(browser, document(site), once).status_code == 201


@pytest.mark.rule("RFC 7592", "2.2", "what would change the subjects of a client's people is refused")
@pytest.mark.sr("SR-076")
def test_the_sector_never_changes(deployment: Deployment, site: Fake) -> None:
    browser = deployment.client()
    registered = post(browser, document(site)).json
    assert "sub of every person" in why_refused(
        put(browser, registered, document(site, redirect_uris=[FIRST], sector_identifier_uri=None))
    )
    other = document(site, sector_identifier_uri=f"{site.url.replace('127.0.0.1', 'localhost')}/sector")
    why_refused(put(browser, registered, other))
    alone = post(browser, document(site, redirect_uris=[FIRST], sector_identifier_uri=None)).json
    assert "sub of every person" in why_refused(put(browser, alone, document(site, redirect_uris=[FIRST])))
    assert (
        put(browser, alone, document(site, sector_identifier_uri=None)).status_code == 200
    )  # its own, as before


@pytest.mark.rule("OIDC Registration", "5", "a new redirect address has to be listed in the file too")
def test_a_replacement_is_looked_up_again(deployment: Deployment, site: Fake) -> None:
    browser = deployment.client()
    registered = post(browser, document(site)).json
    wider = document(site, redirect_uris=[*BOTH, "https://four.example/cb"])
    assert "every one" in why_refused(put(browser, registered, wider))
    site.replies["/sector"] = told(wider["redirect_uris"])
    answer = put(browser, registered, wider)
    assert (answer.status_code, answer.json["redirect_uris"]) == (200, wider["redirect_uris"])


def test_operators_register_such_services_too(deployment: Deployment, site: Fake, tmp_path: Path) -> None:
    runner, file = deployment.app.test_cli_runner(), tmp_path / "client.json"

    def added(**changed: Any) -> str:
        file.write_text(json.dumps({"client_name": "Reading room", **document(site, **changed)}))
        result = runner.invoke(args=["clients", "add", "--metadata", str(file), "--json"])
        return json.loads(result.stdout)["client_id"] if result.exit_code == 0 else result.stderr

    assert added().startswith("c_")
    assert "several hosts" in added(sector_identifier_uri=None)
    assert "every one" in added(redirect_uris=["https://four.example/cb"])
    assert "third parties" in added(first_party=True)
    assert "third parties" in added(redirect_uris=[FIRST], sector="one.example")
    assert "to be listed" in added(redirect_uris=[], grant_types=["client_credentials"])
