"""Secrets from settings, and the values derived from them."""

import base64
from uuid import UUID

import pytest

from app.keys.keyed import KeyedValues
from app.keys.keyring import PURPOSES, Keyring, parse
from app.keys.lookup import LookupHasher
from app.keys.signed import BadSigned, Signed
from app.storage.clock import Clock
from tests.keys.conftest import make_keyring, secret
from tests.services import ClockFile

ONE, OTHER = UUID(int=1), UUID(int=2)


@pytest.mark.sr("SR-074", "SR-156")
@pytest.mark.parametrize(
    "text",
    [
        "", "1", "1:", ":" + "A" * 43, "0:" + "A" * 43, "256:" + "A" * 43, "-1:" + "A" * 43, "x:" + "A" * 43,
        "1:" + "A" * 42,
        "1:" + "A" * 44, "1:" + "A" * 22, "1:" + "*" * 43, "1:" + "A" * 43 + ",",
        "1:" + "A" * 43 + ",1:" + "B" * 42 + "A",
        "1:" + "A" * 43 + ",2:" + "A" * 43,
    ],
)  # fmt: skip
def test_a_malformed_secret_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="key"):
        parse(text)


def test_the_first_version_is_the_current_one() -> None:
    keyring = make_keyring(seal=(2, 1))
    assert keyring.current("seal").number == 2
    assert [key.number for key in keyring.all("seal")] == [2, 1]
    padded = secret("seal", 1)
    assert parse(padded) == parse(padded.rstrip("="))


def test_uses_of_one_secret_share_no_bytes(keyring: Keyring) -> None:
    key = keyring.current("seal")
    made = {key.derive(label, 64) for label in ("seal/code", "seal/ask", "same/code", "signed", "data-key")}
    assert len({value[:32] for value in made} | {value[32:] for value in made} | {key.secret}) == 11


@pytest.mark.sr("SR-074")
def test_purposes_share_no_bytes(keyring: Keyring) -> None:
    assert len({keyring.current(purpose).derive("same label") for purpose in PURPOSES}) == len(PURPOSES)


def test_no_secret_shows_in_a_text_form(keyring: Keyring) -> None:
    raw = keyring.current("seal").secret
    shown = repr(keyring.current("seal")) + str(keyring.current("seal")) + repr(keyring.all("seal"))
    assert repr(raw) not in shown
    assert base64.urlsafe_b64encode(raw).decode() not in shown


@pytest.mark.sr("SR-076", "SR-077")
def test_subjects_differ_by_person_and_sector_and_outlive_other_keys() -> None:
    values = KeyedValues(make_keyring())
    subjects = {
        values.subject(person, sector) for person in (ONE, OTHER) for sector in ("ecosystem", "client:a")
    }
    assert len(subjects) == 4
    assert {len(subject) for subject in subjects} == {27}
    rotated = KeyedValues(make_keyring(seal=(2, 1), lookup=(2, 1), sid=(2,), wrap=(2, 1)))
    assert rotated.subject(ONE, "ecosystem") == values.subject(ONE, "ecosystem")


def test_sids_differ_by_session_and_sector(keyring: Keyring) -> None:
    values = KeyedValues(keyring)
    assert len({values.sid(session, sector) for session in (ONE, OTHER) for sector in ("a", "b")}) == 4
    assert values.sid(ONE, "a") != values.subject(ONE, "a")[:22]


@pytest.mark.sr("SR-135")
def test_the_hash_of_a_code_is_its_challenges_own(keyring: Keyring) -> None:
    values = KeyedValues(keyring)
    assert (
        len({values.code_hash(challenge, code) for challenge in ("a", "b") for code in ("000001", "000002")})
        == 4
    )
    assert values.code_hash("a", "1") != KeyedValues(make_keyring(otp=(2,))).code_hash("a", "1")


@pytest.mark.sr("SR-170")
def test_a_lookup_hash_needs_the_key_and_knows_its_kind(keyring: Keyring) -> None:
    hasher = LookupHasher(keyring)
    assert len({hasher.current(kind, value) for kind in ("phone", "mailru") for value in ("1", "2")}) == 4
    assert hasher.current("phone", "1") != LookupHasher(make_keyring(lookup=(2,))).current("phone", "1")
    assert hasher.current("ab", "c") != hasher.current("a", "bc")


@pytest.mark.sr("SR-172")
def test_lookup_hashes_are_made_under_every_live_version() -> None:
    old, both = LookupHasher(make_keyring()), LookupHasher(make_keyring(lookup=(2, 1)))
    assert [version for version, _ in both.hashes("phone", "1")] == [2, 1]
    assert both.hashes("phone", "1")[1] == old.hashes("phone", "1")[0]
    assert both.current("phone", "1") == both.hashes("phone", "1")[0][1]


def read_or_none(signed: Signed, purpose: str, text: str, age: int = 60) -> object:
    try:
        return signed.read(purpose, text, age)
    except BadSigned:
        return None


def test_a_signed_value_has_a_purpose_and_an_age(
    keyring: Keyring, clock: Clock, clock_file: ClockFile
) -> None:
    signed = Signed(keyring, clock)
    text = signed.sign("form", {"a": 1})
    assert signed.read("form", text, 60) == {"a": 1}
    assert read_or_none(signed, "state", text) is None
    clock_file.advance(59)
    assert signed.read("form", text, 60) == {"a": 1}
    clock_file.advance(2)
    assert read_or_none(signed, "form", text) is None
    clock_file.advance(-3600)
    assert read_or_none(signed, "form", text) is None


def test_a_changed_signed_value_is_not_read(keyring: Keyring, clock: Clock) -> None:
    signed = Signed(keyring, clock)
    text = signed.sign("form", "value")
    wrong = [text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :] for at in range(len(text))]
    wrong += [text[:end] for end in range(len(text))] + [text + "A", "", "..", "." * 100, "é.é.é"]
    assert [one for one in wrong if read_or_none(signed, "form", one) is not None] == []


@pytest.mark.sr("SR-171")
def test_a_new_signing_secret_reads_former_values(clock: Clock) -> None:
    old, both, new = (Signed(make_keyring(sign=numbers), clock) for numbers in ((1,), (2, 1), (2,)))
    assert both.read("form", old.sign("form", 1), 60) == 1
    assert read_or_none(old, "form", both.sign("form", 1)) is None
    assert new.read("form", both.sign("form", 1), 60) == 1
