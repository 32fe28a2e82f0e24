"""What a customer looked at, searched, or put into the cart."""

from __future__ import annotations

from typing import Literal

from stream_loyalty.contracts.fields import Properties, Text
from stream_loyalty.contracts.track import Track, with_example


class BrowsingProperties(Properties):
    """What was looked at; all of it optional."""

    product_id: str | None = None
    category: str | None = None
    query: Text = None


class CompetitorViewedProperties(Properties):
    """Where else the customer looked, as far as the shop can know."""

    competitor: str | None = None


class Browsed(Track):
    """A customer looked around, searched, or put something into the cart."""

    model_config = with_example("Product Viewed", {"product_id": "tea-7", "category": "tea"})
    event: Literal[
        "Product Viewed",
        "Product List Viewed",
        "Products Searched",
        "Product Added",
        "Cart Viewed",
        "Checkout Started",
    ]
    properties: BrowsingProperties = BrowsingProperties()


class CompetitorViewed(Track):
    """A customer looked at another shop's offer."""

    model_config = with_example("Competitor Viewed", {"competitor": "leaf-and-co"})
    event: Literal["Competitor Viewed"]
    properties: CompetitorViewedProperties = CompetitorViewedProperties()


EVENTS: tuple[type[Track], ...] = (
    Browsed,
    CompetitorViewed,
)
