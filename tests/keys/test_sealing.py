"""Sealed values: nothing but the very value, for its purpose and context, ever opens."""

import pytest

from app.keys.sealing import Sealer, Unsealable, decode, encode
from tests.keys.conftest import make_keyring

PURPOSES = ("session", "ask", "code", "refresh")
PAYLOAD = b"who and what"


@pytest.fixture
def sealer() -> Sealer:
    return Sealer(make_keyring(), PURPOSES)


def opens(sealer: Sealer, purpose: str, text: str, context: bytes = b"") -> bool:
    try:
        sealer.open(purpose, text, context)
    except Unsealable:
        return False
    return True


def opens_same(sealer: Sealer, purpose: str, text: str) -> bool:
    try:
        sealer.open_same(purpose, text)
    except Unsealable:
        return False
    return True


@pytest.mark.sr("SR-074")
@pytest.mark.parametrize("made", PURPOSES)
@pytest.mark.parametrize("read", PURPOSES)
def test_a_value_opens_for_its_own_purpose_only(sealer: Sealer, made: str, read: str) -> None:
    assert opens(sealer, read, sealer.seal(made, PAYLOAD)) == (made == read)
    assert opens_same(sealer, read, sealer.seal_same(made, PAYLOAD)) == (made == read)


def test_the_context_is_part_of_the_seal(sealer: Sealer) -> None:
    text = sealer.seal("code", PAYLOAD, b"browser 1")
    assert sealer.open("code", text, b"browser 1") == PAYLOAD
    assert not opens(sealer, "code", text, b"browser 2")
    assert not opens(sealer, "code", text)
    assert not opens(sealer, "code", sealer.seal("code", PAYLOAD), b"browser 1")


def test_the_two_ways_of_sealing_do_not_mix(sealer: Sealer) -> None:
    random, same = sealer.seal("code", PAYLOAD), sealer.seal_same("code", PAYLOAD)
    assert not opens_same(sealer, "code", random)
    assert not opens(sealer, "code", same)
    for text, form, reader in ((random, 2, opens_same), (same, 1, opens)):
        assert not reader(sealer, "code", encode(bytes([form]) + decode(text)[1:]))


def test_random_sealing_never_repeats_and_the_other_always_does(sealer: Sealer) -> None:
    assert len({sealer.seal("code", PAYLOAD) for _ in range(1000)}) == 1000
    assert len({sealer.seal_same("refresh", PAYLOAD) for _ in range(100)}) == 1
    assert sealer.seal_same("refresh", PAYLOAD) != sealer.seal_same("refresh", PAYLOAD + b"x")


@pytest.mark.parametrize("way", ["seal", "seal_same"])
def test_every_flipped_bit_is_noticed(sealer: Sealer, way: str) -> None:
    raw = decode(getattr(sealer, way)("code", PAYLOAD))
    reader = opens if way == "seal" else opens_same
    changed = [
        raw[:at] + bytes([raw[at] ^ 1 << bit]) + raw[at + 1 :] for at in range(len(raw)) for bit in range(8)
    ]
    assert [text for text in map(encode, changed) if reader(sealer, "code", text)] == []


@pytest.mark.parametrize("way", ["seal", "seal_same"])
def test_every_truncation_and_extension_is_noticed(sealer: Sealer, way: str) -> None:
    text = getattr(sealer, way)("code", PAYLOAD)
    raw = decode(text)
    reader = opens if way == "seal" else opens_same
    wrong = [encode(raw[:end]) for end in range(len(raw))]
    wrong += [encode(raw[start:]) for start in range(1, len(raw))]
    wrong += [encode(raw + bytes([tail])) for tail in range(256)]
    wrong += [text[:-1], text + "=", text + "A", text + "\n", " " + text, text + "==", text.swapcase()]
    assert [one for one in wrong if reader(sealer, "code", one)] == []


@pytest.mark.parametrize(
    "text",
    ["", "A", "AQ", "AQE", "=", "====", "é" * 8, "AQEA" * 3000, "A" * 8193, "\x00\x00\x00\x00", "+/+/"],
)
def test_what_was_never_sealed_does_not_open(sealer: Sealer, text: str) -> None:
    assert not opens(sealer, "code", text)
    assert not opens_same(sealer, "code", text)


def test_one_value_has_one_spelling(sealer: Sealer) -> None:
    """Otherwise a spent value could come back spelled differently: the last character's spare bits count too."""
    for length in range(1, 7):
        text = sealer.seal("code", b"x" * length)
        others = [
            text[:-1] + letter
            for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        ]
        assert [other for other in others if opens(sealer, "code", other)] == [text]


def test_empty_values_seal_too(sealer: Sealer) -> None:
    assert sealer.open("code", sealer.seal("code", b"")) == b""


@pytest.mark.sr("SR-171")
def test_former_versions_open_until_they_are_taken_away() -> None:
    old, both, new = (Sealer(make_keyring(seal=numbers), PURPOSES) for numbers in ((1,), (2, 1), (2,)))
    before, after = old.seal("code", PAYLOAD), both.seal("code", PAYLOAD)
    assert both.open("code", before) == PAYLOAD
    assert [opens(old, "code", after), opens(new, "code", after), opens(new, "code", before)] == [
        False,
        True,
        False,
    ]


@pytest.mark.sr("SR-171")
def test_a_value_is_sealed_again_by_the_version_that_made_it() -> None:
    old, both = (Sealer(make_keyring(seal=numbers), PURPOSES) for numbers in ((1,), (2, 1)))
    text = old.seal_same("refresh", PAYLOAD)
    assert both.open_same("refresh", text) == (PAYLOAD, 1)
    assert both.seal_same("refresh", PAYLOAD, 1) == text
    assert both.seal_same("refresh", PAYLOAD) != text


def test_a_version_number_on_another_versions_value_does_not_help() -> None:
    both = Sealer(make_keyring(seal=(2, 1)), PURPOSES)
    raw = decode(both.seal("code", PAYLOAD))
    assert raw[1] == 2
    assert not opens(both, "code", encode(raw[:1] + b"\x01" + raw[2:]))
