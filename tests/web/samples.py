"""Every template with what a view would give it: long names and all, since the shop's owner chooses them, not we."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from app.signin.upstream import NAMES

STORE = SimpleNamespace(name="Витрина", logo_uri=None, accent="#0E7C66")
LONG = SimpleNamespace(
    name="Клуб любителей настольных игр и долгих вечеров у моря", logo_uri=None, accent="#F4D35E"
)
ASK = "A" * 900
CHALLENGE = "C" * 200
NUMBER = "+7 920 •••-••-67"
PHONE_CHALLENGE = {"ask": ASK, "challenge": CHALLENGE, "masked": NUMBER, "service": STORE, "shared": False}


def way(name: str, person: str | None = None, *, usual: bool = False) -> SimpleNamespace:
    return SimpleNamespace(way=name, name=person, usual=usual)


def item(scope: str, label: str, value: str, *, optional: bool) -> SimpleNamespace:
    empty = not value and scope != "openid"
    return SimpleNamespace(scope=scope, label=label, value=value, optional=optional, empty=empty)


def entrance(service: SimpleNamespace) -> SimpleNamespace:
    return SimpleNamespace(**vars(service), url="https://shop.ru/signin?iss=https%3A%2F%2Fid.shop.ru")


ITEMS = [
    item("openid", "Идентификатор, по которому вас знает только этот сервис", "", optional=False),
    item("profile", "Имя и фотография", "Анна Соколова-Вознесенская", optional=False),
    item("email", "Адрес электронной почты", "a•••@mail.ru", optional=True),
    item("phone", "Номер телефона", NUMBER, optional=True),
]
NEW, KNOWN = (
    [way("mailru"), way("phone"), way("vkid")],
    [way("mailru", "Анна Соколова-Вознесенская", usual=True), way("phone")],
)
BUSY = "Mail.ru сейчас не отвечает. Войдите другим способом или попробуйте через минуту."
EARLY = "Сначала подтвердите запрос на телефоне, затем нажмите «Продолжить»."
WRONG = "Код не подошёл. Осталось попыток: 3."

PEOPLE = [
    {"mark": "a" * 32, "name": "Константин Константинович Константинопольский", "detail": "k•••@mail.ru"}
    | {"initials": "КК", "way": "mailru", "current": True, "hinted": False},
    {"mark": "b" * 32, "name": "Мария Иванова", "detail": "m•••@an-extraordinarily-long-domain.example"}
    | {"initials": "МИ", "way": "mailru", "current": False, "hinted": True},
    {"mark": "c" * 32, "name": "+7 920 •••-••-67", "detail": "", "initials": "", "way": "phone"}
    | {"current": False, "hinted": False},
]
SAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "choose": (
        "signin/choose.html",
        {"ask": ASK, "service": STORE, "ways": NEW, "names": NAMES, "shared": False},
    ),
    "choose-known": (
        "signin/choose.html",
        {
            "ask": ASK,
            "service": LONG,
            "ways": KNOWN,
            "names": NAMES,
            "known": True,
            "shared": True,
            "problem": "Выберите один из этих способов.",
        },
    ),
    "phone": (
        "signin/phone.html",
        {"ask": ASK, "service": STORE, "phone": "", "shared": False, "back": "/signin"},
    ),
    "phone-problem": (
        "signin/phone.html",
        {
            "ask": ASK,
            "service": LONG,
            "phone": "+79201234567",
            "shared": True,
            "back": "/signin",
            "problem": "Это не похоже на номер мобильного телефона. Введите его так: +7\u00a0920\u00a0123\u201145\u201167.",
        },
    ),
    "code": ("signin/code.html", PHONE_CHALLENGE | {"minutes": 5, "resend_in": 45, "back": "/signin/phone"}),
    "code-problem": (
        "signin/code.html",
        PHONE_CHALLENGE | {"minutes": 1, "resend_in": 0, "back": "/signin/phone", "problem": WRONG},
    ),
    "code-later": (
        "signin/code.html",
        PHONE_CHALLENGE
        | {"minutes": 5, "resend_in": 0, "back": "/signin/phone"}
        | {
            "later": "Следующий код можно отправить через 3 часа. Пока войдите другим способом.",
            "sending": True,
        },
    ),
    "push": ("signin/push.html", PHONE_CHALLENGE | {"seconds_left": 95, "back": "/signin/phone"}),
    "push-early": (
        "signin/push.html",
        PHONE_CHALLENGE
        | {
            "seconds_left": 61,
            "back": "/signin/phone",
            "problem": EARLY,
            "typed": "493 120",
            "service": LONG,
        },
    ),
    "push-bare": (
        "signin/push.html",
        PHONE_CHALLENGE | {"seconds_left": 95, "back": "/signin/phone", "bare": True},
    ),
    "message": (
        "signin/message.html",
        PHONE_CHALLENGE | {"code": "482913", "to": "8464", "minutes": 5, "back": "/signin/phone"},
    ),
    "message-arrived": (
        "signin/message.html",
        PHONE_CHALLENGE | {"minutes": 5, "back": "/signin/phone", "arrived": True},
    ),
    "push-over": (
        "signin/push_over.html",
        PHONE_CHALLENGE
        | {"back": "/signin/phone", "problem": "Запрос не дошёл до телефона. Получите код по SMS."},
    ),
    "consent": (
        "signin/consent.html",
        {
            "ask": ASK,
            "service": LONG,
            "account": "Мария Иванова",
            "items": ITEMS,
            "policy_uri": "https://games.example/privacy",
            "tos_uri": "https://games.example/terms",
            "site": "games.example",
        },
    ),
    "consent-details": (
        "signin/consent.html",
        {
            "ask": ASK,
            "service": LONG,
            "account": "Константин Константинович Константинопольский",
            "items": ITEMS,
            "deeds": [
                {
                    "title": "Платёж картой «Мир»",
                    "lines": (("Сумма", "1 234,50 ₽"), ("Кому", "ООО «Чайная компания " + "Ж" * 60 + "»")),
                },
                {"title": "Отчёт", "lines": (("Можно", "читать, отправлять"),)},
            ],
            "site": "games.example",
        },
    ),
    "select": ("signin/select.html", {"ask": ASK, "service": LONG, "names": NAMES, "people": PEOPLE}),
    "select-ended": (
        "signin/select.html",
        {
            "ask": None,
            "names": NAMES,
            "people": PEOPLE[:1],
            "problem": "Этот вход уже завершён. Нажмите другую учётную запись или войдите заново.",
        },
    ),
    "device_code": ("signin/device_code.html", {"user_code": "WDJB-MJHT"}),
    "device_code-problem": (
        "signin/device_code.html",
        {"user_code": "", "problem": "Такого кода нет. Посмотрите на устройство: возможно, код сменился."},
    ),
    "device": (
        "signin/device.html",
        {
            "ask": ASK,
            "shown": "S" * 32,
            "service": LONG,
            "account": "+7 920 •••-••-67",
            "items": ITEMS,
            "chooses": True,
            "user_code": "WDJB-MJHT",
            "at": datetime(2026, 11, 25, 6, 45, tzinfo=UTC),
            "address": "2001:db8:85a3:1234:5678:8a2e:370:7334",
            "here": False,
            "agent": "Smart TV",
            "policy_uri": "https://games.example/privacy",
            "tos_uri": "https://games.example/terms",
        },
    ),
    "device_done": ("signin/device_done.html", {"service": STORE, "allowed": True}),
    "device_done-denied": ("signin/device_done.html", {"service": STORE, "allowed": False}),
    "handed_over": (
        "signin/handed_over.html",
        {"ask": ASK, "service": STORE, "masked": NUMBER, "proof": "P" * 300, "shared": False},
    ),
    "expired": (
        "signin/expired.html",
        {"continue_url": "/authorize?client_id=store", "service_name": "Витрина"},
    ),
    "expired-unknown": ("signin/expired.html", {"continue_url": None, "service_name": None}),
    "upstream_error": (
        "signin/upstream_error.html",
        {
            "ask": ASK,
            "service": STORE,
            "text": BUSY,
            "ways": ("phone", "vkid"),
            "retry": "mailru",
            "names": NAMES,
        }
        | {"shared": False},
    ),
    "logout": (
        "provider/logout.html",
        {"client_name": "Витрина", "fields": {"state": "s", "client_id": "store"}, "current": True},
    ),
    "logout-several": ("provider/logout.html", {"fields": {}, "current": True, "others": True}),
    "logout-others": ("provider/logout.html", {"fields": {}, "current": False, "others": True}),
    "form_post": (
        "provider/form_post.html",
        {
            "action": "https://shop.example/cb",
            "fields": {"code": "c"},
            "submit": "",
            "service": STORE,
        },
    ),
    "launcher": (
        "provider/launcher.html",
        {"services": [entrance(STORE), entrance(LONG)], "signed_in": True},
    ),
    "launcher-stranger": (
        "provider/launcher.html",
        {"services": [entrance(STORE)], "signed_in": False, "phone": True, "account": True},
    ),
    "launcher-others": (
        "provider/launcher.html",
        {"services": [entrance(STORE)], "signed_in": False, "others": True, "phone": True, "account": True},
    ),
    "launcher-empty": ("provider/launcher.html", {"services": [], "signed_in": True}),
    "signed_out": ("provider/signed_out.html", {"services": ("Витрина", "Площадь"), "continue_url": None}),
    "signed_out-others": ("provider/signed_out.html", {"services": ("Витрина",), "others": True}),
    "signed_out-alone": ("provider/signed_out.html", {"services": (), "continue_url": "/"}),
    "error": (
        "error.html",
        {
            "title": "У нас что-то не сработало",
            "text": "Ничего не потеряно. Попробуйте ещё раз или сообщите поддержке номер ниже.",
            "next_url": "/signin",
            "next_label": None,
            "reference": "9f3a61c2b07d",
        },
    ),
}
