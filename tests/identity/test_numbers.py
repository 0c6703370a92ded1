"""Numbers: many spellings, one canonical form, and everything that we do not send to."""

import time
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.identity.numbers import BadNumber, Reason, grouped, masked, parse

SPELLINGS = [
    head + form
    for head, form in product(
        ("+7", "+7 ", "＋7 ", "8", "8 ", "8-", "7", "7 ", "810 7 ", "", " 8", "\u00a08 "),
        (
            "9201234567",
            "920 123 45 67",
            "920 123-45-67",
            "(920) 123-45-67",
            "(920)1234567",
            "920.123.45.67",
            "920\u00a0123\u00a045\u00a067",
            "920\u2009123\u201145\u201167",
            "920-123-45-67 ",
            "920 12 34 567",
            "９２０１２３４５６７",
            "９２０　１２３－４５－６７",
            "（920）1234567",
            "920/123/45/67",
            "920—123—45—67",
            "9 2 0 1 2 3 4 5 6 7",
            "\t920 1234567\t",
        ),
    )
]


@pytest.mark.sr("SR-124")
@pytest.mark.parametrize("text", SPELLINGS)
def test_one_number_has_one_form(text: str) -> None:
    assert parse(text).e164 == "+79201234567"


@pytest.mark.sr("SR-124")
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.MALFORMED),
        ("   ", Reason.MALFORMED),
        ("позвоните мне", Reason.MALFORMED),
        ("8-920-FLOWERS", Reason.MALFORMED),
        ("anna@mail.ru", Reason.MALFORMED),
        ("+7+9201234567", Reason.MALFORMED),
        ("++79201234567", Reason.MALFORMED),
        ("+7920123456７8٣", Reason.MALFORMED),
        ("+7920123456²", Reason.MALFORMED),
        ("\u202e+79201234567", Reason.MALFORMED),
        ("+7920\u200f1234567", Reason.MALFORMED),
        ("\u202a+79201234567\u202c", Reason.MALFORMED),
        ("+79201234567\0", Reason.MALFORMED),
        ("+79201234567\n+79207654321", Reason.MALFORMED),
        ("+79201234567;DROP TABLE links", Reason.MALFORMED),
        ("+89201234567", Reason.MALFORMED),
        ("8920123456", Reason.UNASSIGNED),
        ("892012345678", Reason.LENGTH),
        ("920123456", Reason.LENGTH),
        ("+7 920 123 45 67 доб. 5", Reason.EXTENSION),
        ("+79201234567;ext=5", Reason.EXTENSION),
        ("+79201234567 ext 12", Reason.EXTENSION),
        ("+79201234567x5", Reason.EXTENSION),
        ("+79201234567#5", Reason.EXTENSION),
        ("+79201234567,5", Reason.EXTENSION),
        ("112", Reason.SHORT_CODE),
        ("900", Reason.SHORT_CODE),
        ("0500", Reason.SHORT_CODE),
        ("+7112", Reason.SHORT_CODE),
        ("+7 495 123-45-67", Reason.LANDLINE),
        ("8 812 123 45 67", Reason.LANDLINE),
        ("8 800 555 35 35", Reason.SERVICE),
        ("8 809 123 45 67", Reason.PREMIUM),
        ("8 803 123 45 67", Reason.PREMIUM),
        ("+7 954 123-45-67", Reason.SATELLITE),
        ("+8816 1234 5678", Reason.COUNTRY),
        ("+870 773 123 456", Reason.COUNTRY),
        ("+7 701 234 56 78", Reason.COUNTRY),
        ("8 701 234 56 78", Reason.COUNTRY),
        ("+7 600 123 45 67", Reason.COUNTRY),
        ("+7 940 123-45-67", Reason.COUNTRY),
        ("+375 29 123 45 67", Reason.COUNTRY),
        ("+1 202 555 0123", Reason.COUNTRY),
        ("+44 7400 123456", Reason.COUNTRY),
        ("+7 300 123 45 67", Reason.UNASSIGNED),
        ("+7 880 123 45 67", Reason.UNASSIGNED),
    ],
)
def test_what_we_do_not_send_to_is_refused_with_its_reason(text: str, reason: Reason) -> None:
    with pytest.raises(BadNumber) as refused:
        parse(text)
    assert refused.value.reason is reason


@pytest.mark.sr("SR-124")
def test_a_calling_code_must_be_listed_and_means_its_main_region() -> None:
    assert parse("+44 7400 123456", countries=(7, 44)).e164 == "+447400123456"
    assert parse("07400 123456", region="GB", countries=(44,)).e164 == "+447400123456"
    for text in (
        "+7 920 123 45 67",
        "+44 7624 123456",
    ):  # Russia is not listed; the Isle of Man is not the main region
        with pytest.raises(BadNumber):
            parse(text, countries=(44,))
    with pytest.raises(BadNumber) as refused:
        parse("+44 56 0012 3456", countries=(44,))
    assert refused.value.reason is Reason.VOIP


def test_hostile_text_is_refused_fast() -> None:
    texts = ["7" * 200_000, "\u202e" * 200_000, "+" * 200_000, "( " * 100_000, "9" * 41, "8" + "-" * 39]
    begun = time.process_time()
    for text in texts * 100:
        with pytest.raises(BadNumber):
            parse(text)
    assert time.process_time() - begun < 0.5


@pytest.mark.sr("SR-124")
@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text_gives_a_mobile_number_or_a_reason(text: str) -> None:
    form = _read(text)
    assert form in set(Reason) or (form.startswith("+79") and _read(form) == form)


@pytest.mark.sr("SR-124")
@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(("+7", "8", "7", "")),
    st.from_regex(r"9[0126][0-9]{8}", fullmatch=True),
    st.lists(st.sampled_from((" ", "-", "", "", "", "(", ")", ".", "\u00a0")), min_size=10, max_size=10),
)
def test_separators_never_change_the_number(head: str, national: str, gaps: list[str]) -> None:
    text = head + "".join(gap + digit for gap, digit in zip(gaps, national, strict=True))
    assert _read(text) == _read(f"+7{national}")


@settings(max_examples=100, deadline=None)
@given(st.from_regex(r"\+792[0-9]{8}", fullmatch=True))
def test_masks_show_the_end_only(e164: str) -> None:
    assert grouped(e164).replace(" ", "").replace("-", "") == e164
    mask = masked(e164)
    assert mask == f"+7 {e164[2:5]} •••-••-{e164[-2:]}"


def test_grouping_and_mask() -> None:
    assert grouped("+79201234567") == "+7 920 123-45-67"
    assert masked("+79201234567") == "+7 920 •••-••-67"
    assert masked("+447400123456") == "+44 740• ••••56"


def _read(text: str) -> str:
    try:
        return parse(text).e164
    except BadNumber as refused:
        return refused.reason
