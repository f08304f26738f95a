"""What is for sale in the local world: a product and a monthly price of each tier."""

from __future__ import annotations

from localdev.environment import PRICES
from localdev.stripe import catalogue
from localdev.stripe.books import Books

OTHER = "price_support"
"""A price that is none of our tiers."""
_CENTS = dict(zip(PRICES.values(), (1900, 4900, 9900), strict=True)) | {OTHER: 2500}


def stock(books: Books) -> Books:
    """Put the products and prices in, where they are not there yet."""
    for price_id, cents in _CENTS.items():
        if price_id not in books.tables.get("price", {}):
            product = catalogue.create_product(books, {"name": price_id.removeprefix("price_")})
            form = {
                "product": product["id"],
                "currency": "usd",
                "unit_amount": str(cents),
                "recurring": {"interval": "month"},
            }
            books.add(catalogue.make_price(books, form, price_id))
    return books
