"""RFC 9396 §5: what is not wholly good is refused wherever it comes in, and nothing of it is quoted."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.deployment import Browser, Deployment, Service, answered
from tests.protocol.rfc9396.details import API, payment, report, text
from tests.provider.tokens import post

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
AMOUNT = {"amount": "1.00", "currency": "RUB"}
ROOT = "authorization_details"
BAD: dict[str, tuple[str, str]] = {
    "no JSON": ("canary", "is no strict JSON: not JSON"),
    "cut": (text(payment())[:-1], "is no strict JSON: not JSON"),
    "an object": (json.dumps(payment()), "is a list of 1 to 10 objects"),
    "a text": ('"mir_payment"', "is a list of 1 to 10 objects"),
    "null": ("null", "is a list of 1 to 10 objects"),
    "no objects": ("[]", "is a list of 1 to 10 objects"),
    "eleven objects": (
        text(*(payment(orderId=f"A-{n}") for n in range(11))),
        "is a list of 1 to 10 objects",
    ),
    "a text within": (text("canary"), "[0] is no object"),
    "a list within": (text(payment(), []), "[1] is no object"),
    "null within": (text(None), "[0] is no object"),
    "twice": (text(payment(), report("read"), payment()), "[2] is there twice"),
    "repeated member": (
        '[{"type": "report", "actions": ["read"], "type": "report"}]',
        "is no strict JSON: repeated name",
    ),
    "repeated by an escape": (
        '[{"type": "report", "\\u0074ype": "x", "actions": ["read"]}]',
        "is no strict JSON: repeated name",
    ),
    "NaN": (
        '[{"type": "report", "actions": ["read"], "years": NaN}]',
        "is no strict JSON: not a number",
    ),
    "infinity": ('[{"type": "report", "years": -Infinity}]', "is no strict JSON: not a number"),
    "huge number": ('[{"type": "report", "years": 1e999}]', "is no strict JSON: huge number"),
    "huge integer": (
        '[{"type": "report", "years": 9007199254740993}]',
        "is no strict JSON: huge integer",
    ),
    "half a character": ('[{"type": "report\\ud800"}]', "is no strict JSON: not JSON"),
    "zero character": ('[{"type": "report\\u0000"}]', "is no strict JSON: zero character"),
    "too deep": ("[" * 11 + "]" * 11, "is no strict JSON: too deep"),
    "very deep": ("[" * 2000, "is no strict JSON: not JSON"),
    "too long": (text(payment(purpose="y" * 4000)), "is at most 4096 bytes"),
    "no type": (text(payment(type=None)), "[0].type is missing or no text"),
    "type is a number": (text(payment(type=1)), "[0].type is missing or no text"),
    "type is a list": (text(payment(type=["mir_payment"])), "[0].type is missing or no text"),
    "unknown type": (text(payment(type="canary")), "[0].type is none that this client may ask for"),
    "type in other letters": (
        text(payment(type="MIR_PAYMENT")),
        "[0].type is none that this client may ask for",
    ),
    "type with a path": (
        text(payment(type="../mir_payment")),
        "[0].type is none that this client may ask for",
    ),
    "unknown member": (text(payment(canary=1)), "[0] has a member that its type does not know"),
    "unknown member within": (
        text(payment(instructedAmount=AMOUNT | {"canary": 1})),
        "[0].instructedAmount has a member that its type does not know",
    ),
    "missing member": (text(payment(creditorName=None)), "[0].creditorName is missing"),
    "missing member within": (
        text(report("read"), payment(instructedAmount={"amount": "1.00"})),
        "[1].instructedAmount.currency is missing",
    ),
    "another kind": (text(payment(orderId=17)), "[0].orderId is not as its type demands"),
    "null member": (
        '[{"type": "report", "actions": null}]',
        "[0].actions is not as its type demands",
    ),
    "against the pattern": (
        text(payment(instructedAmount={"amount": "-5.00", "currency": "RUB"})),
        "[0].instructedAmount.amount is not as its type demands",
    ),
    "no known value": (
        text(report("read", "canary")),
        "[0].actions[1] is not as its type demands",
    ),
    "wrong within a list": (
        text(report("read", places=[{"city": "Пермь"}, {}])),
        "[0].places[1].city is missing",
    ),
    "wrong under a name of its own": (
        text(report("read", notes={"canary": 1})),
        "[0].notes is not as its type demands",
    ),
    "line break": (text(payment(creditorName="Чай\nКофе")), "[0] holds a control, direction or invisible character"),
    "direction": (text(payment(purpose="\u202e00.1")), "[0] holds a control, direction or invisible character"),
    "invisible": (text(payment(creditorName="Ч\u200bай")), "[0] holds a control, direction or invisible character"),
    "line separator": (text(payment(creditorName="Ч\u2028ай")), "[0] holds a control, direction or invisible character"),
    "spaces": (text(payment(creditorName="   ")), "[0] holds spaces at an end"),
    "wide spaces": (text(payment(creditorName="\u00a0\u3000")), "[0] holds spaces at an end"),
    "spaces around": (text(payment(purpose=" Чай")), "[0] holds spaces at an end"),
    "an empty text": (text(payment(creditorName="")), "[0] holds nothing to be seen"),
    "a filler": (text(payment(creditorName="\u3164")), "[0] holds a control, direction or invisible character"),
    "half a filler": (text(payment(creditorName="\u115f")), "[0] holds a control, direction or invisible character"),
    "a blank": (text(payment(creditorName="\u2800")), "[0] holds a control, direction or invisible character"),
    "a variant": (text(payment(creditorName="Чай\ufe0f")), "[0] holds a control, direction or invisible character"),
    "piled marks": (text(payment(purpose="a" + "\u0335" * 120)), "[0] holds more than 3 combining marks in a row"),
    "hidden in a name": (text(report("read", notes={"\u3164": "x"})), "[0] holds a control, direction or invisible character"),
    "locations are a text": (text(report("read", locations=API)), "[0].locations is no list of addresses"),
    "locations are null": ('[{"type":"report","actions":["read"],"locations":null}]', "[0].locations is no list of addresses"),
    "no locations": (text(report("read", locations=[])), "[0].locations is no list of addresses"),
    "foreign location": (
        text(report("read", locations=[API, "https://canary.example/"])),
        "[0].locations names one that this client may have no tokens for",
    ),
    "location is a number": (
        text(report("read", locations=[1])),
        "[0].locations names one that this client may have no tokens for",
    ),
}  # fmt: skip


def faults(send: Callable[[str], Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The answers that are not as they should be: all cases at one deployment, since making one costs more."""
    answers = {name: (send(sent), said) for name, (sent, said) in BAD.items()}
    return {name: answer for name, (answer, said) in answers.items() if not is_refused(answer, said)}


def is_refused(answer: Mapping[str, Any], said: str) -> bool:
    """Whether it is the right refusal, naming place and member, and quoting nothing."""
    texts = {ROOT + said, f"{ROOT} {said}"} | (
        {f"{ROOT} is no strict JSON: too deep"} if "JSON" in said else set()
    )
    right = answer.get("error") == "invalid_authorization_details" and answer["error_description"] in texts
    return right and "canary" not in str(answer)


@pytest.mark.rule("RFC 9396", "5", "details that are not wholly good are invalid_authorization_details")
@pytest.mark.sr("SR-033")
def test_at_the_authorization_endpoint(signed_in: Browser, shop: Service) -> None:
    assert not faults(lambda sent: answered(signed_in.authorize(shop, authorization_details=sent)))
    form = shop.request()
    assert not faults(
        lambda sent: answered(signed_in.post("/authorize", data=form | {ROOT: sent})),
    )


@pytest.mark.rule("RFC 9396", "5", "pushed requests, token requests and devices' requests refuse them alike")
def test_at_the_back_channel(deployment: Deployment, browser: Browser, shop: Service) -> None:
    def send(path: str, **form: str) -> Callable[[str], Mapping[str, Any]]:
        def to(sent: str) -> Mapping[str, Any]:
            answer = post(browser, path, shop, form | {ROOT: sent})
            assert answer.status_code == 400, answer.text
            return dict(answer.json)

        return to

    deployment.change(shop, grant_types=["authorization_code", "client_credentials", DEVICE_CODE])
    assert not faults(send("/par", **shop.request()))
    assert not faults(send("/token", grant_type="client_credentials"))
    assert not faults(send("/device_authorization"))
