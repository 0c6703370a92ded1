"""What the store sells."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Product:
    """One thing to buy; the price is in roubles."""

    slug: str
    name: str
    text: str
    price: int


PRODUCTS = {
    product.slug: product
    for product in (
        Product("kettle", "Camping kettle", "Boils a litre on a small fire.", 1_490),
        Product("lantern", "Lantern", "Forty hours of warm light.", 2_190),
        Product("blanket", "Wool blanket", "Dries by the fire, warms when wet.", 3_900),
        Product("thermos", "Thermos", "Tea stays hot until tomorrow.", 1_850),
        Product("rope", "Rope, 20 m", "Holds a boat and a hammock.", 790),
        Product("knife", "Folding knife", "Bread, rope, kindling.", 2_450),
    )
}
RUSSIAN = {
    "Camping kettle": "Походный чайник",
    "Boils a litre on a small fire.": "Кипятит литр на маленьком огне.",
    "Lantern": "Фонарь",
    "Forty hours of warm light.": "Сорок часов тёплого света.",
    "Wool blanket": "Шерстяной плед",
    "Dries by the fire, warms when wet.": "Сохнет у огня, греет и мокрым.",
    "Thermos": "Термос",
    "Tea stays hot until tomorrow.": "Чай горячий до завтра.",
    "Rope, 20 m": "Верёвка, 20 м",
    "Holds a boat and a hammock.": "Держит лодку и гамак.",
    "Folding knife": "Складной нож",
    "Bread, rope, kindling.": "Хлеб, верёвка, щепки.",
}
