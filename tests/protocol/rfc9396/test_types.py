"""Types that an operator registers: read once, at the start, or the start stops and says what to change."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.grants.detail_types import load_types
from config import ConfigurationError
from tests.deployment import Deploy, Deployment, answered
from tests.protocol.rfc9396.details import EXAMPLES, REPORT, report, text

SCHEMA: dict[str, Any] = REPORT["schema"]


def with_schema(**members: Any) -> str:
    return json.dumps(REPORT | {"schema": SCHEMA | members})


def without(name: str) -> str:
    return json.dumps({key: value for key, value in REPORT.items() if key != name})


def with_property(name: str, rule: Any) -> str:
    return with_schema(properties=SCHEMA["properties"] | {name: rule})


BAD: dict[str, tuple[str, str]] = {
    "no JSON": ("{", r"make it strict JSON \(not JSON\)"),
    "repeated": ('{"title": 1, "title": 2}', r"make it strict JSON \(repeated name\)"),
    "a list": ("[]", "mend the document"),
    "no schema": (without("schema"), "mend schema: Field required"),
    "no title": (without("title"), "mend title: Field required"),
    "one language": (json.dumps(REPORT | {"title": {"ru": "Отчёт"}}), "mend title.en: Field required"),
    "nothing shown": (json.dumps(REPORT | {"shown": []}), "mend shown"),
    "unknown member": (json.dumps(REPORT | {"templates": []}), "mend templates"),
    "row without a member": (
        json.dumps(REPORT | {"shown": [{"ru": "a", "en": "b", "value": "c"}]}),
        "each row of shown has a value with a member in braces",
    ),
    "misspelt member": (
        json.dumps(REPORT | {"shown": [{"ru": "a", "en": "b", "value": "{action}"}]}),
        "shown names 'action', which the schema has not",
    ),
    "member that nobody sees": (with_property("secret", {}), "say in shown how the member 'secret' is shown"),
    "another draft": (
        with_schema(**{"$schema": "http://json-schema.org/draft-07/schema#"}),
        "write the schema in draft 2020-12",
    ),
    "no schema at all": (with_property("years", {"type": "numbr"}), r"mend schema.properties.years.type, which is no"),
    "not an object": (with_schema(type="array"), 'write "type": "object"'),
    "open": (with_schema(additionalProperties=True), '"additionalProperties": false'),
    "remote": (with_property("years", {"$ref": "https://example.com/years"}), "leads nowhere.*nothing is fetched"),
    "file": (with_property("years", {"$ref": "file:///etc/passwd"}), "leads nowhere"),
    "bad pattern of names": (with_property("years", {"patternProperties": {"(": {}}}), "which is no JSON Schema"),
    "nowhere": (with_property("years", {"$ref": "#/$defs/years"}), "leads nowhere"),
    "another name": (with_schema(), 'write "type": {"const": "bad"} into the properties'),
    "another choice": (with_property("type", {"enum": ["good", "report"]}), 'write "type": {"const": "bad"}'),
    "no name": (
        with_schema(properties={k: v for k, v in SCHEMA["properties"].items() if k != "type"}),
        'write "type": {"const": "bad"}',
    ),
    "no end": (with_schema(allOf=[{"$ref": "#"}]), "mend schema: it refers to itself without end"),
    "bad pattern": (with_property("years", {"pattern": "\\p{L}("}), "mend schema.properties.years.pattern, which"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "said"), BAD.values(), ids=BAD.keys())
def test_a_bad_type_stops_the_start(types: Path, content: str, said: str) -> None:
    (types / "bad.json").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=f"^MOSTID_AUTHORIZATION_DETAILS_DIR: bad.json: .*{said}"):
        load_types(types)


@pytest.mark.parametrize(
    "rule", [True, {"type": "string"}, {"enum": ["other", "good"]}, {"$ref": "#/$defs/name"}]
)
def test_a_name_that_the_schema_takes(types: Path, rule: Any) -> None:
    properties, defs = SCHEMA["properties"] | {"type": rule}, SCHEMA["$defs"] | {"name": {"const": "good"}}
    (types / "good.json").write_text(with_schema(properties=properties, **{"$defs": defs}), encoding="utf-8")
    assert "good" in load_types(types)


def test_each_bad_file_has_its_sentence(types: Path) -> None:
    (types / "bad.json").write_bytes(b"\xff")
    (types / "no type.json").write_text(json.dumps(REPORT), encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load_types(types)
    assert str(refused.value).count("\n") == 1
    assert "readable file in UTF-8" in str(refused.value)
    assert "name the file after its type" in str(refused.value)


def test_a_directory_that_is_not_there(types: Path, deploy: Deploy) -> None:
    with pytest.raises(ConfigurationError, match="MOSTID_AUTHORIZATION_DETAILS_DIR: there is no directory"):
        deploy(authorization_details_dir=types / "elsewhere")


def test_the_example() -> None:
    assert list(load_types(EXAMPLES)) == ["mir_payment"]


def test_a_schema_that_never_ends(deploy: Deploy, types: Path) -> None:
    rules = {
        "$defs": SCHEMA["$defs"] | {"loop": {"$ref": "#/$defs/loop"}},
        "properties": SCHEMA["properties"] | {"years": {"$ref": "#/$defs/loop"}},
    }
    (types / "report.json").write_text(with_schema(**rules), encoding="utf-8")
    deployment = deploy(authorization_details_dir=types)
    service = deployment.register("shop", authorization_details_types=["report"])
    browser = deployment.client()
    refused = answered(browser.authorize(service, authorization_details=text(report("read", years=1))))
    assert refused["error_description"] == "authorization_details[0] is not as its type demands"


@pytest.mark.rule("RFC 9396", "10", "discovery names the types that are registered, and only then")
def test_discovery(deploy: Deploy, deployment: Deployment) -> None:
    member = "authorization_details_types_supported"
    for path in ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"):
        assert deployment.client().get(path).json[member] == ["mir_payment", "report"]
        assert member not in deploy().client().get(path).json


@pytest.mark.rule("RFC 9396", "5", "without any types each one is unknown")
def test_no_types(deploy: Deploy) -> None:
    deployment = deploy()
    service = deployment.register("shop", authorization_details_types=["report"])
    refused = answered(deployment.client().authorize(service, authorization_details=text(report("read"))))
    assert refused["error"] == "invalid_authorization_details"


@pytest.mark.rule("RFC 9396", "10", "only an operator says which types a client may ask for")
def test_no_client_gives_itself_types(deploy: Deploy, types: Path) -> None:
    browser = deploy(authorization_details_dir=types, open_registration=True).client()
    given = {"redirect_uris": ["https://shop.example/cb"], "authorization_details_types": ["mir_payment"]}
    refused = browser.post("/register", json=given)
    assert (refused.status_code, refused.json["error"]) == (400, "invalid_client_metadata")
