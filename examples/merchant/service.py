"""The merchant's one page: what it asked for, and what it was given."""

from decimal import Decimal

from flask import Blueprint, render_template

from examples.service.app import Service
from examples.service.visits import Visits
from examples.service.words import language

BRAND = "Parus tea"
RUSSIAN_SIGNS = {ord(","): "\u00a0", ord("."): ","}
SCOPE = "openid profile email phone"
ASKED = {"profile": "your name", "email": "your e-mail address", "phone": "your phone number"}
GIVEN = {
    "profile": ("Name: given", "Name: not given"),
    "email": ("E-mail address: given", "E-mail address: not given"),
    "phone": ("Phone number: given", "Phone number: not given"),
}
"""What to say of each, whether it was given or not."""

ORDER = {
    "type": "mir_payment",
    "instructedAmount": {"amount": "1250.00", "currency": "RUB"},
    "creditorName": "ООО «Парус»",
    "purpose": "Чай улун, 200 г",
}
"""One box of tea, as MostID asks its buyer (RFC 9396)."""


class Merchant:
    """The page."""

    def __init__(self, visits: Visits) -> None:
        self._visits = visits

    def blueprint(self) -> Blueprint:
        """The address."""
        blueprint = Blueprint("merchant", __name__)
        blueprint.get("/", endpoint="home")(self.home)
        return blueprint

    def home(self) -> str:
        """Tea, and an honest list."""
        customer = self._visits.customer()
        given = set(customer.scope.split()) if customer else set()
        told = [yes if scope in given else no for scope, (yes, no) in GIVEN.items()]
        return render_template("merchant/home.html", asked=ASKED.values(), told=told, money=money)


def money(amount: str) -> str:
    """An amount as the reader writes it: 1 250,00 in Russian, 1,250.00 in English."""
    english = f"{Decimal(amount):,.2f}"
    return english.translate(RUSSIAN_SIGNS) if language() == "ru" else english


MERCHANT = Service(
    name="merchant",
    brand=BRAND,
    scope=SCOPE,
    russian={
        BRAND: "Чай «Парус»",
        "Tea by post, once a month": "Чай по почте, раз в месяц",
        "A new leaf from a new garden, in a box that fits the letterbox.": (
            "Новый лист из нового сада, в коробке, которая проходит в почтовый ящик."
        ),
        "Sign in to order": "Войти и заказать",
        "Hello, {name}": "Здравствуйте, {name}",
        "Sign in, and we know where to write. We ask for:": "Войдите, и мы будем знать, куда писать. Мы просим:",
        "your name": "ваше имя",
        "your e-mail address": "вашу почту",
        "your phone number": "ваш номер телефона",
        "Name: given": "Имя: передано",
        "Name: not given": "Имя: не передано",
        "E-mail address: given": "Почта: передана",
        "E-mail address: not given": "Почта: не передана",
        "Phone number: given": "Телефон: передан",
        "Phone number: not given": "Телефон: не передан",
        "What you allowed": "Что вы разрешили",
        "One box of oolong, 200 g": "Коробка улуна, 200 г",
        "Pay 1,250 roubles": "Заплатить 1\u00a0250\u00a0₽",
        "You allowed us to take {amount} roubles for order {order}. This example takes nothing.": (
            "Вы разрешили списать {amount}\u00a0₽ за заказ {order}. Этот пример ничего не списывает."
        ),
        "The identifier below is ours alone: other companies know you by other ones.": (
            "Идентификатор ниже есть только у нас: другие компании знают вас под другими."
        ),
    },
    order=ORDER,
    pages=lambda visits: Merchant(visits).blueprint(),
)
