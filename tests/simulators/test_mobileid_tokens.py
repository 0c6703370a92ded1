"""Mobile ID's ID tokens, and what becomes of the `sub` when a number changes hands."""

import base64
import hashlib
import time
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet

from tests.services import ClockFile
from tests.simulation import Simulation, simulators
from tests.simulators.mostid import CLIENT_ID, NOTIFY, MostId

NUMBER = "+79201234567"


def result(simulation: Simulation, mostid: MostId, number: str = NUMBER, **changed: Any) -> dict[str, Any]:
    """What is called back once somebody has said yes."""
    calls, pushes = len(mostid.calls), len(simulation.pushes(number))
    mostid.ask(simulation, number, **changed)
    simulation.answer_push(simulation.pushes(number, pushes + 1)[0]["id"], yes=True)
    found: dict[str, Any] = mostid.wait(calls + 1).json
    return found


def claims(simulation: Simulation, id_token: str) -> dict[str, Any]:
    keys = KeySet.import_key_set(simulation.get("/mobileid/jwks"))
    return dict(jwt.decode(id_token, keys, algorithms=["RS256"]).claims)


def test_every_claim(simulation: Simulation, mostid: MostId, clock_file: ClockFile) -> None:
    clock_file.advance(86_400)
    found = result(simulation, mostid)
    header = jws.extract_compact(found["id_token"].encode()).headers()
    assert header["kid"] == simulation.get("/mobileid/jwks")["keys"][0]["kid"]
    said = claims(simulation, found["id_token"])
    assert said.pop("sub").count("-") == 4
    assert said.pop("jti")
    digest = hashlib.sha256(found["access_token"].encode()).digest()[:16]
    assert said.pop("at_hash") == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    now = said.pop("iat")
    assert abs(now - time.time() - 86_400) < 60
    assert said == {
        "iss": f"{simulation.url}/mobileid",
        "aud": CLIENT_ID,
        "azp": CLIENT_ID,
        "nonce": "the nonce",
        "acr": "2",
        "amr": ["PUSH_OK"],
        "auth_time": now,
        "exp": now + 600,
        "hashed_login_hint": hashlib.sha256(b"MSISDN:79201234567").hexdigest(),
        "recipient": f"{mostid.url}{NOTIFY}",
    }


@pytest.mark.parametrize(
    ("acr_values", "acr", "amr"), [("2", "2", "PUSH_OK"), ("3 2", "2", "PUSH_OK"), ("3", "3", "SIM_PIN")]
)
def test_the_level_follows_what_was_asked(
    simulation: Simulation, mostid: MostId, acr_values: str, acr: str, amr: str
) -> None:
    said = claims(simulation, result(simulation, mostid, acr_values=acr_values)["id_token"])
    assert (said["acr"], said["amr"]) == (acr, [amr])


def test_a_code_by_sms_says_so(simulation: Simulation, mostid: MostId) -> None:
    simulation.set_person("maria", no_applet=True)
    mostid.ask(simulation)
    endpoint = mostid.wait().json["smsotp_endpoint"]
    code = simulation.latest_sms(NUMBER).split()[1]
    simulation.http.post(endpoint, json={"verify_code": code})
    assert claims(simulation, mostid.wait(2).json["id_token"])["amr"] == ["OTP_OK"]


def test_the_sub_is_of_one_number_at_one_client_until_it_is_resold(
    simulation: Simulation, mostid: MostId
) -> None:
    def sub(number: str = NUMBER) -> str:
        return str(claims(simulation, result(simulation, mostid, number)["id_token"])["sub"])

    first = sub()
    assert sub() == first
    assert sub("+79261234501") != first
    simulation.set_person("maria", sim_changed=True)
    assert sub() == first  # another card, the same owner
    simulation.set_person("maria", resold=True)
    second = sub()
    assert second != first
    simulation.set_person("maria", resold=2)
    assert sub() not in {first, second}


def test_the_sub_outlives_the_simulator(
    simulation: Simulation, mostid: MostId, clock_file: ClockFile
) -> None:
    first = claims(simulation, result(simulation, mostid)["id_token"])["sub"]
    with simulators(clock_file.path, clock_file.path.with_name("log"), mostid.url) as another:
        another.set_upstream("mobileid", callback_delay_s=0)
        said = claims(another, result(another, mostid)["id_token"])
    assert said["sub"] == first


@pytest.mark.parametrize("name", ["iss", "aud", "nonce", "hashed_login_hint", "recipient", "at_hash", "acr"])
def test_a_wrong_claim(simulation: Simulation, mostid: MostId, name: str) -> None:
    simulation.set_person("maria", wrong_claim=name)
    assert claims(simulation, result(simulation, mostid)["id_token"])[name] == "wrong"


def test_an_expired_token_and_a_spoilt_signature(simulation: Simulation, mostid: MostId) -> None:
    simulation.set_person("maria", wrong_claim="exp")
    said = claims(simulation, result(simulation, mostid)["id_token"])
    assert said["exp"] < said["iat"]
    simulation.set_person("maria", wrong_claim="signature")
    with pytest.raises(BadSignatureError):
        claims(simulation, result(simulation, mostid)["id_token"])
