"""The store's pages: the catalogue, a product, the basket."""

from collections import Counter

from flask import Blueprint, abort, redirect, render_template
from werkzeug.wrappers import Response

from examples.service.app import Service
from examples.service.visits import Visits
from examples.store.catalogue import PRODUCTS, RUSSIAN, Product

MOST_OF_ONE = 9


class Store:
    """The pages, and everybody's baskets by `sub`: the one name of a customer that never changes."""

    def __init__(self, visits: Visits) -> None:
        self._visits = visits
        self._baskets: dict[str, Counter[str]] = {}

    def blueprint(self) -> Blueprint:
        """The addresses."""
        blueprint = Blueprint("store", __name__)
        blueprint.get("/", endpoint="home")(self.home)
        blueprint.get("/product/<slug>", endpoint="product")(self.product)
        blueprint.post("/product/<slug>/add", endpoint="add")(self.add)
        return blueprint

    def home(self) -> str:
        """The catalogue."""
        return render_template("store/home.html", products=PRODUCTS.values(), basket=self._basket())

    def product(self, slug: str) -> str:
        """One product."""
        product = PRODUCTS.get(slug) or abort(404)
        return render_template("store/product.html", product=product)

    def add(self, slug: str) -> Response:
        """Put a product into the basket of whoever is signed in."""
        customer = self._visits.signed_in()
        if slug not in PRODUCTS:
            abort(404)
        basket = self._baskets.setdefault(customer.sub, Counter())
        basket[slug] = min(basket[slug] + 1, MOST_OF_ONE)
        return redirect("/", 303)

    def _basket(self) -> list[tuple[Product, int]]:
        customer = self._visits.customer()
        basket = self._baskets.get(customer.sub, Counter()) if customer else Counter()
        return [(PRODUCTS[slug], number) for slug, number in basket.items()]


BRAND = "Bereg store"
STORE = Service(
    name="store",
    brand=BRAND,
    scope="openid profile email phone",
    russian=RUSSIAN
    | {
        BRAND: "Магазин «Берег»",
        "For the river and the road": "Для реки и дороги",
        "Kettles, lanterns and blankets that outlast the weather.": (
            "Чайники, фонари и пледы, которые переживут любую погоду."
        ),
        "Hello, {name}": "Здравствуйте, {name}",
        "Your basket": "Ваша корзина",
        "Your basket is empty.": "В корзине пока пусто.",
        "Put into the basket": "В корзину",
        "Sign in to buy": "Войти и купить",
        "All products": "Все товары",
        "Total": "Итого",
    },
    pages=lambda visits: Store(visits).blueprint(),
)
