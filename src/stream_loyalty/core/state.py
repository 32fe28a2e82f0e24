"""One compact state for each customer. Times are ms since 1970 UTC, money minor units, points whole points."""

from __future__ import annotations

from msgspec import Struct, field

NEVER = (1 << 63) - 1


class Order(Struct, array_like=True):
    """An order that is remembered: kept ones count, whole reversals stay until the horizon so that they count once."""

    placed_at: int
    currency: str
    total: int  # minor units of `currency`, as ordered
    base: int  # what of it earns, in minor units of the base currency, net of refunds
    value: int  # what is left of the total, in minor units of the base currency
    earned: int = 0
    expired: int = 0
    reversed: int = 0
    refunded: int = 0  # minor units of `currency`
    whole: bool = False  # nothing of it is left
    refunds: list[int] = field(default_factory=list)  # hashes of refund ids


class Lot(Struct, array_like=True):
    """Points that were earned together and expire together; the id is that of the order they were earned on."""

    id: str
    remaining: int
    expires_at: int


class OpenAlert(Struct, array_like=True):
    """The churn alert that is out for the present silence."""

    id: str
    since: int
    raised_at: int


class Customer(Struct, array_like=True):
    """What the engine knows of a customer; everything in it is bounded by the program."""

    clock: int = 0  # the latest time seen in the customer's own events and wakes
    orders_kept: int = 0
    spend: dict[str, int] = field(default_factory=dict)  # currency -> what was spent and kept
    lifetime_value: int = 0  # the same in the base currency
    first_order_at: int | None = None
    last_order_at: int | None = None
    orders: dict[str, Order] = field(default_factory=dict)
    lots: list[Lot] = field(default_factory=list)
    debt: int = 0
    redemptions: dict[str, int] = field(default_factory=dict)  # id -> when
    level: str | None = None  # None: the lowest
    review_at: int | None = None
    band: str | None = None
    high_value: bool = False
    churn_since: int | None = None
    seen: dict[str, int] = field(default_factory=dict)  # silence signal -> last time of its events
    noticed: dict[str, int] = field(default_factory=dict)  # silence signal -> the `seen` it was noticed for
    silences: list[int] = field(default_factory=list)  # last purchases whose silence was dealt with, oldest first
    alert: OpenAlert | None = None
    consents: dict[str, tuple[bool, int]] = field(default_factory=dict)  # purpose -> granted, when that was said
    messages: list[int] = field(default_factory=list)  # hashes of recent message ids and alerts, oldest first
    applied: dict[int, tuple[int, int]] = field(default_factory=dict)  # topic number -> (topic tag, last offset)

    @property
    def balance(self) -> int:
        """Points in hand; below zero where points were taken back that had been spent."""
        return sum(lot.remaining for lot in self.lots) - self.debt
