"""Types of authorization details (RFC 9396 §2): what an operator has registered, one document a type, read at the start.

A document is `<type>.json`: the schema of an object of the type, and how a person is shown one, in both languages.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, SchemaError
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from app.storage.strict_json import BadJson, parse
from config import ConfigurationError

SETTING = "MOSTID_AUTHORIZATION_DETAILS_DIR"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
PLACE = re.compile(r"\{([A-Za-z0-9_.-]+)(:money)?\}")
"""A member in the template of a row: names with dots between, and whether it is an amount of money."""
NAMEABLE = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""Members that a refusal may name, by our own schema and never by the request."""
DRAFT_2020_12 = "https://json-schema.org/draft/2020-12/schema"
MOST_DEPTH = 40
CLOSING = frozenset({"additionalProperties", "unevaluatedProperties"})
"""Rules by which a schema refuses members that it does not know."""
OWN = frozenset({"type", "locations"})
"""Members with rules of their own, which pages show for every type."""


class Words(BaseModel):
    """A text in both languages."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    ru: str = Field(min_length=1, max_length=200)
    en: str = Field(min_length=1, max_length=200)

    def in_language(self, language: str) -> str:
        """The text for a reader."""
        return self.ru if language == "ru" else self.en


class Row(Words):
    """One line of the page: a label, and members in braces."""

    value: str = Field(min_length=1, max_length=200)

    @property
    def members(self) -> list[str]:
        """The members that it shows."""
        return [path for path, _ in PLACE.findall(self.value)]


class Document(BaseModel):
    """What a file holds."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    title: Words
    shown: tuple[Row, ...] = Field(min_length=1)
    not_shown: tuple[str, ...] = ()
    """Members that pages leave out on purpose."""
    words: dict[str, Words] = {}
    """What pages say for a value: `RUB`, `read`."""
    client_credentials: bool = False
    """Whether a service may have it for itself, without a person's word."""
    rules: dict[str, Any] = Field(alias="schema")


@dataclass(frozen=True, slots=True)
class DetailType:
    """A registered type."""

    name: str
    document: Document
    validator: Draft202012Validator
    members: frozenset[str]
    """Names of members in its schema."""


DetailTypes = Mapping[str, DetailType]
NO_TYPES: DetailTypes = {}


class _Wrong(Exception):
    """What is wrong with a file, and what to change."""


def load_types(directory: Path | None) -> DetailTypes:
    """The types of a directory; none without one. Raises ConfigurationError with a sentence for each bad file."""
    if directory is None:
        return NO_TYPES
    if not directory.is_dir():
        raise ConfigurationError(
            f"{SETTING}: there is no directory {directory}: write its full path, or unset it"
        )
    found, wrong = {}, []
    for file in sorted(directory.glob("*.json")):
        try:
            found[file.stem] = _read(file)
        except _Wrong as problem:
            wrong.append(f"{SETTING}: {file.name}: {problem}")
    if wrong:
        raise ConfigurationError("\n".join(wrong))
    return found


def _read(file: Path) -> DetailType:
    if NAME.fullmatch(file.stem) is None:
        raise _Wrong("name the file after its type: letters, digits, dots, dashes, underscores")
    try:
        document = Document.model_validate(parse(file.read_text(encoding="utf-8"), MOST_DEPTH))
    except (OSError, UnicodeDecodeError):
        raise _Wrong("make it a readable file in UTF-8") from None
    except BadJson as error:
        raise _Wrong(f"make it strict JSON ({error})") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the document"
        raise _Wrong(f"mend {place}: {first['msg']}") from None
    members = frozenset(_names(document.rules))
    _check_schema(document.rules)
    _check_shown(document, members)
    validator = _validator(document.rules)
    _check_name(file.stem, validator)
    return DetailType(file.stem, document, validator, members)


def _check_schema(schema: Mapping[str, Any]) -> None:
    if schema.get("$schema", DRAFT_2020_12) != DRAFT_2020_12:
        raise _Wrong(f"write the schema in draft 2020-12: $schema is {DRAFT_2020_12}")
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        place = error.json_path.replace("$", "schema", 1)
        raise _Wrong(f"mend {place}, which is no JSON Schema: {error.message}"[:300]) from None
    if schema.get("type") != "object" or False not in (
        schema.get("additionalProperties"),
        schema.get("unevaluatedProperties"),
    ):
        raise _Wrong(
            'write "type": "object" and "additionalProperties": false into the schema: '
            "nobody can allow members that no rule knows (RFC 9396 §5)"
        )
    _check_references(schema)


def _check_references(schema: Mapping[str, Any]) -> None:
    """What the library would find out at the first request only."""
    resolver = Registry().resolver_with_root(DRAFT202012.create_resource(schema))
    for reference in _references(schema):
        try:
            resolver.lookup(reference)
        except Unresolvable:
            raise _Wrong(
                f"{reference!r} leads nowhere: put what it refers to under $defs; nothing is fetched"
            ) from None


def _check_shown(document: Document, members: frozenset[str]) -> None:
    """Nobody allows what the page keeps to itself, unless an operator said that it may."""
    paths = [path for row in document.shown for path in row.members]
    for path in paths:
        if not set(path.split(".")) <= members:
            raise _Wrong(f"shown names {path!r}, which the schema has not")
    if any(not row.members for row in document.shown):
        raise _Wrong("each row of shown has a value with a member in braces, as in {amount}")
    known = {path.partition(".")[0] for path in paths} | set(document.not_shown) | OWN
    for name in document.rules.get("properties", {}):
        if name not in known:
            raise _Wrong(f"say in shown how the member {name!r} is shown, or name it in not_shown")


def _check_name(name: str, validator: Draft202012Validator) -> None:
    """An object of a type says its name, so a schema that takes no such name takes nothing."""
    try:
        wrong = list(validator.iter_errors({"type": name}))
    except RecursionError:
        raise _Wrong("mend schema: it refers to itself without end") from None
    if any([*error.absolute_path] == ["type"] or error.validator in CLOSING for error in wrong):
        raise _Wrong(
            f'write "type": {{"const": "{name}"}} into the properties of the schema: the member says the file\'s name'
        )


def _validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    """By this schema alone: an empty registry fetches nothing."""
    return Draft202012Validator(schema, registry=Registry())


def _names(schema: object) -> Iterator[str]:
    for key, node in _nodes(schema):
        if key == "properties" and isinstance(node, dict):
            yield from (name for name in node if NAMEABLE.fullmatch(name))


def _references(schema: object) -> Iterator[str]:
    for key, node in _nodes(schema):
        if key in {"$ref", "$dynamicRef"} and isinstance(node, str):
            yield node


def _nodes(schema: object) -> Iterator[tuple[str, Any]]:
    """Every member of every object of a schema."""
    for value in schema if isinstance(schema, list) else schema.values() if isinstance(schema, dict) else ():
        yield from _nodes(value)
    if isinstance(schema, dict):
        yield from schema.items()
