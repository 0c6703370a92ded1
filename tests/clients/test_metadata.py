"""The rules for what a service says of itself."""

from typing import Any

import pytest

from app.clients.client import make, sector
from app.clients.metadata import BadMetadata, ClientMetadata, ignored, parse
from app.clients.names import check_colour, contrast_with_white
from app.clients.policy import Policy

POLICY = Policy()
PRODUCTION = Policy(production=True, owned_domains=("eco.example",))
SHOP: dict[str, Any] = {"client_name": "Shop", "redirect_uris": ["https://shop.example/cb"]}


def refused(policy: Policy = POLICY, **members: Any) -> BadMetadata:
    with pytest.raises(BadMetadata) as caught:
        parse(SHOP | members, policy)
    return caught.value


@pytest.mark.sr("SR-056")
def test_a_new_client_may_do_nothing_but_what_was_set() -> None:
    client = make("shop", parse(SHOP, POLICY), [])
    assert client.grant_types == {"authorization_code"}
    assert client.scopes == {"openid"}
    assert client.require_pkce
    assert not client.public
    assert not client.first_party
    assert client.sector == "client:shop"


@pytest.mark.sr("SR-006", "SR-056")
@pytest.mark.parametrize(
    "members",
    [
        {"response_types": ["token"]}, {"response_types": ["code", "id_token"]}, {"grant_types": ["implicit"]},
        {"grant_types": ["password"]}, {"grant_types": []}, {"grant_types": ["refresh_token"], "redirect_uris": []},
        {"grant_types": ["authorization_code", "authorization_code"]}, {"redirect_uris": []},
        {"redirect_uris": ["https://shop.example/cb"] * 2}, {"redirect_uris": "https://shop.example/cb"},
        {"redirect_uris": [f"https://shop.example/{n}" for n in range(21)]}, {"redirect_uris": [None]},
        {"grant_types": ["client_credentials"]}, {"token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_method": "none", "require_pkce": False},
        {"token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "client_credentials"]},
        {"id_token_signed_response_alg": "none"}, {"id_token_signed_response_alg": "HS256"},
        {"application_type": "spa"},
        {"subject_type": "public"}, {"subject_type": "pairwise", "first_party": True}, {"fapi": True},
        {"allowed_scopes": ["a b"]}, {"allowed_scopes": ['"']}, {"allowed_scopes": [f"{n:a>40}" for n in range(13)]},
        {"access_token_s": 601}, {"access_token_s": 1},
        {"client_name": ""}, {"client_name": None}, {"client_name": "x" * 61}, {"short_name": "x" * 15},
        {"logo_uri": "http://shop.example/a.png"}, {"policy_uri": "javascript:alert(1)"}, {"tos_uri": "https://a@b.example"},
        {"initiate_login_uri": "http://shop.example/login"}, {"post_logout_redirect_uris": ["https://*.shop.example"]},
        {"logo_uri#ru": "data:,x"}, {"first_party": "perhaps"},
    ],
)  # fmt: skip
def test_metadata_that_promises_too_much_is_refused(members: dict[str, Any]) -> None:
    refused(**members)


@pytest.mark.rule("RFC 7591", "3.2.2", "a bad redirect address has an error code of its own")
def test_the_error_code_tells_addresses_from_the_rest() -> None:
    assert refused(redirect_uris=["http://shop.example"]).code == "invalid_redirect_uri"
    assert refused(redirect_uris=["http://shop.example"], accent="red").code == "invalid_client_metadata"


def test_every_mistake_is_named_at_once() -> None:
    members = [
        member
        for member, _ in refused(
            post_logout_redirect_uris=["x"], logo_uri="x", accent="red", sector="y"
        ).problems
    ]
    assert members == ["post_logout_redirect_uris[0]", "logo_uri", "accent", "sector"]


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"fapi": "x"}, "fapi: it is one of security, message_signing"),
        ({"response_types": ["token"]}, "response_types[0]: it can only be code"),
        ({"short_name": "x" * 15}, "short_name: it has more than 14 characters"),
        ({"redirect_uris": "https://shop.example/cb"}, "redirect_uris: it is no list"),
        ({"redirect_uris": ["x"] * 21}, "redirect_uris: it has more than 20 entries"),
        ({"client_name": None}, "client_name: it is no text"),
        ({"client_name#ru": 5}, "client_name#ru: it is no text"),
        ({"client_name": "\ud800"}, "client_name: it cannot be read"),
        ({"first_party": "perhaps"}, "first_party: it is neither true nor false"),
        ({"access_token_s": "long"}, "access_token_s: it is no whole number"),
        ({"access_token_s": 601}, "access_token_s: it is more than 600"),
        ({"jwks": 5}, "jwks: it is no object"),
        ({"android_apps": [{"package_name": "ru.shop"}]}, "android_apps[0].sha256_cert_fingerprints: it is missing"),
        ({"grant_types": ["authorization_code"] * 2}, "grant_types: it names something twice"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "private_key_jwt needs jwks or jwks_uri"),
    ],
)  # fmt: skip
def test_mistakes_are_said_in_our_own_words(members: dict[str, Any], said: str) -> None:
    assert str(refused(**members)) == said


@pytest.mark.sr("SR-184")
@pytest.mark.parametrize(
    "name",
    [
        "MostID", "mostid", "Most ID", "M o s t I D", "МостИД", "мостид", "MοstID", "M0stID", "Most1D", "MostlD",
        "ＭｏｓｔＩＤ",
        "Mo\u200bstID", "Мо\u0301стИД", "MostID support", "M.o.s.t-I_D", "Shop\u202egro", "Shop\u2066", "Sh\x00op",
        "Shop\n",
        " Shop", "Shop\u00a0x", "Sh\u00adop", "Shор", "\u200b", "...", "Shop\ue000", "A\u0308",
        "\u115f\u115f", "Bank\u2800", "\u2800a", "a" + "\u0335" * 50, "Shop\U000e0100", "Shop\ufe0f", "\u3164",
        "ꓟꓳꓢꓔꓲꓓ", "ᎷᎾᏚᎢᎥᎠ", "Μοστιδ", "ᴍosᴛɪᴅ", "Shop ᴍ", "東京", "Λάδι", "Shop ①", "Shop ٣", "Лавка 🍵",
        "МоѕтІД", "МөстИД", "MoſtID", "Mostlđ", "rnostid", "Mo5тИД", "Mо stid", "М0стИД", "Shop \u0461", "ǀd",
        "Mail.ru", "mailru", "MAIL RU", "MaiI.ru", "M@il.ru", "Мэйл.ру", "Мейл Ру", "Почта Mail.ru", "Майл.ру",
        "VK ID", "vkid", "VK lD", "V К ID", "ВК ИД", "ВК ID", "VKontakte", "ВКонтакте", "VK", "ВК",
        "МегаФон", "мегафон", "MegaFon", "Mega Fon", "Мегафoн", "МегаФон ID", "Mobile ID", "Мобильный ID",
    ],
)  # fmt: skip
def test_a_name_that_hides_or_pretends_is_refused(name: str) -> None:
    refused(client_name=name)
    refused(**{"client_name#ru": name})


@pytest.mark.parametrize(
    "name",
    [
        "Магазин",
        "Shop 24/7",
        "Яндекс Market",
        "Ёлка & Co",
        "iPhone-чехлы",
        "Мост",
        "O'Shop",
        "Чай «Парус»",
        "Café São Tomé",
        "Łódź",
        "Tiếng Việt",
        "Straße",
        "Їжак",
        "Қазақ дүкені",
        "Bədən",
        "Дом 5",
        "Кафе — бар",
        "C++ & C#",
        "Mobile Shop",
        "VKus",
        "Вкус Вилл",
        "Мега",
        "Почта",
    ],
)
def test_an_honest_name_is_taken(name: str) -> None:
    assert parse(SHOP | {"client_name": name}, POLICY).client_name == name


@pytest.mark.parametrize("name", ["MostID console", "Mail.ru", "МегаФон", "東京", "Λάδι", "Лавка 🍵"])
def test_our_own_services_carry_our_name_and_write_as_they_like(name: str) -> None:
    assert parse(SHOP | {"client_name": name, "first_party": True}, POLICY)


@pytest.mark.parametrize("name", ["\u115f\u115f", "Bank\u2800", "a" + "\u0335" * 50, "Shop\ufe0f", "Shор"])
def test_names_of_ours_do_not_hide_either(name: str) -> None:
    refused(client_name=name, first_party=True)


def test_names_follow_the_language() -> None:
    client = make("shop", parse(SHOP | {"client_name#ru": "Лавка"}, POLICY), [])
    assert [client.name(locale) for locale in ("ru", "ru-RU", "en", "")] == ["Лавка", "Лавка", "Shop", "Shop"]


@pytest.mark.sr("SR-060")
@pytest.mark.parametrize(
    ("uri", "taken"),
    [
        ("https://eco.example/cb", True), ("https://store.eco.example/cb", True), ("https://eco.example:8443/cb", True),
        ("https://fakeeco.example/cb", False), ("https://eco.example.evil.example/cb", False),
        ("https://shop.example/cb", False),
        ("http://localhost:8200/cb", False), ("https://store.eco.example@evil.example/cb", False),
    ],
)  # fmt: skip
def test_first_party_services_of_production_live_on_our_domains(uri: str, taken: bool) -> None:
    given = SHOP | {"redirect_uris": [uri], "first_party": True}
    if taken:
        assert parse(given, PRODUCTION).first_party
    else:
        refused(PRODUCTION, redirect_uris=[uri], first_party=True)


@pytest.mark.sr("SR-060")
def test_a_first_party_application_has_no_private_scheme_in_production() -> None:
    native = {"redirect_uris": ["com.eco.app:/cb"], "application_type": "native", "first_party": True}
    refused(PRODUCTION, **native)


@pytest.mark.sr("SR-058", "SR-076")
def test_the_sectors_of_third_parties_and_ours_never_meet() -> None:
    ours = parse(SHOP | {"first_party": True}, POLICY)
    games = parse(SHOP | {"first_party": True, "sector": "games"}, POLICY)
    assert [sector("store", ours), sector("games", games)] == ["ecosystem", "games"]
    assert sector("ecosystem", parse(SHOP, POLICY)) == "client:ecosystem"
    shared = parse(SHOP | {"sector": "shop.example"}, POLICY)
    assert {sector("a", shared), sector("b", shared)} == {"host:shop.example"}


@pytest.mark.sr("SR-058", "SR-076")
@pytest.mark.parametrize(
    "name", ["ecosystem", "other.example", "host:shop.example", "shop.example:443", "SHOP.example"]
)
def test_a_third_party_enters_no_sector_but_its_own(name: str) -> None:
    refused(sector=name)
    refused(sector="shop.example", redirect_uris=["https://shop.example/cb", "https://other.example/cb"])
    refused(sector="localhost", redirect_uris=["http://localhost:8300/cb"])


@pytest.mark.parametrize("colour", ["#4338ca", "#000000", "#15803d"])
def test_a_colour_that_carries_white_text_is_taken(colour: str) -> None:
    check_colour(colour)
    assert contrast_with_white(colour) >= 4.5


@pytest.mark.parametrize(
    "colour", ["#ffff00", "#777777", "#ffffff", "red", "#4338CA", "#fff", "#4338ca;", "url(x)"]
)
def test_a_colour_that_hides_text_or_is_none_is_refused(colour: str) -> None:
    refused(accent=colour)


@pytest.mark.rule("RFC 7591", "2", "scope is a list in one string; what we do not know is left out")
def test_registered_names_are_read_and_written() -> None:
    given = SHOP | {
        "scope": "openid profile",
        "contacts": ["a@shop.example"],
        "skills": "https://shop.example/k",
    }
    metadata = parse(given, POLICY)
    assert metadata.allowed_scopes == ("openid", "profile")
    document = metadata.document()
    assert document["scope"] == "openid profile"
    assert document["token_endpoint_auth_method"] == "client_secret_basic"
    assert "skills" not in document
    assert ignored(given | {"clientname#ru": "x", "client_name#ru": "x"}) == ["clientname#ru", "skills"]


def test_what_is_written_reads_back_the_same() -> None:
    given = SHOP | {
        "client_name#ru": "Лавка", "accent": "#4338ca", "require_pkce": False, "access_token_s": 60,
        "short_name": "Shop",
        "id_token_signed_response_alg": "ES256", "post_logout_redirect_uris": ["https://shop.example/"],
    }  # fmt: skip
    metadata = parse(given, POLICY)
    assert ClientMetadata.model_validate(metadata.document()) == metadata
    assert parse(metadata.document(), POLICY) == metadata


@pytest.mark.sr("SR-067")
@pytest.mark.rule("OIDC Core", "11", "who cannot refresh has no use for offline_access")
@pytest.mark.parametrize("grant_types", [["authorization_code"], ["authorization_code", "refresh_token"]])
def test_scopes_that_stand_for_something(grant_types: list[str]) -> None:
    members = {"grant_types": grant_types, "scope": "openid address offline_access"}
    scopes = make("shop", parse(SHOP | members, POLICY), []).scopes
    assert scopes == {"openid"} | ({"offline_access"} if "refresh_token" in grant_types else set())


@pytest.mark.sr("SR-067")
def test_resources_that_it_may_reach() -> None:
    client = make("shop", parse(SHOP | {"resources": ["https://api.example"]}, POLICY), [])
    asked = ["https://id.example", "https://api.example", "https://api.example/", "https://other.example"]
    assert [client.may_reach(name, "https://id.example") for name in asked] == [True, True, False, False]
