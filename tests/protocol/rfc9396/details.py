"""Authorization details that tests ask for, and the types behind them."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from werkzeug.test import TestResponse

from tests.deployment import Browser, Service, answered
from tests.html import read
from tests.provider.tokens import exchange

EXAMPLES = Path(__file__).parents[3] / "examples" / "authorization_details"
API, STOCK = "https://api.example/orders", "https://api.example/stock"
REPORT: dict[str, Any] = {
    "title": {"ru": "Отчёт", "en": "Report"},
    "shown": [
        {"ru": "Можно", "en": "May", "value": "{actions}"},
        {"ru": "С подписью", "en": "Signed", "value": "{signed}"},
        {"ru": "Лет", "en": "Years", "value": "{years}"},
    ],
    "words": {"read": {"ru": "читать", "en": "read"}, "send": {"ru": "отправлять", "en": "send"}},
    "not_shown": ["places", "notes"],
    "client_credentials": True,
    "schema": {
        "type": "object",
        "additionalProperties": False,
        "required": ["type", "actions"],
        "properties": {
            "type": {"const": "report"},
            "actions": {"type": "array", "items": {"enum": ["read", "send"]}, "minItems": 1},
            "signed": {"type": "boolean"},
            "years": {"type": "integer"},
            "locations": True,
            "notes": {"type": "object", "additionalProperties": {"type": "string"}},
            "places": {"type": "array", "items": {"$ref": "#/$defs/place"}},
        },
        "$defs": {
            "place": {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}}
        },
    },
}


def payment(**changed: Any) -> dict[str, Any]:
    """A payment; None takes a member away."""
    members = {
        "type": "mir_payment",
        "instructedAmount": {"amount": "1234.50", "currency": "RUB"},
        "creditorName": "Чай «Парус»",
        "purpose": "Чай улун, 200 г",
        "orderId": "A-17",
    } | changed
    return {name: value for name, value in members.items() if value is not None}


def report(*actions: str, **more: Any) -> dict[str, Any]:
    """A report."""
    return {"type": "report", "actions": list(actions), **more}


def text(*details: Any) -> str:
    """The parameter."""
    return json.dumps(details, ensure_ascii=False)


def allow(browser: Browser, page: TestResponse, **form: Any) -> TestResponse:
    """Say yes on the page; what the service is answered."""
    filled = read(page).form("/consent").filled(decision="allow", **form)
    return browser.follow(browser.post("/consent", data=filled))


def code_for(browser: Browser, service: Service, *details: Any, **asked: Any) -> str:
    """A code for details that the person of this browser has just allowed."""
    page = browser.follow(browser.authorize(service, authorization_details=text(*details), **asked))
    return answered(allow(browser, page, scope=["profile"]))["code"]


def granted(browser: Browser, service: Service, *details: Any, **asked: Any) -> dict[str, Any]:
    """The token answer for such a code."""
    answer = exchange(browser, service, code_for(browser, service, *details, **asked))
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def query(answer: TestResponse) -> dict[str, str]:
    """Parameters of a redirect."""
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}
