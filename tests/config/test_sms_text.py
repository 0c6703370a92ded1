"""A message that does not fit one part is refused when settings are loaded (SR-136)."""

from pathlib import Path
from typing import Any

import pytest

from config import ConfigurationError, load
from config.sms_text import left_over

RU = "Код {code}: вход в {service}. Никому не говорите\n@{host} #{code}"
EN = "{code}: sign-in to {service}. Tell no one\n@{host} #{code}"

pytestmark = pytest.mark.sr("SR-136", "SR-156")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a" * 160, 0),
        ("a" * 161, -1),
        ("@#\n" * 53, 1),
        ("[]" * 40, 0),
        ("[]" * 40 + "a", -1),
        ("€" * 80, 0),
        ("ж" * 70, 0),
        ("ж" * 71, -1),
        ("a" * 70 + "ж", -1),
        ("`" + "a" * 69, 0),
        ("😀" * 35, 0),
        ("😀" * 36, -2),
    ],
)
def test_a_part_holds_160_letters_of_its_own_alphabet_or_70_of_any(text: str, left: int) -> None:
    assert left_over(text) == left


@pytest.mark.parametrize(
    ("host", "longest"), [("https://id.shop.ru", 11), ("https://signin.megamarket.ru", 1)]
)
def test_the_host_decides_how_long_a_service_may_be_called(
    development_file: Path, host: str, longest: int
) -> None:
    template = RU if longest > 6 else "{code} {service}. Никому не говорите\n@{host} #{code}"
    fits = max(longest, 6)
    for length in range(fits, 20):
        sms: dict[str, Any] = {"longest_service": length, "template_ru": template}
        text = template.format(code="000000", service="Ж" * length, host=host.removeprefix("https://"))
        if len(text) <= 70:
            assert load(development_file, issuer=host, sms=sms)
        else:
            with pytest.raises(
                ConfigurationError, match=f"MOSTID_SMS__TEMPLATE_RU: the message is {len(text) - 70} longer"
            ):
                load(development_file, issuer=host, sms=sms)
    assert RU.format(code="0" * 6, service="", host="").__len__() == 49


@pytest.mark.parametrize(
    ("field", "template", "said"),
    [
        ("template_ru", RU.replace("говорите", "говорите и не пересылайте"), "longer than one part"),
        ("template_en", EN.replace("Tell no one", "Tell no one. " * 10), "longer than one part"),
        (
            "template_en",
            EN.replace("Tell no one", "Tell no one – keep it to yourself, we ask"),
            "longer than one part",
        ),
        ("template_ru", RU.replace("\n@{host} #{code}", ""), "name {code}"),
        ("template_ru", RU.replace("{service}", "магазин"), "name {code}"),
        ("template_ru", RU.replace("{code}", "1234"), "name {code}"),
        ("template_en", EN.replace("Tell", "{who}"), "name {code}"),
        ("template_en", EN.replace("Tell", "{code.__class__}"), "name {code}"),
        ("template_en", EN.replace("Tell", "{"), "brace"),
        ("template_en", EN + " thanks", "line of its own"),
        ("template_en", EN.replace("\n@", " @"), "line of its own"),
    ],
)
def test_a_template_names_code_service_and_host(
    development_file: Path, field: str, template: str, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"MOSTID_SMS__{field.upper()}: .*{said}"):
        load(development_file, sms={field: template})


def test_a_line_break_may_be_written_with_a_backslash(
    development_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOSTID_SMS__TEMPLATE_EN", EN.replace("\n", "\\n"))
    assert load(development_file).sms.template_en == EN
